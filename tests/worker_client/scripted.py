"""A coordinator that says what a test tells it to, over a real WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_server, encode
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import Hello, ToClient, ToServer, Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import TypedReply
from clamshell_tui.wire.worker_messages import Draft, Heartbeat, Join, Joined, Rejoin, Statement

DEADLINE = 60.0
TOKEN = "token-of-the-first-seat"  # nobody's secret

Message = TypeVar("Message", bound=ToServer)


class Coordinator:
    """One client at a time. ``expect`` takes the next message, heartbeats left out."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.beats = 0
        self.beat = asyncio.Event()
        self.gone = asyncio.Event()  # no client is connected
        self.server: Server | None = None
        self._heard: asyncio.Queue[ToServer] = asyncio.Queue()
        self._socket: ServerConnection | None = None

    @property
    def join(self) -> JoinString:
        """The line that leads here."""
        return JoinString("127.0.0.1", self.port, "K7QM-2F9X")

    async def expect(self, kind: type[Message]) -> Message:
        """The client's next message, which must be one of these; drafts are passed over.

        When a draft is sent depends on the time between two keys.
        """
        message = await self._next()
        while isinstance(message, Draft | TypedReply) and kind is not type(message):
            message = await self._next()
        assert isinstance(message, kind), f"expected {kind.__name__}, got {message}"
        return message

    async def _next(self) -> ToServer:
        async with asyncio.timeout(DEADLINE):
            return await self._heard.get()

    async def say(self, *messages: ToClient) -> None:
        """Send these to the client."""
        assert self._socket is not None
        for message in messages:
            await self._socket.send(encode(message))

    async def hello(self) -> Join | Rejoin:
        """Let a client say hello and ask for its seat; returns how it asked."""
        await self.expect(Hello)
        await self.say(Welcome(VERSION, "quickstart", "scripted"))
        entry = await self._next()
        assert isinstance(entry, Join | Rejoin), entry
        return entry

    async def seat(self, seat: Joined) -> Join | Rejoin:
        """Greet a client and give it this seat; returns how it asked."""
        entry = await self.hello()
        await self.say(seat)
        return entry

    async def hang_up(self) -> None:
        """Lose the connection without a word."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def say_raw(self, frame: str | bytes) -> None:
        """Send a frame that need not be a message."""
        assert self._socket is not None
        await self._socket.send(frame)

    def shut(self) -> None:
        """Stop listening, and lose the client."""
        assert self.server is not None
        assert self._socket is not None
        self.server.server.close()
        self._socket.transport.abort()

    async def nothing_more(self) -> None:
        """The client has said nothing that was not expected, but for what is not sent yet."""
        while not self._heard.empty():
            message = self._heard.get_nowait()
            assert isinstance(message, Draft | TypedReply), message

    async def serve_one(self, socket: ServerConnection) -> None:
        """Listen to one client."""
        self._socket = socket
        self.connections += 1
        self.gone.clear()
        try:
            async for frame in socket:
                self._hear(decode_to_server(frame))
        except ConnectionClosed:
            pass  # clients are killed here
        finally:
            self.gone.set()

    def _hear(self, message: ToServer) -> None:
        if isinstance(message, Heartbeat):
            self.beats += 1
            self.beat.set()
        else:
            self._heard.put_nowait(message)


@asynccontextmanager
async def coordinator(port: int = 0) -> AsyncIterator[Coordinator]:
    """A coordinator on a free port of this machine."""
    scripted = Coordinator()
    async with serve(scripted.serve_one, "127.0.0.1", port, compression=None) as server:
        scripted.port = next(iter(server.sockets)).getsockname()[1]
        scripted.server = server
        yield scripted


def joined(**changes: object) -> Joined:
    """A seat in a run about cats and dogs, three records per task."""
    values: dict[str, object] = {
        "worker": "P001",
        "token": TOKEN,
        "title": "Cats and dogs",
        "instructions": "Is it a cat or a dog?",
        "classes": ("cat", "dog"),
        "records_per_task": 3,
        "micros_per_minute": 50_000,
        "micros_per_record": 20_000,
        "terminated_pay": "full",
        "heartbeat": 2.0,
    }
    return Joined(**(values | changes))  # type: ignore[arg-type]  # names and types as above


def texts(*words: str) -> tuple[Record, ...]:
    """Records of one word each."""
    return tuple(Record(id=word, text=word) for word in words)


def statement(total: int = 123_400) -> Statement:
    """What the worker earned, all of it by records."""
    return Statement("P001", 0, 0, total, 0, 0, total, tasks_completed=2)
