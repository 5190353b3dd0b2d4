"""Convert a participant's details of each record to events for analysis."""

from collections.abc import Sequence

from clamshell_tui.core.crowd_platform.work import Assignment
from clamshell_tui.core.events import RecordNote, RecordsNoted, RecordsTimed
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.wire.worker_messages import RecordDetail

_NOTHING = RecordDetail(0.0, 0.0)
_DIGITS = 3  # of a participant's times: milliseconds


def timed(
    assignment: Assignment, details: Sequence[RecordDetail], now: float, speed: float
) -> RecordsTimed:
    """Convert the client's times to the run's; they never leave the assignment."""

    def moment(age: float) -> float:
        at = round(assignment.started + age * speed, _DIGITS)
        return min(now, max(assignment.started, at))

    return RecordsTimed(
        assignment.id,
        assignment.worker.id,
        tuple([moment(min(each.shown, each.answered)) for each in details]),
        tuple([moment(each.answered) for each in details]),
        tuple([each.changes for each in details]),
    )


def noted(
    assignment: Assignment,
    labels: Sequence[ClassIndex | None],
    details: Sequence[RecordDetail],
) -> RecordsNoted | None:
    """Return the remarks on the records; None if there are none."""
    notes: list[RecordNote] = []
    known = details or [_NOTHING] * len(labels)
    for record, label, detail in zip(assignment.records, labels, known, strict=True):
        if label is None:
            notes.append(RecordNote(record, "skip", detail.reason))
        if detail.flagged:
            notes.append(RecordNote(record, "flag"))
        if detail.comment:
            notes.append(RecordNote(record, "comment", detail.comment))
    return RecordsNoted(assignment.id, assignment.worker.id, tuple(notes)) if notes else None
