"""WebSocket server: admission, rate limits, and the messages allowed to each role.

It only decodes messages and queues them for the run loop; pings and liveness are its own.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from hmac import compare_digest
from typing import Any

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from clamshell_tui.coordinator.admission import Admission
from clamshell_tui.coordinator.limits import LastMinute, Limits, TokenBucket, on_this_machine
from clamshell_tui.coordinator.loop import Loop
from clamshell_tui.coordinator.sessions import GONE, Peer, SocketPeer
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.participant_texts import ENGLISH_TEXTS
from clamshell_tui.text import charset, show
from clamshell_tui.wire import OLDEST, VERSION
from clamshell_tui.wire.codec import MAX_FRAME, ProtocolError, decode_to_server
from clamshell_tui.wire.listener import listening_socket
from clamshell_tui.wire.messages import ALLOWED, Authenticate, Error, Hello, ToServer, Welcome
from clamshell_tui.wire.worker_messages import Heartbeat, Join, Rejoin

FORWARDED = "X-Clamshell-Forwarded"
"""Header from a gateway: :attr:`Server.secret`, the participant's address, and ssh or web."""

CLOSE_TIMEOUT = 1.0  # seconds that a client has for the closing handshake

_ALARMS = frozenset({10, 100, 1000, 10_000})  # strangers of one address that are reported
_LOOK_FOR_ROOM = 0.1  # seconds between two checks

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})

_log = logging.getLogger(__name__)
_log.addFilter(
    lambda record: record.msg != "opening handshake failed"
)  # of no concern to the operator


class PushConnection(ServerConnection):
    """WebSocket that passes each message to ``on_text`` directly, without waking a task.

    Waking a task costs as much as reading the frame. ``on_text`` returns False to leave a message
    to :meth:`next_left`. Fragments, binary frames and messages so declined go into the library's
    queue. So do all later messages until the queue was read and ``on_text`` is set again, which
    keeps their order.
    """

    on_text: Callable[[bytes], bool] | None = None
    left = 0  # messages in the queue

    async def next_left(self) -> str | bytes:
        """Return the next queued message; raises as ``recv``."""
        frame = await self.recv()
        self.left -= 1
        return frame

    def process_event(self, event: Request | Response | Frame) -> None:
        """Handle a frame; called by the library, in order."""
        if isinstance(event, Frame) and event.opcode in _DATA:
            if (
                self.on_text is not None
                and event.opcode is Opcode.TEXT
                and event.fin
                and self.on_text(bytes(event.data))
            ):
                return
            self.on_text = None
            self.left += event.fin
        super().process_event(event)


class _CountedConnection(PushConnection):
    """A connection that is counted from its first byte to its end."""

    def __init__(self, admission: Admission, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._admission = admission

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "sockets are read and written"
        super().connection_made(transport)
        address = transport.get_extra_info("peername")
        self.tracked = self._admission.enter(str(address[0]) if address else "", transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._admission.leave(self.tracked)
        super().connection_lost(exc)


class Server:
    """Accepts connections for one loop. ``server`` is the program's name and version."""

    def __init__(self, run_loop: Loop, limits: Limits, server: str) -> None:
        self._run_loop = run_loop
        self._limits = limits
        self._name = server
        self.now: Callable[[], float] = asyncio.get_running_loop().time
        """Monotonic clock of the event loop."""
        self.secret = run_loop.sessions.forwarding_secret
        """Authenticates gateways on this machine, which forward other addresses."""
        self._strangers = LastMinute(self.now)
        self._admission = Admission(limits, self.now, self._note_stranger)
        self.peers: set[SocketPeer] = set()

    async def accept(
        self, listener: socket.socket, tls: ssl.SSLContext | None = None
    ) -> WebSocketServer:
        """Start accepting connections on a socket of :func:`bind`."""
        return await serve(
            self._handle,  # type: ignore[arg-type]  # it gets what create_connection made
            create_connection=partial(_CountedConnection, self._admission),  # type: ignore[arg-type]  # is called
            sock=listener,
            ssl=tls,
            compression=None,  # costs more time than it saves on a local network
            max_size=MAX_FRAME,
            max_queue=16,
            open_timeout=self._limits.hello,
            ssl_handshake_timeout=None if tls is None else self._limits.hello,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=10.0,
            ping_timeout=10.0,
            origins=[None],  # refuse browser pages
            server_header=None,
            logger=_log,
        )

    async def watch(self) -> None:
        """Drop silent workers and clients that do not authenticate; until cancelled."""
        take_overs = self._run_loop.take_overs
        while True:
            await asyncio.sleep(1.0)
            if take_overs.pending:
                self._run_loop.call(take_overs.settle)
            now = self.now()
            for peer in list(self.peers):
                if peer.session is not None:
                    if now - peer.last_heard > self._limits.silence:
                        peer.drop()
                elif not peer.authenticated and now > self._out_at(peer):
                    self._note_stranger(peer.address)
                    peer.drop()

    def _out_at(self, peer: Peer) -> float:
        """When a connection is dropped that has shown no valid code or token, whatever it says."""
        limits = self._limits
        return peer.connected_at + (limits.join if peer.role == "worker" else limits.hello)

    def _note_stranger(self, address: str) -> None:
        count = self._strangers.note(address)
        if count in _ALARMS:
            self._run_loop.alert(
                f"{count} connections from {address} without a code or a token within a minute. "
                "Participants and operators are let in all the same"
            )

    async def _handle(self, connection: _CountedConnection) -> None:
        tracked = connection.tracked
        peer = SocketPeer(connection, "", self.now(), self._limits.unread, tracked)
        if origin := self._forwarded(connection):
            peer.address, _, via = origin.partition(" ")
            peer.via = via or peer.via
            self._admission.move(tracked, peer.address)
        try:
            greeted = await self._greeted(connection, peer)
            if greeted and (tracked.admitted or await self._admit_surplus(connection, peer)):
                self.peers.add(peer)
                await self._listen(connection, peer)
        except ProtocolError as error:
            peer.send(Error("protocol", str(error)[:1000]))
        except ConnectionClosed:
            pass
        finally:
            self.peers.discard(peer)
            self._run_loop.put(peer, GONE)
            await connection.wait_closed()

    def _forwarded(self, connection: _CountedConnection) -> str:
        """Address of the participant behind one of our gateways, and the way; else empty."""
        assert connection.request is not None, "the opening handshake is done"
        secret, _, origin = connection.request.headers.get(FORWARDED, "").partition(" ")
        ours = compare_digest(secret.encode("utf-8", "replace"), self.secret.encode())
        peer, here = connection.remote_address, connection.local_address
        near = bool(peer) and (on_this_machine(str(peer[0])) or peer[0] == here[0])
        return origin if ours and near else ""

    async def _greeted(self, connection: _CountedConnection, peer: Peer) -> bool:
        """Handle the first message; False if it does not arrive or is no valid hello."""
        try:
            async with asyncio.timeout(self._admission.patience(connection.tracked)):
                frame = await connection.next_left()
        except TimeoutError:
            if connection.tracked.admitted:
                peer.drop()
            else:
                self._refuse_for_now(peer)
            return False
        hello = decode_to_server(frame)
        if not isinstance(hello, Hello):
            raise ProtocolError("the first message must be hello")
        if not OLDEST <= hello.protocol <= VERSION:
            text = f"server speaks {OLDEST} to {VERSION}, this client {hello.protocol}"
            want = "-U clamshell-tui"
            if hello.protocol > VERSION:
                want = f"clamshell-tui=={self._name.partition('/')[2]}"
            peer.send(Error("version", f"{text}: pip install {want}"))
            return False
        self._admission.mark_greeted(connection.tracked)
        peer.role, peer.encoding = hello.role, charset(hello.encoding)
        peer.send(Welcome(hello.protocol, self._run_loop.title, self._name))
        return True

    async def _admit_surplus(self, connection: _CountedConnection, peer: Peer) -> bool:
        """Admit a surplus connection if it shows a valid code or token, or a place becomes free."""
        tracked = connection.tracked
        try:
            async with asyncio.timeout(self._admission.patience(tracked)):
                message = decode_to_server(await connection.next_left())
                if self._proves(peer.role, message):
                    self._admission.admit(tracked)
                while not tracked.admitted:  # no event reports a free place
                    if not self._admission.try_admit(tracked):
                        await asyncio.sleep(_LOOK_FOR_ROOM)
        except TimeoutError:
            self._refuse_for_now(peer)
            return False
        if isinstance(message, ALLOWED[peer.role]):
            self._take(peer, message)
            return True
        peer.send(_not_allowed(peer.role, message))
        return False

    def _refuse_for_now(self, peer: Peer) -> None:
        self._note_stranger(peer.address)
        worker = peer.role == "worker"
        texts = self._run_loop.take_overs.texts if worker else ENGLISH_TEXTS
        peer.send(Error("busy", texts("refused.busy")))

    def _proves(self, role: str, message: ToServer) -> bool:
        sessions = self._run_loop.sessions
        match message:
            case Join():
                return role == "worker" and sessions.find_code(message.code) is not None
            case Rejoin():
                return role == "worker" and sessions.by_token(message.token) is not None
            case Authenticate():
                return sessions.authentic(role, message.token)
            case _:
                return False

    async def _listen(self, connection: PushConnection, peer: Peer) -> None:
        bucket = TokenBucket(self._limits.per_second, self._limits.burst, self.now)
        allowed = ALLOWED[peer.role]
        on_text = self._text_handler(peer, bucket, allowed)
        try:
            while True:
                if not connection.left:
                    connection.on_text = on_text
                message = decode_to_server(await connection.next_left())
                if not isinstance(message, allowed):
                    peer.send(_not_allowed(peer.role, message))
                    return
                self._take(peer, message)
                wait = bucket.take()
                if wait:  # a client that sends too much is read more slowly
                    await asyncio.sleep(wait)
                    if connection.state is not State.OPEN:
                        return  # it sends unacknowledged messages again after its return
        finally:
            connection.on_text = None

    def _text_handler(
        self, peer: Peer, bucket: TokenBucket, allowed: tuple[type, ...]
    ) -> Callable[[bytes], bool]:
        """Return a ``on_text`` that queues valid, allowed messages within the rate: nearly all."""

        def on_text(frame: bytes) -> bool:
            try:
                message = decode_to_server(str(frame, "utf-8"))
            except (ProtocolError, UnicodeDecodeError):
                return False
            if not isinstance(message, allowed) or not bucket.take_if_free():
                return False
            self._take(peer, message)
            return True

        return on_text

    def _take(self, peer: Peer, message: ToServer) -> None:
        peer.last_heard = self.now()
        if type(message) is Rejoin:
            self._forget_older(message, peer)
        if type(message) is not Heartbeat:
            self._run_loop.put(peer, message)

    def _forget_older(self, message: Rejoin, peer: Peer) -> None:
        """Stop counting the connection that this one replaces: it may be dead for long."""
        session = self._run_loop.sessions.by_token(message.token)
        older = session.peer if session is not None else None
        if older is not None and older is not peer and older.tracked is not None:
            self._admission.leave(older.tracked)


def _not_allowed(role: str, message: ToServer) -> Error:
    return Error("role", f"a {role} may not say {type(message).__name__.lower()}")


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """Return a listening socket; EnvironmentFaultError if the address is not available.

    The error names the option that chose the port.
    """
    try:
        return listening_socket(host, port, backlog=1024)
    except (OSError, OverflowError) as error:
        raise EnvironmentFaultError(_why_not(host, port, error, option)) from error


def _why_not(host: str, port: int, error: OSError | OverflowError, option: str) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"port {port} is in use; try {option} 0"
    if number in {errno.EACCES, errno.EPERM}:
        return f"port {port} is reserved for the administrator; try {option} 0"
    reason = getattr(error, "strerror", None) or error
    return f"cannot listen on {show(host)}:{port}: {reason}. Choose another --host or {option}"
