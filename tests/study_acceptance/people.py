"""Participants without a screen: they do what they are shown, until the receipt.

They keep what the coordinator acknowledged, and come back when it was killed.
"""

import asyncio
import time
from collections.abc import Callable
from typing import assert_never

from websockets.exceptions import ConnectionClosed

from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    DebriefShown,
    GateShown,
    GivenAnswer,
    GoOn,
    PagesShown,
    PausedShown,
    QuestionsShown,
    Read,
    RecordsShown,
    StageShown,
    Tried,
    Try,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Draft,
    Join,
    Joined,
    Over,
    TaskAssigned,
)
from tests.coordinator.study.studies import connected
from tests.coordinator.wire import Talker
from tests.study_acceptance.lab import SECRET


class Participant:
    """``port`` returns the port of the coordinator of now."""

    def __init__(
        self, label: str, code: str, port: Callable[[], int], *, agrees: bool = True
    ) -> None:
        self.label = label
        self._code = code
        self._port = port
        self._agrees = agrees
        self._stops_after = -1
        self.withdraws = False  # at the debrief, with deletion
        self.withdrawn = False
        self.pace = 0.0  # seconds for a task
        self.wrong = False  # answers every record of the work wrongly
        self.tasks: dict[str, TaskAssigned] = {}
        self.acknowledged: dict[str, tuple[int, ...]] = {}
        self.acknowledged_at: dict[str, float] = {}  # seconds since 1970
        self.paid: dict[str, int] = {}  # by assignment, in micros
        self.drafts: dict[str, tuple[int | None, ...]] = {}
        self.drafts_returned = 0
        self.known: list[str] = []  # texts of the records of training and qualification
        self.stages: list[str] = []
        self.receipt: DebriefShown | None = None
        self.over: Over | None = None
        self._talker: Talker | None = None

    async def go(self, *, tasks: int = -1) -> None:
        """Go on to the end, or until so many further tasks are done and one is begun."""
        self._stops_after = len(self.acknowledged) + tasks if tasks >= 0 else -1
        while True:
            try:
                if await self._live():
                    return
            except (OSError, ConnectionClosed):
                self._talker = None
                await asyncio.sleep(0.05)

    async def vanish(self) -> None:
        """The connection breaks."""
        if self._talker is not None:
            await self._talker.socket.close()
            self._talker = None

    async def _live(self) -> bool:
        """Follow one connection; return whether that was all."""
        if self._talker is None:
            self._talker = await connected(self._port())
            await self._talker.say(Join(self._code))
        while True:
            message = await self._talker.hear()
            match message:
                case Joined():
                    assert message.worker == self.label
                case StageShown():
                    await self._stage(self._talker, message)
                case Tried():
                    assert message.right
                case TaskAssigned():
                    if await self._task(self._talker, message):
                        return True
                case Acknowledged():
                    if await self._acknowledged(self._talker, message):
                        return True
                case AssignmentStopped():
                    self.paid[message.assignment] = message.micros
                case Over():
                    self.over = message
                    await self.vanish()
                    return True
                case Error():
                    raise AssertionError(f"{self.label}: {message}")
                case _:
                    pass

    # -- work -------------------------------------------------------------------------------------

    async def _task(self, talker: Talker, task: TaskAssigned) -> bool:
        self.stages.append("work")
        if task.assignment not in self.tasks:
            self.tasks[task.assignment] = task
        before = self.tasks[task.assignment]
        assert before.records == task.records, "who returns has the same records"
        if task.assignment in self.drafts:
            assert task.draft == self.drafts.pop(task.assignment), "and the same labels"
            self.drafts_returned += 1
        labels = self._labels(task)
        draft = (*labels[:1], *(None for _ in labels[1:]))
        await talker.say(Draft(task.assignment, draft))
        if 0 <= self._stops_after <= len(self.acknowledged):
            self.drafts[task.assignment] = draft
            return True
        await asyncio.sleep(self.pace)
        await talker.say(Answer(task.assignment, labels))
        return False

    def _labels(self, task: TaskAssigned) -> tuple[int, ...]:
        return tuple(
            int((record.text or "").startswith("woof") != self.wrong) for record in task.records
        )

    async def _acknowledged(self, talker: Talker, message: Acknowledged) -> bool:
        task = self.tasks[message.assignment]
        self.paid[message.assignment] = message.micros
        if message.outcome in ("counted", "late", "repeated"):
            self.acknowledged[message.assignment] = self._labels(task)
            self.acknowledged_at.setdefault(message.assignment, time.time())  # noqa: TID251
        return message.next is not None and await self._task(talker, message.next)

    # -- the other stages -------------------------------------------------------------------------

    async def _stage(self, talker: Talker, stage: StageShown) -> None:
        shown, number = stage.shown, stage.number
        self.stages.append(type(shown).__name__)
        match shown:
            case ConsentShown():
                await talker.say(Consent(number, self._agrees))
            case PagesShown():
                for page in range(shown.read, len(shown.pages)):
                    await talker.say(Read(number, page))
            case RecordsShown():
                await self._try(talker, number, shown)
            case GateShown() | PausedShown():
                pass
            case BreakShown():
                await talker.say(GoOn())
            case QuestionsShown():
                given: dict[str, str | int] = {
                    "strain": 3,
                    "age": 40,
                    "sex": 2,
                    "more": f"{SECRET} {self.label}",
                }
                answers = tuple(GivenAnswer(key, value) for key, value in given.items())
                await talker.say(Answers(number, answers))
            case DebriefShown():
                self.receipt = shown
                if self.withdraws and not self.withdrawn:
                    self.withdrawn = True
                    await talker.say(Withdraw(delete=True))
                else:
                    await talker.say(Read(number))
            case _:
                assert_never(shown)

    async def _try(self, talker: Talker, number: int, shown: RecordsShown) -> None:
        for place in range(shown.answered, len(shown.records)):
            text = shown.records[place].text or ""
            self.known += [text] if text not in self.known else []
            await talker.say(Try(number, place, int(text.startswith("woof")), 1.0))
