"""The screenshots of README and handbook: the operator's screen, a task, a study's stages.

Each is the real screen at a fixed moment, so that it changes only if the screen changes.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path

from clamshell_tui.run.log import EventKind
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import find, stories
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.study.load import load_study
from clamshell_tui.study.records import load_records
from clamshell_tui.terminal.themes import DARK
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    BreakShown,
    ConsentShown,
    DebriefShown,
    PayLine,
    QuestionPart,
    QuestionsShown,
    StagePart,
    StageShown,
)
from clamshell_tui.wire.worker_messages import TaskAssigned, Wait
from tests.kept import loaded
from tests.operator_app.pages.people import UNDER_WAY, Followed
from tests.operator_app.screen import Loaded, screen
from tests.worker_client.scripted import joined
from tests.worker_client.still import StillApp
from worker_client.outbox import SeatStore

_CLASSES = ("positive", "negative", "neutral")
_RECORDS = (
    Record("p1", text="The camera alone is worth the price, and the battery lasts two days."),
    Record("p2", text="Great, my third phone this year with a cracked display out of the box."),
    Record("p3", text="It comes in black, white and blue."),
)


Taken = Callable[[Path], Coroutine[None, None, str]]


def take_all(folder: Path) -> None:
    """Write all pictures into ``folder``."""
    for name, taken in PICTURES.items():
        (folder / f"{name}.svg").write_text(picture(taken), encoding="utf-8")


def picture(taken: Taken) -> str:
    """Return one picture as SVG."""
    with tempfile.TemporaryDirectory() as scratch:
        return asyncio.run(taken(Path(scratch)))


async def _operator(scratch: Path) -> str:
    path, story = scratch / "run.db", stories()["stragglers"]
    run_scenario(load_scenario(story), story.parent, out=path)
    run = loaded(path)
    async with screen(Loaded(run), (110, 32), page="timeline") as shown:
        shown.app.theme = DARK.name
        at = run.replica.history.next_event(EventKind.DUPLICATE, run.replica.end * 0.8)
        await shown.seek((at or 0.0) + 5.0)
        await shown.press("right")
        await shown.drawn()
        return shown.app.export_screenshot(title="clamshell replay run.db")


async def _people(scratch: Path) -> str:
    path, story = scratch / "run.db", stories()["stragglers"]
    run_scenario(load_scenario(story), story.parent, out=path)
    async with screen(Followed(loaded(path), UNDER_WAY), (110, 32)) as shown:
        shown.app.theme = DARK.name
        await shown.press("down")
        await shown.drawn()
        return shown.app.export_screenshot(title="clamshell serve study.toml --db study")


async def _participant(scratch: Path) -> str:
    app = StillApp(SeatStore(scratch))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.hear(Welcome(VERSION, "phones", "clamshell"))
        title = "What do they think of the phone?"
        app.hear(joined(begun=True, title=title, classes=_CLASSES))
        app.hear(Wait("available", 50_000, owed_micros=83_400, seconds=100.0))
        app.hear(TaskAssigned("a1", _RECORDS, 1800.0))
        await pilot.press("1")
        for _ in range(2):  # the first drawing may precede the screen's size
            await pilot.pause()
            app.redraw()
        await pilot.pause()
        return app.export_screenshot(title="clamshell-worker")


def _stage(shown: StagePart, number: int, owed: int, *keys: str) -> Taken:
    """The screen of a stage of the study that ships, after some keys."""

    async def taken(scratch: Path) -> str:
        app = StillApp(SeatStore(scratch))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            app.hear(Welcome(VERSION, "short-reviews", "clamshell"))
            title, classes = "Which feeling?", ("positive", "neutral", "negative")
            app.hear(
                joined(begun=True, worker="L06", title=title, classes=classes, currency="EUR"),
                StageShown(number, 8, shown, owed),
            )
            for key in ("", "", *keys, "", ""):  # the first drawing may precede the screen's size
                await pilot.pause()
                if key:
                    await pilot.press(key)
                app.redraw()
            await pilot.pause()
            return app.export_screenshot(title="clamshell-worker")

    return taken


async def _work(scratch: Path) -> str:
    app = StillApp(SeatStore(scratch))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.hear(Welcome(VERSION, "short-reviews", "clamshell"))
        classes = ("positive", "neutral", "negative")
        seat = {"worker": "L06", "title": "", "classes": classes, "currency": "EUR"}
        app.hear(joined(begun=True, **seat, part=6, parts=8))
        app.hear(StageShown(6, 8, BreakShown(), 5_600_000))
        app.hear(Wait("available", 50_000, owed_micros=5_600_000, seconds=12.0))
        records = [Record(f"r{n}", text=text) for n, text in enumerate(_work_texts())]
        app.hear(TaskAssigned("a1", tuple(records), 1800.0))
        await pilot.press("1")
        for _ in range(2):
            await pilot.pause()
            app.redraw()
        await pilot.pause()
        return app.export_screenshot(title="clamshell-worker")


def _text(name: str) -> str:
    return (find("helped-or-alone").parent / name).read_text("utf-8")


def _work_texts() -> list[str]:
    """The first five records of the work."""
    dataset, _ = load_records(load_study(find("helped-or-alone")))
    assert dataset.texts is not None
    assert dataset.use is not None
    uses = zip(dataset.texts, dataset.use, strict=True)
    return [text for text, use in uses if use == "work"][:5]


_QUESTION = QuestionPart(
    "strain", "likert", "How tiring was it?", steps=7, low="not at all", high="very"
)
_RECEIPT = DebriefShown(
    _text("debrief.md"),
    (
        PayLine("show_up", 5_000_000),
        PayLine("stages", 100_000, "2.0 min"),
        PayLine("records", 880_000),
        PayLine("bonus", 2_000_000, "at least 90 % of the check records right"),
        PayLine("rounding", 20_000),
    ),
    8_000_000,
    "EUR",
    "Q7XK-2F9X",
)
PICTURES: dict[str, Taken] = {
    "operator": _operator,
    "participant": _participant,
    "study-people": _people,
    "study-consent": _stage(ConsentShown(_text("consent.md")), 1, 5_000_000),
    "study-work": _work,
    "study-questionnaire": _stage(QuestionsShown((_QUESTION,) * 4), 7, 5_980_000, "3"),
    "study-receipt": _stage(_RECEIPT, 8, 8_000_000),
}
"""Pictures of the screens, by name."""
