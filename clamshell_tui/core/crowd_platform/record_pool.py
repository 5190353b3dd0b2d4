"""Records that wait to be selected, and the labels that are known (CLAMShell §5.1).

Arrays rather than sets and dicts: 8 bytes per waiting record and 2 per label, so that millions of
records fit in memory, and a random draw takes constant time.
"""

from array import array
from collections.abc import Iterator, Sequence
from random import Random
from typing import cast

from clamshell_tui.core.ids import ClassIndex, RecordId

_ABSENT = -1


class RecordPool:
    """Members are record ids; every operation but :meth:`submit` takes constant time."""

    __slots__ = ("_order", "_position")

    def __init__(self) -> None:
        self._order = array("i")
        self._position = array("i")

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, record: RecordId) -> bool:
        return 0 <= record < len(self._position) and self._position[record] != _ABSENT

    def submit(self, first: int, count: int) -> None:
        """Add the records ``first .. first + count - 1``, which follow all submitted before."""
        start = len(self._order)
        self._position.extend(range(start, start + count))
        self._order.extend(range(first, first + count))

    @property
    def submitted(self) -> int:
        """Number of records submitted so far."""
        return len(self._position)

    def remove(self, record: RecordId) -> None:
        """Remove a member; the last member fills the gap."""
        order, position = self._order, self._position
        gap = position[record]
        last = order.pop()
        if last != record:
            order[gap] = last
            position[last] = gap
        position[record] = _ABSENT

    def put_back(self, record: RecordId) -> None:
        """Make a submitted record a member again."""
        self._position[record] = len(self._order)
        self._order.append(record)

    def draw(self, count: int, rng: Random) -> list[RecordId]:
        """Remove and return ``count`` random members, or all if there are fewer."""
        order, position, random = self._order, self._position, rng.random
        drawn: list[int] = []
        size = len(order)
        for _ in range(min(count, size)):
            gap = int(random() * size)
            record = order[gap]
            last = order.pop()
            size -= 1
            if gap != size:
                order[gap] = last
                position[last] = gap
            position[record] = _ABSENT
            drawn.append(record)
        return cast("list[RecordId]", drawn)


_UNKNOWN = -1


class LabelCache:
    """Labels of submitted records; a mapping without records that have none."""

    __slots__ = ("_known", "_labels")

    def __init__(self) -> None:
        self._labels = array("h")
        self._known = 0

    def __len__(self) -> int:
        return self._known

    def __contains__(self, record: RecordId) -> bool:
        return self._labels[record] != _UNKNOWN

    def __getitem__(self, record: RecordId) -> ClassIndex:
        """Return the record's label; KeyError while it has none."""
        label = self._labels[record]
        if label == _UNKNOWN:
            raise KeyError(record)
        return ClassIndex(label)

    def __iter__(self) -> Iterator[RecordId]:
        """Iterate over the records with a label, in order."""
        return (RecordId(r) for r, label in enumerate(self._labels) if label != _UNKNOWN)

    def extend(self, count: int) -> None:
        self._labels.extend(array("h", [_UNKNOWN]) * count)

    def put(self, records: Sequence[RecordId], labels: Sequence[ClassIndex]) -> None:
        """Store labels; the records must have none yet."""
        cache = self._labels
        for record, label in zip(records, labels, strict=True):
            cache[record] = label
        self._known += len(records)
