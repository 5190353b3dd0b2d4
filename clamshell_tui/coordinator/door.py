"""How many may be connected, in all and from one address, counted from the first byte on.

Whoever keeps silent makes room for somebody who may not; whoever is too many is told so, unless
there are too many even of those.
"""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from clamshell_tui.coordinator.limits import Limits

DAWDLING = 0.5  # seconds of the wall without hello after which one's place may go to another
SURPLUS = 32  # too many, and not yet told


class Visitor(Struct, eq=False):
    """A connection; ``drop`` ends it at once."""

    address: str
    since: float
    drop: Callable[[], None]
    admitted: bool = False


class Door:
    """``clock`` is the wall's, in seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._inside: set[Visitor] = set()
        self._silent: dict[Visitor, None] = {}  # of those inside, the longest here first
        self._from: Counter[str] = Counter()
        self._surplus: set[Visitor] = set()

    def enter(self, address: str, drop: Callable[[], None]) -> Visitor:
        """Somebody connected. Who is not admitted should be told so, and sent away."""
        visitor = Visitor(address, self._clock(), drop)
        visitor.admitted = self._room(address) or self._room_made(address)
        if visitor.admitted:
            self._inside.add(visitor)
            self._silent[visitor] = None
            self._from[address] += 1
        elif len(self._surplus) < SURPLUS:
            self._surplus.add(visitor)
        else:
            drop()
        return visitor

    def patience(self, visitor: Visitor) -> float:
        """How many seconds a visitor still has for saying hello."""
        return max(0.0, visitor.since + self._limits.hello - self._clock())

    def greeted(self, visitor: Visitor) -> None:
        """The visitor said hello, and keeps the place until :meth:`leave`."""
        self._silent.pop(visitor, None)

    def leave(self, visitor: Visitor) -> None:
        """The connection has ended; whether it was counted or not, and more than once."""
        self._surplus.discard(visitor)
        if visitor in self._inside:
            self._inside.remove(visitor)
            self._silent.pop(visitor, None)
            self._from[visitor.address] -= 1
            if not self._from[visitor.address]:
                del self._from[visitor.address]

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
