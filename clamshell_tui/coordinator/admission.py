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

SILENT_AFTER = 0.5  # seconds of the wall without hello after which one's place may go to another
SURPLUS = 32  # connections too many that may show a token, or wait for a place
SURPLUS_PATIENCE = 1.0  # seconds of the wall that they have for it


class TrackedConnection(Struct, eq=False):
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
        self._inside: set[TrackedConnection] = set()
        self._silent: dict[TrackedConnection, None] = {}  # of those inside, the longest here first
        self._from: Counter[str] = Counter()
        self._surplus: dict[TrackedConnection, None] = {}  # the longest here first

    def enter(self, address: str, drop: Callable[[], None]) -> TrackedConnection:
        """Count a new connection. One that is not admitted must show a token."""
        tracked = TrackedConnection(address, self._clock(), drop)
        self._place(tracked)
        return tracked

    def move(self, tracked: TrackedConnection, address: str) -> None:
        """Count a visitor at the address that it speaks for, if there is room for that one."""
        self.leave(tracked)
        tracked.admitted, tracked.address = False, address
        self._place(tracked)

    def _place(self, tracked: TrackedConnection) -> None:
        if self._has_room(tracked.address) or self._make_room(tracked.address):
            self._count(tracked)
            self._silent[tracked] = None
        elif len(self._surplus) < SURPLUS or self._make_surplus_room():
            self._surplus[tracked] = None
        else:
            tracked.drop()

    def admit(self, tracked: TrackedConnection) -> None:
        """Admit a visitor who showed a token, whatever the limits say."""
        if self._surplus.pop(tracked, tracked) is None:
            self._count(tracked)

    def try_admit(self, tracked: TrackedConnection) -> bool:
        """Admit a visitor who has no token if there is room by now."""
        waits = tracked in self._surplus
        found = waits and (self._has_room(tracked.address) or self._make_room(tracked.address))
        if found:
            self.admit(tracked)
        return found

    def patience(self, tracked: TrackedConnection) -> float:
        """How many seconds a visitor still has for its first message, or for its token."""
        most = self._limits.hello
        most = most if tracked.admitted else min(most, SURPLUS_PATIENCE)
        return max(0.0, tracked.since + most - self._clock())

    def mark_greeted(self, tracked: TrackedConnection) -> None:
        """The visitor said hello, and keeps the place until :meth:`leave`."""
        self._silent.pop(tracked, None)

    def leave(self, tracked: TrackedConnection) -> None:
        """The connection has ended; whether it was counted or not, and more than once."""
        self._surplus.pop(tracked, None)
        if tracked in self._inside:
            self._inside.remove(tracked)
            self._silent.pop(tracked, None)
            self._from[tracked.address] -= 1
            if not self._from[tracked.address]:
                del self._from[tracked.address]

    def _count(self, tracked: TrackedConnection) -> None:
        tracked.admitted = True
        self._inside.add(tracked)
        self._from[tracked.address] += 1

    def _make_surplus_room(self) -> bool:
        """Drop the surplus connection that has dawdled longest."""
        tracked = next(iter(self._surplus))
        if self._clock() - tracked.since < SILENT_AFTER:
            return False
        tracked.drop()
        self.leave(tracked)
        return True

    def _has_room(self, address: str) -> bool:
        crowded = len(self._inside) >= self._limits.connections
        return not crowded and self._from[address] < self._limits.most_from(address)

    def _make_room(self, address: str) -> bool:
        """Send away whoever dawdles longest, of this address if there are too many of it."""
        anywhere = self._from[address] < self._limits.most_from(address)
        for tracked in self._silent:
            if self._clock() - tracked.since < SILENT_AFTER:
                return False
            if anywhere or tracked.address == address:
                tracked.drop()
                self.leave(tracked)
                return True
        return False
