"""How participants work: their speed, their keys, their skips; and what an operator should look at.

Nothing here decides anything. The figures are kept in memory, and begin again after a restart; an
alarm is raised once per kind and participant.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Literal, NamedTuple

from clamshell_tui.coordinator.study.condition import FIRST, RunningCondition
from clamshell_tui.core.commands import Acknowledge, Command
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentSkipped,
    Event,
    RecordsTimed,
)
from clamshell_tui.core.ids import ClassIndex, WorkerId
from clamshell_tui.formats import percent
from clamshell_tui.study.people import Person

What = Literal["checks", "fast", "same-key", "skips", "absent"]

FAILED_CHECKS = 2
FAST = 0.3  # of the median time of a record
FAST_RECORDS = 10
SAME_KEY = 15
SKIPS = 0.2  # of the records
ENOUGH = 20  # records, before a median or a share says anything
ABSENT = 120.0  # seconds


class Alarm(NamedTuple):
    worker: WorkerId
    what: What
    text: str


class _Worker:
    def __init__(self) -> None:
        self.seconds: list[float] = []  # of each record
        self.judged = 0  # of them
        self.fast = 0
        self.last: ClassIndex | None = None
        self.in_row = 0  # answers like the last one
        self.answered = 0  # records
        self.skipped = 0


class Conduct:
    """Watches one condition.

    ``alarm`` is called for each alarm, again and again; ``changed`` when a figure has changed.
    """

    def __init__(
        self,
        condition: RunningCondition,
        alarm: Callable[[Alarm], None],
        changed: Callable[[], None],
    ) -> None:
        self._condition = condition
        self._alarm = alarm
        self._changed = changed
        self._workers: defaultdict[WorkerId, _Worker] = defaultdict(_Worker)
        self._all: list[float] = []
        condition.watch = self._watch

    def seconds_per_record(self, workers: Sequence[WorkerId]) -> float | None:
        """Return the median time of a record; None without any."""
        seconds = [
            s for name in workers if name in self._workers for s in self._workers[name].seconds
        ]
        return median(seconds) if seconds else None  # fmt: skip

    def _watch(self, event: Event, commands: Sequence[Command], now: float) -> None:
        match event:
            case AssignmentAnswered():
                if not any(isinstance(e, Acknowledge) and e.outcome in FIRST for e in commands):
                    return  # sent again
                self._answered(event)
            case AssignmentSkipped():
                records = self._condition.run.engine.state.assignments[
                    event.assignment
                ].task.records
                self._workers[event.worker].skipped += len(records)
            case RecordsTimed():
                self._timed(event)
            case _:
                return
        self._changed()
        for alarm in self._alarms(event.worker):
            self._alarm(alarm)

    def _answered(self, event: AssignmentAnswered) -> None:
        worker = self._workers[event.worker]
        for label in event.labels:
            if label is None:
                worker.skipped += 1
                continue
            worker.answered += 1
            worker.in_row = worker.in_row + 1 if label == worker.last else 1
            worker.last = label

    def _timed(self, event: RecordsTimed) -> None:
        worker, before = self._workers[event.worker], 0.0
        for shown, answered in zip(event.shown, event.answered, strict=True):
            seconds = max(0.0, answered - max(shown, before))
            before = max(before, answered)
            worker.seconds.append(seconds)
            self._all.append(seconds)
        if len(self._all) >= ENOUGH:
            least = FAST * median(self._all)
            worker.fast += sum(each < least for each in worker.seconds[worker.judged :])
            worker.judged = len(worker.seconds)

    def _alarms(self, name: WorkerId) -> Iterator[Alarm]:
        worker, engine = self._workers[name], self._condition.worker(name)
        if (
            engine is not None
            and (failed := engine.checks_asked - engine.checks_right) >= FAILED_CHECKS
        ):
            yield Alarm(name, "checks", f"{failed} of {engine.checks_asked} checks failed")
        if worker.fast >= FAST_RECORDS:
            yield Alarm(name, "fast", f"{worker.fast} records in less than 0.3 of the usual time")
        if worker.in_row >= SAME_KEY:
            yield Alarm(name, "same-key", f"the same answer {worker.in_row} times in a row")
        records = worker.answered + worker.skipped
        if records >= ENOUGH and worker.skipped > SKIPS * records:
            yield Alarm(
                name, "skips", f"{percent(worker.skipped / records)} of {records} records skipped"
            )


def absent(person: Person, now: float) -> bool:
    """Whether a participant who is under way has been away for long."""
    return person.under_way and person.away_since is not None and now - person.away_since > ABSENT
