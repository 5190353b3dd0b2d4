"""Records with known answers, as the training process read them."""

from clamshell_tui.coordinator.records import Records
from clamshell_tui.core.events import KnownUse
from clamshell_tui.core.ids import RecordId
from clamshell_tui.study.records import KnownRecord, StudyRecords


def known_records(records: Records) -> StudyRecords:
    """Return the records by use; their numbers are those of the run."""
    known = len(records.uses)
    return StudyRecords(
        _of_use(records, "training"),
        _of_use(records, "qualification"),
        _of_use(records, "check"),
        len(records) - known - len(records.seeds),
    )


def _of_use(records: Records, use: KnownUse) -> tuple[KnownRecord, ...]:
    numbers = [number for number, each in sorted(records.uses.items()) if each == use]
    return tuple([_known(records, number) for number in numbers])


def _known(records: Records, number: RecordId) -> KnownRecord:
    return KnownRecord(
        records.ids[number], number, records.truth[number], records.why.get(number, "")
    )
