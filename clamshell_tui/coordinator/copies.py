"""Copies of files that operators fetch part by part."""

from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.operator_messages import BackedUp

_PART = 192 * 1024  # bytes in one message


class Copies:
    """Keeps the copy of each operator until its end was sent."""

    def __init__(self) -> None:
        self._copies: dict[Peer, bytes] = {}

    def begin(self, peer: Peer, copy: bytes) -> None:
        """Send the first part of a new copy."""
        if not peer.closed:
            self._copies[peer] = copy
            self.send(peer, 0)

    def send(self, peer: Peer, offset: int) -> None:
        """Send the part from this byte on."""
        copy = self._copies.get(peer)
        if copy is None or offset >= len(copy):
            peer.send(Error("request", "there is no such part: begin at 0", fatal=False))
            return
        part = copy[offset : offset + _PART]
        peer.send(BackedUp(offset, len(copy), part))
        if offset + len(part) == len(copy):
            del self._copies[peer]

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
        self._copies.pop(peer, None)
