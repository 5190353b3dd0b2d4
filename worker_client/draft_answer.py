"""The records in hand and the labels chosen for them so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import RecordDetail

_DRIFT = 1.0
"""Seconds by which the ages of a task that is sent again may differ: messages take time."""


@dataclass(frozen=True)
class _Choice:
    """The value that one key press replaced, for undo."""

    record: int
    label: int | None
    reason: str | None


@dataclass
class _Handling:
    """When a record was seen and labelled, by the clock of ``since``, and remarks on it."""

    shown: float | None = None
    answered: float = 0.0
    label: int | None = None  # chosen last, even if it was taken back
    changes: int = 0
    flagged: bool = False
    comment: str = ""


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
    reasons: list[str | None] = field(default_factory=list)
    """Why a record is skipped; None if it is not."""
    _choices: list[_Choice] = field(default_factory=list)
    _handled: list[_Handling] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels = [None] * len(self.records)
        self.reasons = [None] * len(self.records)
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
        """Records that are labelled or skipped."""
        return sum(map(self.settled, range(len(self.records))))

    @property
    def complete(self) -> bool:
        return self.done == len(self.records)

    @property
    def answer(self) -> tuple[int, ...] | None:
        """One label per record, or None while one has none."""
        chosen = [label for label in self.labels if label is not None]
        return tuple(chosen) if len(chosen) == len(self.labels) else None

    def settled(self, place: int) -> bool:
        """Whether a record is labelled or skipped."""
        return self.labels[place] is not None or self.reasons[place] is not None

    @property
    def flagged(self) -> bool:
        """Whether the record being looked at is flagged."""
        return self._handled[self.at].flagged

    @property
    def flags(self) -> list[bool]:
        return [each.flagged for each in self._handled]

    @property
    def comment(self) -> str:
        """The comment on the record being looked at."""
        return self._handled[self.at].comment

    @property
    def details(self) -> tuple[RecordDetail, ...]:
        """How each record was answered; call it when all of them are."""
        return tuple(map(self._detail, self._handled, self.reasons))

    def _detail(self, record: _Handling, reason: str | None) -> RecordDetail:
        shown = record.answered if record.shown is None else record.shown
        answered = max(shown, record.answered)
        return RecordDetail(
            round(max(0.0, shown - self.since), 3),
            round(max(0.0, answered - self.since), 3),
            record.changes,
            record.flagged,
            reason or "",
            record.comment,
        )

    def resume(self, labels: Sequence[int | None], now: float) -> None:
        """Take over labels that were chosen before, perhaps at another place."""
        if len(labels) != len(self.records):
            return
        self.labels = list(labels)
        for record, label in zip(self._handled, labels, strict=True):
            if label is not None:  # how long it took was measured elsewhere
                record.shown, record.answered, record.label = now, now, label
        self.at = next((place for place in range(len(labels)) if not self.settled(place)), 0)

    def set_since(self, since: float) -> None:
        """Note when the lease began, sent again by a coordinator that may have stood still.

        Its clock did not go on meanwhile, and what was measured before keeps its distance from it.
        """
        stood = since - self.since
        if stood < _DRIFT:
            return
        self.since = since
        for record in self._handled:
            record.answered += stood
            record.shown = None if record.shown is None else record.shown + stood

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
        record.label = label
        self._settle(label, None, now)

    def skip(self, reason: str, now: float) -> None:
        """Leave the record being looked at without a label, and go on to the next one."""
        self.see(now)
        self._settle(None, reason, now)

    def flag(self) -> None:
        """Flag the record being looked at, or take the flag back."""
        record = self._handled[self.at]
        record.flagged = not record.flagged

    def remark(self, comment: str) -> None:
        """Replace the comment on the record being looked at."""
        self._handled[self.at].comment = comment

    def _settle(self, label: int | None, reason: str | None, now: float) -> None:
        self._handled[self.at].answered = now
        self._choices.append(_Choice(self.at, self.labels[self.at], self.reasons[self.at]))
        self.labels[self.at], self.reasons[self.at] = label, reason
        n_records = len(self.records)
        following = [(self.at + step) % n_records for step in range(1, n_records)]
        self.at = next((each for each in following if not self.settled(each)), self.at)
        self.see(now)

    def undo(self) -> bool:
        """Take the last choice back and look at its record; False when there is none."""
        if not self._choices:
            return False
        choice = self._choices.pop()
        self.labels[choice.record] = choice.label
        self.reasons[choice.record] = choice.reason
        self.at = choice.record
        return True

    def clear(self) -> None:
        self.labels = [None] * len(self.records)
        self.reasons = [None] * len(self.records)
        self._choices.clear()
        self.at = 0
