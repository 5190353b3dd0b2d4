"""Connections that have not shown a right code: how many there may be, from one address and in all.

A laboratory behind a router is one address, so an address may have enough for all of it. A client
that has not even begun to speak makes room for the next one; so 200 silent connections keep no
participant out.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

from msgspec import Struct

PER_ADDRESS, IN_ALL = 32, 128
_SILENT = 1.0  # seconds without a word after which a place may go to another client
_SLOWLY, _SLOWER = 1.0, 5.0  # seconds until the answer to a wrong code
_PER_MINUTE = 5  # wrong codes of one address, before they are answered slower


class Caller(Struct, eq=False):
    """A connection; ``drop`` ends it immediately."""

    address: str
    since: float
    drop: Callable[[], None]
    silent: bool = True


class Callers:
    """Connections on their way to a seat. ``clock`` is the wall's, in seconds."""

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
        self._all: dict[Caller, None] = {}  # the longest here first
        self._from: defaultdict[str, dict[Caller, None]] = defaultdict(dict)
        self._wrong: defaultdict[str, deque[float]] = defaultdict(deque)

    def enter(self, address: str, drop: Callable[[], None]) -> Caller | None:
        """Register a connection; None, and it is dropped, if there are too many."""
        caller = Caller(address, self._clock(), drop)
        here = self._from.get(address, {})
        if not (self._room(here, self._per_address) and self._room(self._all, self._in_all)):
            drop()
            return None
        self._all[caller] = self._from[address][caller] = None
        return caller

    def leave(self, caller: Caller) -> None:
        """The connection has ended, or has a seat; may be called again."""
        self._all.pop(caller, None)
        here = self._from.get(caller.address, {})
        here.pop(caller, None)
        if not here:
            self._from.pop(caller.address, None)

    async def slow_down(self, address: str) -> None:
        """A wrong code came from there: wait before saying so."""
        now, recent = self._clock(), self._wrong[address]
        while recent and recent[0] <= now - 60.0:
            recent.popleft()
        recent.append(now)
        if len(self._wrong) > 1000:  # of more addresses than a laboratory has
            self._wrong.clear()
        await asyncio.sleep(_SLOWLY if len(recent) <= _PER_MINUTE else _SLOWER)

    def _room(self, callers: dict[Caller, None], most: int) -> bool:
        if len(callers) < most:
            return True
        now = self._clock()
        for caller in callers:
            if now - caller.since < _SILENT:
                return False
            if caller.silent:
                caller.drop()
                self.leave(caller)
                return True
        return False
