"""One connection, as the rest of the coordinator sees it."""

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast

from clamshell_tui.coordinator.door import Visitor
from clamshell_tui.coordinator.sessions import Session
from clamshell_tui.protocol.codec import encode
from clamshell_tui.protocol.messages import Error, ToClient


class Peer:
    """Somebody connected. Sending never waits: who leaves too much unread is dropped."""

    def __init__(
        self,
        socket: ServerConnection,
        role: str,
        heard: float,
        unread: int,
        visitor: Visitor | None = None,
    ) -> None:
        self.role = role
        self.encoding = "utf-8"  # of its terminal
        self.visitor = visitor  # this connection, as it is counted
        self.address = str(socket.remote_address[0]) if socket.remote_address else ""
        self.heard = heard  # when the last message came, by the wall's monotonic clock
        self.session: Session | None = None  # a worker's
        self.name = ""  # an operator's or a requester's, once authenticated
        self.following: int | None = None  # a requester's: the next label to be sent
        self.closed = False
        self._socket = socket
        self._unread = unread
        self._closing: asyncio.Future[None] | None = None  # kept, or it might be collected

    @property
    def authenticated(self) -> bool:
        """Whether an operator or a requester proved to be one."""
        return bool(self.name)

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not read."""
        return self._socket.transport.get_write_buffer_size()

    def send(self, message: ToClient) -> None:
        """Send without waiting; a fatal error closes the connection after it."""
        self.send_frame(encode(message))
        if isinstance(message, Error) and message.fatal:
            self.close(1008, message.code)

    def send_frame(self, frame: str) -> None:
        """Send a frame that is already encoded."""
        if self.closed:
            return
        broadcast((self._socket,), frame)  # the one way to send that never waits
        if self.backlog > self._unread:
            self.drop()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection in good order, after what was sent; returns at once."""
        if not self.closed:
            self.closed = True
            self._closing = asyncio.ensure_future(self._socket.close(code, reason))

    def drop(self) -> None:
        """End the connection at once; what was not read is lost, and is told again on return."""
        self.closed = True
        self._socket.transport.abort()
