"""The labels that are known: two bytes per record, however many there are (CLAMShell §5.1)."""

from array import array
from collections.abc import Iterator, Sequence

from clamshell_tui.core.ids import ClassIndex, RecordId

_UNKNOWN = -1


class LabelCache:
    """Label of each submitted record, once it has one."""

    __slots__ = ("_known", "_labels")

    def __init__(self) -> None:
        self._labels = array("h")
        self._known = 0

    def __len__(self) -> int:
        return self._known

    def __contains__(self, record: RecordId) -> bool:
        return self._labels[record] != _UNKNOWN

    def __getitem__(self, record: RecordId) -> ClassIndex:
        """The record's label; KeyError while it has none."""
        label = self._labels[record]
        if label == _UNKNOWN:
            raise KeyError(record)
        return ClassIndex(label)

    def __iter__(self) -> Iterator[RecordId]:
        """The records that have a label, in order."""
        return (RecordId(r) for r, label in enumerate(self._labels) if label != _UNKNOWN)

    def extend(self, count: int) -> None:
        """So many more records were submitted."""
        self._labels.extend(array("h", [_UNKNOWN]) * count)

    def put(self, records: Sequence[RecordId], labels: Sequence[ClassIndex]) -> None:
        """These records, which had no label, have one now."""
        cache = self._labels
        for record, label in zip(records, labels, strict=True):
            cache[record] = label
        self._known += len(records)
