"""How participants work: their speed, their keys, their skips; and what an operator should look at.

Nothing here decides anything. The figures are kept in memory, by participant; after a restart they
are counted again from the run's journal. An alarm is raised once per kind and participant.
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
from clamshell_tui.run.answer_log import Reply
from clamshell_tui.study.people import Person
from clamshell_tui.study.worker_ids import label_of

What = Literal["checks", "fast", "same-key", "skips", "absent"]

FAILED_CHECKS = 2
FAST = 0.3  # of the median time of a record
FAST_RECORDS = 10
SAME_KEY = 15
SKIPS = 0.2  # of the records
ENOUGH = 20  # records, before a median or a share says anything
ABSENT = 120.0  # seconds


class Alarm(NamedTuple):
    participant: str
    what: What
    text: str


class _Figures:
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
        self._people: defaultdict[str, _Figures] = defaultdict(_Figures)
        self._all: list[float] = []
        for number, reply in condition.service.replies.items():
            self._replied(number, reply)
        condition.watch = self._watch

    def seconds_per_record(self, participant: str) -> float | None:
        """Return the median time of a record; None without any."""
        known = self._people.get(participant)
        return median(known.seconds) if known is not None and known.seconds else None

    def _replied(self, assignment: int, reply: Reply) -> None:
        """Count a reply from before a restart."""
        figures = self._people[label_of(WorkerId(reply.worker))]
        if reply.labels is None:
            self._skipped(figures, assignment)
        else:
            self._answered(figures, reply.labels)
            self._timed(figures, reply.shown, reply.answered)

    def _watch(self, event: Event, commands: Sequence[Command], now: float) -> None:
        if not isinstance(event, AssignmentAnswered | AssignmentSkipped | RecordsTimed):
            return
        label = label_of(event.worker)
        figures = self._people[label]
        match event:
            case AssignmentAnswered():
                if not any(isinstance(e, Acknowledge) and e.outcome in FIRST for e in commands):
                    return  # sent again
                self._answered(figures, event.labels)
            case AssignmentSkipped():
                self._skipped(figures, event.assignment)
            case RecordsTimed():
                self._timed(figures, event.shown, event.answered)
        self._changed()
        for alarm in self._alarms(label, figures):
            self._alarm(alarm)

    def _skipped(self, figures: _Figures, assignment: int) -> None:
        task = self._condition.run.engine.state.assignments[assignment].task
        figures.skipped += len(task.records)

    def _answered(self, figures: _Figures, labels: Sequence[ClassIndex | None]) -> None:
        for label in labels:
            if label is None:
                figures.skipped += 1
                continue
            figures.answered += 1
            figures.in_row = figures.in_row + 1 if label == figures.last else 1
            figures.last = label

    def _timed(self, figures: _Figures, shown: Sequence[float], answered: Sequence[float]) -> None:
        before = 0.0
        for first, last in zip(shown, answered, strict=True):
            seconds = max(0.0, last - max(first, before))
            before = max(before, last)
            if not seconds:
                continue  # answered at another seat: it was not measured
            figures.seconds.append(seconds)
            self._all.append(seconds)
        if len(self._all) >= ENOUGH:
            least = FAST * median(self._all)
            figures.fast += sum(each < least for each in figures.seconds[figures.judged :])
            figures.judged = len(figures.seconds)

    def _alarms(self, label: str, figures: _Figures) -> Iterator[Alarm]:
        checks = self._condition.figures(self._condition.workers(label))
        failed = checks.checks_asked - checks.checks_right
        if failed >= FAILED_CHECKS:
            yield Alarm(label, "checks", f"{failed} of {checks.checks_asked} checks failed")
        if figures.fast >= FAST_RECORDS:
            yield Alarm(label, "fast", f"{figures.fast} records in less than 0.3 of the usual time")
        if figures.in_row >= SAME_KEY:
            yield Alarm(label, "same-key", f"the same answer {figures.in_row} times in a row")
        records = figures.answered + figures.skipped
        if records >= ENOUGH and figures.skipped > SKIPS * records:
            share = percent(figures.skipped / records)
            yield Alarm(label, "skips", f"{share} of {records} records skipped")


def absent(person: Person, now: float) -> bool:
    """Whether a participant, but no bot, who is under way has been away for long."""
    away = person.away_since
    return person.under_way and not person.bot and away is not None and now - away > ABSENT
