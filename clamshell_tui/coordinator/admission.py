"""Limits on the number of connections, in total and per address, counted from the first byte.

A silent connection makes room for a new one. A connection over the limit may still show a code or a
token: a participant or an operator is never refused, neither because of strangers that hold all
places nor because of the dead connection that it replaces. Any other surplus connection waits a
moment for a place and is then refused for now. If there are too many of those as well, the oldest
is dropped: a client with a code has shown it by then.
"""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from clamshell_tui.coordinator.limits import Limits

SILENT_AFTER = 0.5  # seconds without hello after which a connection can lose its place
SURPLUS = 64  # connections over the limit that may show a code or a token, or wait for a place
SURPLUS_PATIENCE = 2.0  # seconds that they have for it
DROPPED_AFTER = 0.1  # seconds that each of them has in any case


class TrackedConnection(Struct, eq=False):
    """A connection; ``drop`` ends it immediately."""

    address: str
    since: float
    drop: Callable[[], None]
    admitted: bool = False


class Admission:
    """Counts connections. ``clock`` is the monotonic clock, in seconds.

    ``refused`` is called with the address of each one that did not show a code or a token in time.
    """

    def __init__(
        self, limits: Limits, clock: Callable[[], float], refused: Callable[[str], None]
    ) -> None:
        self._limits = limits
        self._clock = clock
        self.refused = refused
        self._inside: set[TrackedConnection] = set()
        self._silent: dict[TrackedConnection, None] = {}  # admitted and without hello, oldest first
        self._from: Counter[str] = Counter()
        self._surplus: dict[TrackedConnection, None] = {}  # oldest first

    def enter(self, address: str, drop: Callable[[], None]) -> TrackedConnection:
        """Count a new connection. If it is not admitted, it must show a code or a token."""
        tracked = TrackedConnection(address, self._clock(), drop)
        self._place(tracked)
        return tracked

    def move(self, tracked: TrackedConnection, address: str) -> None:
        """Count a gateway's connection for the participant's address instead."""
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
            self.refused(tracked.address)
            tracked.drop()

    def admit(self, tracked: TrackedConnection) -> None:
        """Admit a connection that showed a code or a token, regardless of the limits."""
        if self._surplus.pop(tracked, tracked) is None:
            self._count(tracked)

    def try_admit(self, tracked: TrackedConnection) -> bool:
        """Admit a connection without a token if there is room by now."""
        waits = tracked in self._surplus
        found = waits and (self._has_room(tracked.address) or self._make_room(tracked.address))
        if found:
            self.admit(tracked)
        return found

    def patience(self, tracked: TrackedConnection) -> float:
        """Return the seconds left for the first message, or for the token."""
        most = self._limits.hello
        most = most if tracked.admitted else min(most, SURPLUS_PATIENCE)
        return max(0.0, tracked.since + most - self._clock())

    def mark_greeted(self, tracked: TrackedConnection) -> None:
        """Note its hello: it keeps its place until :meth:`leave`."""
        self._silent.pop(tracked, None)

    def leave(self, tracked: TrackedConnection) -> None:
        """Stop counting a connection; may be called again, or for one that was not counted."""
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
        """Drop the oldest surplus connection, if it has had its time."""
        tracked = next(iter(self._surplus))
        if self._clock() - tracked.since < DROPPED_AFTER:
            return False
        self.refused(tracked.address)
        tracked.drop()
        self.leave(tracked)
        return True

    def _has_room(self, address: str) -> bool:
        crowded = len(self._inside) >= self._limits.connections
        return not crowded and self._from[address] < self._limits.most_from(address)

    def _make_room(self, address: str) -> bool:
        """Drop the oldest silent connection; one of this address if that limit is reached."""
        anywhere = self._from[address] < self._limits.most_from(address)
        for tracked in self._silent:
            if self._clock() - tracked.since < SILENT_AFTER:
                return False
            if anywhere or tracked.address == address:
                tracked.drop()
                self.leave(tracked)
                return True
        return False
