"""Serves operators pages of the committed journal.

A page is sent on request only, so a slow operator costs nothing and no position is kept on behalf
of any. It is read from the latest entries in memory, or from the file.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice

import msgspec

from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.run.tables import JournalRow
from clamshell_tui.wire.operator_messages import Entry, JournalRead

FRAME = 0.1  # seconds: least interval between two pages of news
IDLE = 1.0  # seconds after which an empty page reports the time
PAGE = 2000  # entries
_KEPT = 8192  # entries

Read = Callable[[int, int], Awaitable[Sequence[tuple[int, float, str]]]]
"""(after, most) -> (number, time, event as JSON) of committed entries, in order."""


class JournalFeed:
    """``read`` reads committed entries from the file."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._recent: deque[JournalRow] = deque(maxlen=_KEPT)
        self._committed = 0
        self._asked = asyncio.Event()
        self._waiting: dict[
            Peer, tuple[int, float]
        ] = {}  # entry asked for, and time of the request
        self._readers: dict[Peer, int] = {}  # the last entry that each has, by its last request

    # -- called by the run loop -------------------------------------------------------------------

    @property
    def has_readers(self) -> bool:
        """Whether there is a reader."""
        return bool(self._readers)

    def all_have(self, number: int) -> bool:
        """Whether all readers have this entry, by their last requests."""
        return all(after >= number for after in self._readers.values())

    def note(self, entry: JournalRow) -> None:
        """Add an entry that is not committed yet."""
        self._recent.append(entry)

    def committed(self, number: int) -> None:
        """Make all entries up to this one available: they are on the disk."""
        self._committed = number

    def ask(self, peer: Peer, after: int) -> None:
        """Queue a request for the entries after one."""
        self._readers[peer] = after
        self._waiting[peer] = after, asyncio.get_running_loop().time()
        self._asked.set()

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
        self._readers.pop(peer, None)
        self._waiting.pop(peer, None)
        if not self._readers:
            self._recent.clear()

    # -- answering --------------------------------------------------------------------------------

    async def serve(self, now: Callable[[], float]) -> None:
        """Answer until cancelled; ``now`` returns the run's time."""
        while True:
            if not self._waiting:
                await self._asked.wait()
            self._asked.clear()
            behind = [peer for peer, (after, _) in self._waiting.items() if self._far(after)]
            for peer in behind:
                await self._answer(peer, now())
            if behind:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(FRAME):
                    await self._asked.wait()
            await self._answer_due(now())

    def _far(self, after: int) -> bool:
        return self._committed - after >= PAGE

    async def _answer_due(self, now: float) -> None:
        wall = asyncio.get_running_loop().time()
        for peer, (after, since) in list(self._waiting.items()):
            if wall - since >= (FRAME if after < self._committed else IDLE):
                await self._answer(peer, now)

    async def _answer(self, peer: Peer, now: float) -> None:
        after, _ = self._waiting.pop(peer)
        entries = await self._page(after) if after < self._committed else ()
        peer.send(JournalRead(after + len(entries), now, entries))

    async def _page(self, after: int) -> tuple[Entry, ...]:
        if self._recent and self._recent[0].seq <= after + 1:
            first = after + 1 - self._recent[0].seq
            last = min(self._committed + 1 - self._recent[0].seq, first + PAGE)
            recent = islice(self._recent, first, last)
            return tuple([Entry(row.at, msgspec.Raw(row.body.encode())) for row in recent])
        rows = await self._read(after, PAGE)
        return tuple([Entry(at, msgspec.Raw(body.encode())) for _, at, body in rows])
