"""Closed-loop clients: they speak just enough WebSocket to keep a server busy.

With the library on both sides, the client would be half of what is measured.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from time import perf_counter

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.messages import Hello, Welcome
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Join,
    Joined,
    TaskAssigned,
    Wait,
)
from tests.benchmarks.scripted_crowd import AT_A_TIME

MASKED, TEXT, PING, PONG = 0x80, 0x81, 0x89, 0x8A  # RFC 6455, 5.2; final frames only
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Line(asyncio.Protocol, ABC):
    """A connection that is ``ready`` once it can begin, and ``cycled`` after its first cycle."""

    def __init__(self) -> None:
        running = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = running.create_future()
        self.cycled: asyncio.Future[None] = running.create_future()
        self.cycles = 0
        self.fault = ""
        self._upgraded = False
        self._data = b""

    @abstractmethod
    def begin(self) -> None:
        """Say the first thing."""

    @abstractmethod
    def opened(self) -> None:
        """The WebSocket is open."""

    @abstractmethod
    def heard(self, text: bytes) -> None:
        """The server sent a message."""

    def abort(self) -> None:
        """Hang up."""
        self._transport.abort()

    def _fail(self, fault: str) -> None:
        self.fault = fault
        self.abort()

    def say(self, text: bytes, opcode: int = TEXT) -> None:
        """Send a message of up to 125 bytes, under a mask of zeros, which changes nothing."""
        assert len(text) < 126, "longer ones have another header"
        self._transport.write(bytes((opcode, MASKED | len(text), 0, 0, 0, 0)) + text)

    def cycle(self) -> None:
        """Count one."""
        self.cycles += 1
        if self.cycles == 1:
            self.cycled.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport), "TCP gives nothing else"
        self._transport = transport
        transport.write(UPGRADE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits must not wait for ever."""
        self.fault = self.fault or f"closed by the server ({exc})"
        for future in (self.ready, self.cycled):
            if not future.done():
                future.set_exception(ConnectionError(self.fault))

    def data_received(self, data: bytes) -> None:
        """Take whatever is complete."""
        self._data += data
        if not self._upgraded:
            head, end_of_head, rest = self._data.partition(b"\r\n\r\n")
            if not end_of_head:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._upgraded, self._data = True, rest
            self.opened()
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        data = self._data
        if len(data) < 2:
            return False
        length, start = data[1], 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(data) < start:
                return False
            length = int.from_bytes(data[2:start])
        if len(data) < start + length:
            return False
        payload, self._data = data[start : start + length], data[start + length :]
        if data[0] == TEXT:
            self.heard(payload)
        elif data[0] == PING:
            self.say(payload, PONG)
        else:
            self._fail(f"frame {data[0]:#x} {payload!r}")
        return True


class Talker(Line):
    """Says the same thing again and again, as long as an answer."""

    text = encode(Answer("0" * 33, (0,))).encode()

    def opened(self) -> None:
        """That is all."""
        self.ready.set_result(None)

    def begin(self) -> None:
        """Say it."""
        self.say(self.text)

    def heard(self, text: bytes) -> None:
        """Say it again."""
        assert text == self.text, text
        self.cycle()
        self.say(text)


class Labeller(Line):
    """A worker in a seat who answers at once."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.latencies: list[float] = []  # seconds from an answer to its acknowledgement
        self._code = code

    def opened(self) -> None:
        """Greet."""
        self.say(encode(Hello(VERSION, "worker", "benchmark/1")).encode())

    def begin(self) -> None:
        """Be available."""
        self.say(encode(Begin()).encode())

    def heard(self, text: bytes) -> None:
        """Answer whatever is a task; one that was stopped had been answered already."""
        match decode_to_client(text.decode()):
            case Acknowledged(next=task):
                self.latencies.append(perf_counter() - self._answered)
                self.cycle()
                if task is not None:
                    self._answer(task)
            case TaskAssigned() as task:
                self._answer(task)
            case Welcome():
                self.say(encode(Join(self._code)).encode())
            case Joined():
                self.ready.set_result(None)
            case AssignmentStopped() | Wait():
                pass
            case other:
                self._fail(str(other))

    def _answer(self, task: TaskAssigned) -> None:
        self._answered = perf_counter()
        self.say(encode(Answer(task.assignment, (0,))).encode())


Makers = Sequence[Callable[[], Line]]
"""One client to be made per connection."""


async def connected(port: int, lines: Makers) -> list[Line]:
    """All of them, ready to begin."""
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(make: Callable[[], Line]) -> Line:
        async with gate:
            _, line = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
            await line.ready
        return line

    return await asyncio.gather(*map(one, lines))
