"""The records that wait to be selected: a set with O(1) random draws and 8 bytes per record."""

from array import array
from random import Random

from clamshell_tui.core.ids import RecordId

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
        """How many records were ever submitted."""
        return len(self._position)

    def remove(self, record: RecordId) -> None:
        """Take a member out; the last member fills the gap."""
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
        """Take out ``count`` members, or all there are, each equally likely."""
        order, position, random = self._order, self._position, rng.random
        drawn: list[RecordId] = []
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
            drawn.append(RecordId(record))
        return drawn
