"""The records in hand and the labels chosen for them so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import RecordDetail


@dataclass(frozen=True)
class _Choice:
    """The value that one key press replaced, for undo."""

    record: int
    label: int | None


@dataclass
class _Handling:
    """When a record was seen and labelled, by the clock of ``since``."""

    shown: float | None = None
    answered: float = 0.0
    label: int | None = None  # chosen last, even if it was taken back
    changes: int = 0


@dataclass
class DraftAnswer:
    """A task, or the gold records of the training when ``assignment`` is empty.

    ``at`` is the record being looked at. ``lease`` is in seconds of the run, ``since`` the time at
    which the lease began.
    """

    records: tuple[Record, ...]
    assignment: str = ""
    lease: float = 0.0
    since: float = 0.0
    at: int = 0
    given_back: bool = False  # not yet confirmed by the coordinator
    labels: list[int | None] = field(default_factory=list)
    _choices: list[_Choice] = field(default_factory=list)
    _handled: list[_Handling] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels = [None] * len(self.records)
        self._handled = [_Handling() for _ in self.records]

    @property
    def gold(self) -> bool:
        """Whether these are the gold records of the training."""
        return not self.assignment

    @property
    def record(self) -> Record:
        return self.records[self.at]

    @property
    def done(self) -> int:
        return sum(label is not None for label in self.labels)

    @property
    def answer(self) -> tuple[int, ...] | None:
        """One label per record, or None while one is missing."""
        chosen = [label for label in self.labels if label is not None]
        return tuple(chosen) if len(chosen) == len(self.labels) else None

    @property
    def details(self) -> tuple[RecordDetail, ...]:
        """How each record was answered; call it when all of them are."""
        return tuple([self._detail(each) for each in self._handled])

    def _detail(self, record: _Handling) -> RecordDetail:
        shown = record.answered if record.shown is None else record.shown
        answered = max(shown, record.answered)
        return RecordDetail(
            round(max(0.0, shown - self.since), 3),
            round(max(0.0, answered - self.since), 3),
            record.changes,
        )

    def see(self, now: float) -> None:
        """Note that the record being looked at is on the screen."""
        record = self._handled[self.at]
        if record.shown is None:
            record.shown = now

    def same_as(self, records: Sequence[Record]) -> bool:
        """Whether these are the records in hand, sent again."""
        return [each.id for each in self.records] == [each.id for each in records]

    def choose(self, label: int, now: float) -> None:
        """Label the record being looked at, and go on to the next one without a label."""
        self.see(now)
        record = self._handled[self.at]
        record.changes += record.label not in (None, label)
        record.answered, record.label = now, label
        self._choices.append(_Choice(self.at, self.labels[self.at]))
        self.labels[self.at] = label
        n_records = len(self.records)
        following = [(self.at + step) % n_records for step in range(1, n_records)]
        self.at = next((each for each in following if self.labels[each] is None), self.at)
        self.see(now)

    def undo(self) -> bool:
        """Take the last choice back and look at its record; False when there is none."""
        if not self._choices:
            return False
        choice = self._choices.pop()
        self.labels[choice.record] = choice.label
        self.at = choice.record
        return True

    def clear(self) -> None:
        self.labels = [None] * len(self.records)
        self._choices.clear()
        self.at = 0
