"""How many may be connected, in all and from one address, counted from the first byte on.

A silent connection makes room for a new one. One too many may still show a token: the way back to a
seat, or an operator's, is never barred, least of all by the dead connection that it replaces. Any
other surplus connection waits a moment for a place and is then refused for now, or it is dropped
if there are too many even of those.
"""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from clamshell_tui.coordinator.limits import Limits

DAWDLING = 0.5  # seconds of the wall without hello after which one's place may go to another
SURPLUS = 32  # connections too many that may show a token, or wait for a place
SURPLUS_PATIENCE = 1.0  # seconds of the wall that they have for it


class Visitor(Struct, eq=False):
    """A connection; ``drop`` ends it at once."""

    address: str
    since: float
    drop: Callable[[], None]
    admitted: bool = False


class Admission:
    """``clock`` is the wall's, in seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._inside: set[Visitor] = set()
        self._silent: dict[Visitor, None] = {}  # of those inside, the longest here first
        self._from: Counter[str] = Counter()
        self._surplus: dict[Visitor, None] = {}  # the longest here first

    def enter(self, address: str, drop: Callable[[], None]) -> Visitor:
        """Count a new connection. One that is not admitted must show a token."""
        visitor = Visitor(address, self._clock(), drop)
        self._place(visitor)
        return visitor

    def move(self, visitor: Visitor, address: str) -> None:
        """Count a visitor at the address that it speaks for, if there is room for that one."""
        self.leave(visitor)
        visitor.admitted, visitor.address = False, address
        self._place(visitor)

    def _place(self, visitor: Visitor) -> None:
        if self._room(visitor.address) or self._room_made(visitor.address):
            self._count(visitor)
            self._silent[visitor] = None
        elif len(self._surplus) < SURPLUS or self._surplus_made():
            self._surplus[visitor] = None
        else:
            visitor.drop()

    def let_in(self, visitor: Visitor) -> None:
        """Admit a visitor who showed a token, whatever the limits say."""
        if self._surplus.pop(visitor, visitor) is None:
            self._count(visitor)

    def finds_room(self, visitor: Visitor) -> bool:
        """Admit a visitor who has no token if there is room by now."""
        waits = visitor in self._surplus
        found = waits and (self._room(visitor.address) or self._room_made(visitor.address))
        if found:
            self.let_in(visitor)
        return found

    def patience(self, visitor: Visitor) -> float:
        """How many seconds a visitor still has for its first message, or for its token."""
        most = self._limits.hello
        most = most if visitor.admitted else min(most, SURPLUS_PATIENCE)
        return max(0.0, visitor.since + most - self._clock())

    def greeted(self, visitor: Visitor) -> None:
        """The visitor said hello, and keeps the place until :meth:`leave`."""
        self._silent.pop(visitor, None)

    def leave(self, visitor: Visitor) -> None:
        """The connection has ended; whether it was counted or not, and more than once."""
        self._surplus.pop(visitor, None)
        if visitor in self._inside:
            self._inside.remove(visitor)
            self._silent.pop(visitor, None)
            self._from[visitor.address] -= 1
            if not self._from[visitor.address]:
                del self._from[visitor.address]

    def _count(self, visitor: Visitor) -> None:
        visitor.admitted = True
        self._inside.add(visitor)
        self._from[visitor.address] += 1

    def _surplus_made(self) -> bool:
        """Drop the surplus connection that has dawdled longest."""
        visitor = next(iter(self._surplus))
        if self._clock() - visitor.since < DAWDLING:
            return False
        visitor.drop()
        self.leave(visitor)
        return True

    def _room(self, address: str) -> bool:
        crowded = len(self._inside) >= self._limits.connections
        return not crowded and self._from[address] < self._limits.most_from(address)

    def _room_made(self, address: str) -> bool:
        """Send away whoever dawdles longest, of this address if there are too many of it."""
        anywhere = self._from[address] < self._limits.most_from(address)
        for visitor in self._silent:
            if self._clock() - visitor.since < DAWDLING:
                return False
            if anywhere or visitor.address == address:
                visitor.drop()
                self.leave(visitor)
                return True
        return False
