"""Takes in the records of a run, gold records among them, and records whose labels are known."""

from msgspec import UNSET

from clamshell_tui.core.events import InvalidEventError, LabelsKnown, RecordsSubmitted
from clamshell_tui.core.ids import RecordId
from clamshell_tui.core.state import State

MOST_RECORDS = 10_000_000
"""Limit per run, at some 15 bytes each: more are a mistake, or an attack on the memory."""


class Submission:
    """Raises InvalidEventError for records that cannot follow; the state is then unchanged."""

    def __init__(self, state: State) -> None:
        self._state = state

    def records(self, event: RecordsSubmitted) -> None:
        state = self._state
        self._check(event)
        state.records.submit(event.first, event.count)
        state.labels.extend(event.count)
        for record in event.gold:
            state.records.remove(record)
        state.gold.add(event.gold, {} if event.uses is UNSET else event.uses)
        state.submission_open = not event.last

    def known(self, event: LabelsKnown) -> None:
        state, count = self._state, len(event.labels)
        self._check_sequence(event.first, count)
        n_classes = len(state.config.classes)
        if not all(0 <= label < n_classes for label in event.labels):
            raise InvalidEventError(f"a known label is no class below {n_classes}")
        state.records.submit(event.first, count)
        state.labels.extend(count)
        for record in range(event.first, event.first + count):
            state.records.remove(RecordId(record))
        state.seeds += count

    def _check_sequence(self, first: RecordId, count: int) -> None:
        submitted = self._state.records.submitted
        if not self._state.submission_open:
            raise InvalidEventError("records after the last: the submission is closed")
        if first != submitted or count < 0:
            raise InvalidEventError(
                f"records must follow each other: got {count} from {first} on, expected {submitted}"
            )
        if submitted + count > MOST_RECORDS:
            raise InvalidEventError(f"a run has at most {MOST_RECORDS} records; got more")

    def _check(self, event: RecordsSubmitted) -> None:
        submitted = self._state.records.submitted
        self._check_sequence(event.first, event.count)
        n_classes = len(self._state.config.classes)
        for record, label in event.gold.items():
            if not submitted <= record < submitted + event.count or not 0 <= label < n_classes:
                raise InvalidEventError(
                    f"gold record {record} of class {label}: not among the {event.count} records "
                    f"from {submitted} on, or no class below {n_classes}"
                )
        if event.uses is not UNSET and (odd := event.uses.keys() - event.gold.keys()):
            raise InvalidEventError(f"record {min(odd)} has a use and no known answer")
