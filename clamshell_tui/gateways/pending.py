"""Connections that have not shown a valid code, limited per address and in total.

A laboratory behind a router is one address, so the limit of an address is large enough for a
laboratory. A client that has sent nothing makes room for the next one, so 200 silent connections
keep no participant out.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

from msgspec import Struct

PER_ADDRESS, IN_ALL = 32, 128
_SILENT = 1.0  # seconds without a byte after which a connection can lose its place
_SLOWLY, _SLOWER = 1.0, 5.0  # seconds until the answer to a wrong code
_PER_MINUTE = 5  # wrong codes of one address, before they are answered slower


class PendingConnection(Struct, eq=False):
    """A connection; ``drop`` ends it immediately."""

    address: str
    since: float
    drop: Callable[[], None]
    silent: bool = True


class PendingConnections:
    """``clock`` is the monotonic clock, in seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        per_address: int = PER_ADDRESS,
        in_all: int = IN_ALL,
    ) -> None:
        self._clock = clock
        self._per_address = per_address
        self._in_all = in_all
        self._all: dict[PendingConnection, None] = {}  # oldest first
        self._from: defaultdict[str, dict[PendingConnection, None]] = defaultdict(dict)
        self._wrong: defaultdict[str, deque[float]] = defaultdict(deque)

    def enter(self, address: str, drop: Callable[[], None]) -> PendingConnection | None:
        """Register a connection; drop it and return None if there are too many."""
        connection = PendingConnection(address, self._clock(), drop)
        here = self._from.get(address, {})
        if not (self._room(here, self._per_address) and self._room(self._all, self._in_all)):
            drop()
            return None
        self._all[connection] = self._from[address][connection] = None
        return connection

    def leave(self, connection: PendingConnection) -> None:
        """Remove a connection that ended or has a seat; may be called again."""
        self._all.pop(connection, None)
        here = self._from.get(connection.address, {})
        here.pop(connection, None)
        if not here:
            self._from.pop(connection.address, None)

    async def slow_down(self, address: str) -> None:
        """Wait before the answer to a wrong code."""
        now, recent = self._clock(), self._wrong[address]
        while recent and recent[0] <= now - 60.0:
            recent.popleft()
        recent.append(now)
        if len(self._wrong) > 1000:  # of more addresses than a laboratory has
            self._wrong.clear()
        await asyncio.sleep(_SLOWLY if len(recent) <= _PER_MINUTE else _SLOWER)

    def _room(self, pending: dict[PendingConnection, None], most: int) -> bool:
        if len(pending) < most:
            return True
        now = self._clock()
        for connection in pending:
            if now - connection.since < _SILENT:
                return False
            if connection.silent:
                connection.drop()
                self.leave(connection)
                return True
        return False
