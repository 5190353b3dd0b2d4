"""A walk over every screen of a participant, with nothing but sentences of the catalogue in Latin.

Records, classes and names of the walk have no Latin letter.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property

from msgspec.structs import replace
from textual.pilot import Pilot

from clamshell_tui.errors import ClamshellError
from clamshell_tui.participant_texts import english, fault
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Notice, ToClient, Welcome
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    AssignmentStopped,
    Occupied,
    Over,
    Qualified,
    Statement,
    TakeOver,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.worker_client.marked import NotedTexts, bare
from tests.worker_client.scripted import joined
from tests.worker_client.still import StillApp
from worker_client.app import ASCII_ASKED
from worker_client.effects import Effect
from worker_client.outbox import SeatStore
from worker_client.screens.over import REASONS
from worker_client.session import Session

JOIN = "clam://1.2.3.4:5/1234-5678"
PLACE = "192.168.100.200:7777"
FEW = ("\u732b", "\u72ac")
MANY = tuple(str(1000 + each) for each in range(40))
ONE, TWO, THREE = (Record(str(each), text="\u543e\u8f29\u306f" * each) for each in (1, 2, 3))
TASK = TaskAssigned("1", (ONE, TWO, THREE), 1800.0)
WAIT = Wait("available", 50_000, owed_micros=83_400, seconds=100.0)
STATEMENT = Statement(
    "7", 150_213, 4_167, 12_280_000, 60_000, 20_000, 12_514_380, 14, 3, waiting_seconds=4000.0
)


class Walk:
    """``screens`` are those seen, as text."""

    def __init__(self, store: SeatStore, texts: NotedTexts) -> None:
        self._store = store
        self.texts = texts
        self.screens: list[str] = []

    async def go(self, stories: "Sequence[Story]") -> None:
        app = StillApp(self._store, texts=self.texts)
        async with app.run_test(size=(80, 24)) as pilot:
            for story in stories:
                app.session, app.status = Session(texts=self.texts), ""
                await story(Visit(app, pilot, self))
        if app.crash is not None:
            raise app.crash

    def hidden(self, key: str) -> set[str]:
        """What a key said, if no screen showed any of it whole."""
        said = self.texts.said.get(key, set())
        return set() if any(bare(each) in self._seen for each in said) else said

    @cached_property
    def _seen(self) -> str:
        return "\n".join(map(bare, self.screens))


class Visit:
    """One app of the walk."""

    def __init__(self, app: StillApp, pilot: Pilot[None], walk: Walk) -> None:
        self.app = app
        self.session = app.session
        self._pilot = pilot
        self._walk = walk

    async def look(self) -> None:
        """Note what stands on the screen, once drawing it again changes nothing.

        How much of a text is below is known only when the text has been laid out.
        """
        seen = ""
        self.app._settle()
        await self._pilot.pause()
        while seen != (seen := self._text()):
            laid_out = asyncio.Event()
            self.app.redraw()
            self.app.screen.call_after_refresh(laid_out.set)
            await laid_out.wait()
            await self._pilot.pause(0.01)
        self._walk.screens.append(seen)

    def _text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def hear(self, *messages: ToClient) -> None:
        self.app.hear(*messages)
        await self.look()

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self.look()

    async def read(self) -> None:
        """Go to the end of a text, and wait until the screen has noted it."""
        await self._pilot.press("end")
        while self.session.stage is None or not self.session.stage.end_shown:
            self.app.redraw()
            await self._pilot.pause(0.01)
        await self.look()

    async def seat(self, **changes: object) -> None:
        """Sit down as a worker who has begun, unless told otherwise."""
        usual: dict[str, object] = {
            "worker": "7",
            "title": "\u732b",
            "instructions": "\u543e\u8f29",
            "classes": FEW,
            "begun": True,
        }
        await self.hear(Welcome(VERSION, "2", "3"), joined(**(usual | changes)))

    async def refused(self, refusals: list[Effect]) -> None:
        """Show why a key does nothing."""
        self.app.act(refusals)
        await self.look()

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)
        await self.look()


Story = Callable[[Visit], Awaitable[None]]


async def join(visit: Visit) -> None:
    for plain in ("1=2", ASCII_ASKED, ""):
        visit.app.plain = plain
        await visit.look()
    for line in ("\u00bf?", "1234-5678", "1.2.3.4:99999/1", f"{JOIN}#12", "clam://1.2.3.4:5/"):
        visit.app.join(line)
        await visit.look()
    visit.app.join(JOIN)
    await visit.hear(Occupied(9.0))


async def connections(visit: Visit) -> None:
    values = {"place": PLACE, "host": "192.168.100.200", "why": "123", "what": "123"}
    for key in [key for key in english() if key.startswith("connection.")]:
        visit.app.join(JOIN)
        visit.app.lose(visit.app.texts.error(fault(ClamshellError, key, **values)))
        await visit.look()


async def reconnections(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT)
    visit.app.lose("")
    await visit.look()
    await visit.seat()
    await visit.hear(TASK)
    await visit.press("1", "1", "1")
    visit.app.lose("")
    await visit.press("enter")
    visit.app.wait(1.0)
    await visit.look()
    visit.session.outbox["2"] = visit.session.outbox["1"]
    await visit.look()


async def another_version(visit: Visit) -> None:
    visit.app.join(JOIN)
    await visit.hear(Welcome(9, "2", "3"))


async def instructions(visit: Visit) -> None:
    await visit.seat(begun=False)
    await visit.refused(visit.session.label(0, 0.0))
    for classes in (FEW, MANY):
        for many in (1, 3):
            await visit.seat(
                begun=False,
                instructions="",
                classes=classes,
                records_per_task=many,
                terminated_pay="full" if many == 1 else "prorated",
            )
    await visit.seat(begun=False, instructions="\n".join(["\u543e"] * 60))
    text = visit.app.screen.query_one("#text")
    text.scroll_to(y=text.max_scroll_y - 1, animate=False)
    await visit.look()
    await visit.look()
    visit.app.lose("")
    await visit.press("enter")
    await visit.seat(begun=False)
    await visit.press("enter")
    await visit.press("enter")


async def training(visit: Visit, *, passed: bool = True) -> None:
    await visit.seat()
    await visit.hear(Wait("training", 50_000, 0), TrainingAssigned((ONE, TWO)))
    await visit.press("1")
    await visit.press("s")
    await visit.press("2")
    await visit.press("enter")
    await visit.press("1")
    visit.app.wait(1.0)
    await visit.hear(Qualified(passed, 1, 2, (0, 0), 45_833))
    await visit.press("1")
    visit.app.wait(2.0)
    await visit.press("up")
    await visit.refused(visit.session.label(0, 0.0))
    await visit.hear(*([TASK] if passed else []))
    await visit.press("enter")


async def failed_training(visit: Visit) -> None:
    await training(visit, passed=False)


async def unreadable_training(visit: Visit) -> None:
    await visit.seat()
    visit.session.encoding = "ascii"
    await visit.hear(TrainingAssigned((ONE,)))


async def waiting(visit: Visit) -> None:
    await visit.seat()
    for state in ("reserve", "available", "training", "paused"):
        await visit.hear(Wait(state, 50_000, 1_083_400, 754.0))
    await visit.hear(Wait("available", 0, 1_083_400, 754.0))
    await visit.hear(Wait("available", 50_000, 0, 754.0, present=3, needed=20))
    await visit.refused(visit.session.label(0, 0.0))


async def tasks(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, TASK)
    await visit.press("u")
    await visit.press("enter")
    await visit.press("left")
    await visit.press("c")
    await visit.press("9", "enter")
    await visit.press("f")
    await visit.press("1", "2", "enter")
    await visit.press("s")
    await visit.press("enter")
    await visit.press("left", "right", "left")
    await visit.press("right", "2")
    visit.app.wait(1760.0)
    await visit.look()
    await visit.press("enter")
    await visit.press("1")
    visit.app.wait(1.0)
    await visit.look()


async def a_record_gone(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, TASK)
    await visit.press("c")
    visit.app.hear(AssignmentStopped("1", "expired", 0, 0))
    await visit.press("9", "enter")
    visit.app.wait(2.0)
    await visit.look()


async def records(visit: Visit) -> None:
    await visit.seat()
    for number, record in enumerate(
        (Record("1"), Record("2", text="1 " * 9000), Record("3", image=Image(9, 9, 1, b"1")))
    ):
        await visit.hear(TaskAssigned(f"{number}", (record,), 1800.0))
        await visit.press("end")
        await visit.press("1")
        visit.app.hear(Acknowledged(f"{number}", "counted", 0, 0), WAIT)


async def what_is_left(visit: Visit) -> None:
    await visit.seat()
    for number, seconds in enumerate((700.0, 50.0, 0.0)):
        await visit.hear(TaskAssigned(f"{number}", (ONE,), 1800.0, seconds_left=seconds))
        visit.app.hear(Acknowledged(f"{number}", "counted", 0, 0), WAIT)
    await visit.hear(TaskAssigned("3", (ONE,), 1800.0, records_left=12))


async def refusals(visit: Visit) -> None:
    session = visit.session
    await visit.refused(session.leave())
    await visit.seat()
    await visit.hear(WAIT, TASK)
    await visit.refused(session.enter_code("1"))
    await visit.refused(session.accept())
    await visit.refused(session.label(9, 0.0))
    await visit.refused(session.look_at(9, 0.0))
    await visit.refused(session.dismiss(0.0))
    await visit.press("1", "1")
    await visit.press("enter")
    await visit.press("1")
    await visit.press("1")
    await visit.press("enter")
    await visit.press("1")
    await visit.hear(Acknowledged("1", "counted", 60_000, 143_400))
    for outcome, paid in (("late", 0), ("late", 9), ("conflict", 0)):
        await visit.hear(Acknowledged("1", outcome, paid, 143_400))  # type: ignore[arg-type]


async def held_keys(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, TASK)
    visit.app._held_keys._quiet = 9.0
    await visit.press("1")
    await visit.press("1")
    visit.app._held_keys._quiet = 0.0


async def skips(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, TASK)
    for _ in range(3):
        await visit.press("s", "enter")
    await visit.press("enter")
    await visit.hear(TASK)
    await visit.press("enter")
    await visit.hear(AssignmentStopped("1", "skipped", 0, 0))
    visit.session.encoding = "ascii"
    await visit.hear(TASK)


async def many_classes(visit: Visit) -> None:
    await visit.seat(classes=MANY)
    await visit.hear(WAIT, TASK)
    await visit.press("1")
    await visit.press("0", "9", "9")
    await visit.press("question_mark")
    await visit.press("enter", "escape")
    for name in ("1001", "1002", "1003"):
        await visit.press(*name, "enter")


async def interruptions(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT)
    for number, reason in enumerate(("finished-by-another", "expired", "skipped", "withdrawn")):
        visit.app.hear(TASK)
        await visit.press("1")
        visit.app.hear(AssignmentStopped("1", reason, number * 60_000, 0))  # type: ignore[arg-type]
        await visit.hear(TASK)
        visit.app.wait(2.0)
        await visit.press("enter")
        visit.app.session.cover = None
    await visit.hear(WAIT)
    visit.app.wait(2.0)
    await visit.look()


def ends(reason: str) -> Story:
    async def end(visit: Visit) -> None:
        visit.app.hear(Welcome(VERSION, "2", "3"), joined(worker="7", title="", classes=FEW))
        await visit.hear(Over(reason, STATEMENT))

    return end


async def undelivered(visit: Visit) -> None:
    await visit.seat()
    one = replace(STATEMENT, tasks_completed=1, tasks_terminated=1)
    await visit.hear(Over("left", one))
    for count in (1, 2):
        visit.session.undelivered = count
        await visit.look()


async def overlays(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, TASK, Notice("42"))
    await visit.press("question_mark")
    await visit.press("enter", "m")
    await visit.press("enter", "escape")
    await visit.press("escape")
    await visit.hear(TakeOver(9.0))
    await visit.hear(TakeOver(0.0))
    await visit.resize(70, 20)


async def errors(visit: Visit) -> None:
    await visit.seat()
    await visit.hear(WAIT, Error("request", "1", fatal=False))


STORIES: tuple[Story, ...] = (
    *(join, connections, reconnections, another_version, instructions, training),
    *(failed_training, unreadable_training, waiting, tasks, what_is_left, a_record_gone, records),
    *(
        refusals,
        held_keys,
        skips,
        many_classes,
        interruptions,
        *map(ends, REASONS),
        undelivered,
        overlays,
    ),
    errors,
)
