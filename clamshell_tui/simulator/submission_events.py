"""The submissions of a run as events, with their times."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from clamshell_tui.core.events import Event, KnownUse, LabelsKnown, RecordsSubmitted
from clamshell_tui.core.ids import ClassIndex, RecordId


def submission_events(
    submissions: Sequence[tuple[float, int]],
    gold: Mapping[int, int],
    uses: Mapping[int, KnownUse],
    known: tuple[ClassIndex, ...],
) -> Iterator[tuple[float, Event]]:
    """Yield the events of ``submissions``, (time, number of records); the last one is the end.

    Records with ``known`` labels come first. ``gold`` are known answers to check workers with, by
    the number of the record, and ``uses`` reserve some of them.
    """
    if known:
        yield submissions[0][0], LabelsKnown(RecordId(0), known)
    first = len(known)
    for number, (at, count) in enumerate(submissions, 1):
        answers = {
            RecordId(record): ClassIndex(label)
            for record, label in gold.items()
            if first <= record < first + count
        }
        reserved = {record: uses[record] for record in answers if record in uses}
        last = number == len(submissions)
        yield at, RecordsSubmitted(RecordId(first), count, answers, last, reserved or UNSET)
        first += count
