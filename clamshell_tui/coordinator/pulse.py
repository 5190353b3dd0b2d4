"""Notices that the process stood still: a closed lid, SIGSTOP, a suspended virtual machine."""

import asyncio
from collections.abc import Callable, Collection

from clamshell_tui.coordinator.sessions import Peer

PULSE = 0.5  # wall-clock seconds between two signs of life of the event loop
STOPPED = 2.0  # wall-clock seconds without one: the process was stopped, not only busy


class Pulse:
    """After a gap the silence of all ``peers`` is forgiven, and ``resumed`` gets the seconds.

    The event loop reads its sockets before it notices a gap, and the tasks that judge silence run
    later.
    """

    def __init__(
        self,
        wall: Callable[[], float],
        peers: Callable[[], Collection[Peer]],
        resumed: Callable[[float], None],
    ) -> None:
        self._wall = wall
        self._peers = peers
        self._resumed = resumed
        self._alive_at = wall()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._alive_at = self._wall()
        self._beat()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        now = self._wall()
        gap = now - self._alive_at - PULSE
        self._alive_at = now
        loop = asyncio.get_running_loop()
        if gap > STOPPED:
            for peer in self._peers():
                peer.last_heard = min(peer.last_heard + gap, loop.time())
                peer.connected_at += gap
            self._resumed(gap)
        self._timer = loop.call_later(PULSE, self._beat)
