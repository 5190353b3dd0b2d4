"""The journal for those who watch: pages of what is committed, when they ask for them.

Who does not ask costs nothing, and nothing is kept for anybody: a page comes from the latest
entries in memory, or from the file.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice

import msgspec

from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.core.events import Event
from clamshell_tui.wire.operator_messages import Entry, JournalRead

FRAME = 0.1  # seconds of the wall: nobody is told of the present more often
IDLE = 1.0  # seconds of the wall after which the time is told although nothing happened
PAGE = 2000  # entries
_KEPT = 8192  # entries

Read = Callable[[int, int], Awaitable[Sequence[tuple[int, float, str]]]]
"""(after, most) -> (number, time, event as JSON) of committed entries, in order."""


class JournalFeed:
    """``read`` reads the file; ``now`` gives the run's time."""

    def __init__(self, read: Read, now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._recent: deque[tuple[int, float, Event]] = deque(maxlen=_KEPT)
        self._committed = 0
        self._asked = asyncio.Event()
        self._waiting: dict[Peer, tuple[int, float]] = {}  # after which entry, and since when
        self._readers: dict[Peer, int] = {}  # what each has, by what it asked for last

    # -- what the owner calls ---------------------------------------------------------------------

    @property
    def wanted(self) -> bool:
        """Whether anybody reads at all."""
        return bool(self._readers)

    def all_have(self, number: int) -> bool:
        """Whether everybody who reads has this entry, by what they asked for last."""
        return all(after >= number for after in self._readers.values())

    def note(self, number: int, at: float, event: Event) -> None:
        """An entry was made; it is not committed yet."""
        self._recent.append((number, at, event))

    def committed(self, number: int) -> None:
        """Every entry up to this one is on the disk."""
        self._committed = number

    def ask(self, peer: Peer, after: int) -> None:
        """Somebody wants what comes after an entry."""
        self._readers[peer] = after
        self._waiting[peer] = after, asyncio.get_running_loop().time()
        self._asked.set()

    def gone(self, peer: Peer) -> None:
        """A connection ended."""
        self._readers.pop(peer, None)
        self._waiting.pop(peer, None)
        if not self._readers:
            self._recent.clear()

    # -- answering --------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Answer until cancelled."""
        while True:
            if not self._waiting:
                await self._asked.wait()
            self._asked.clear()
            behind = [peer for peer, (after, _) in self._waiting.items() if self._far(after)]
            for peer in behind:
                await self._answer(peer)
            if behind:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(FRAME):
                    await self._asked.wait()
            await self._tell_present()

    def _far(self, after: int) -> bool:
        return self._committed - after >= PAGE

    async def _tell_present(self) -> None:
        now = asyncio.get_running_loop().time()
        for peer, (after, since) in list(self._waiting.items()):
            if now - since >= (FRAME if after < self._committed else IDLE):
                await self._answer(peer)

    async def _answer(self, peer: Peer) -> None:
        after, _ = self._waiting.pop(peer)
        entries = await self._page(after) if after < self._committed else ()
        peer.send(JournalRead(after + len(entries), self._now(), entries))

    async def _page(self, after: int) -> tuple[Entry, ...]:
        if self._recent and self._recent[0][0] <= after + 1:
            first = after + 1 - self._recent[0][0]
            last = min(self._committed + 1 - self._recent[0][0], first + PAGE)
            return tuple(
                [
                    Entry(at, msgspec.Raw(msgspec.json.encode(event)))
                    for _, at, event in islice(self._recent, first, last)
                ]
            )
        rows = await self._read(after, PAGE)
        return tuple([Entry(at, msgspec.Raw(body.encode())) for _, at, body in rows])
