"""How much of a bare server's speed is left? The section ``loop`` of :mod:`.coordinator`.

Three servers side by side, each in a process of its own, under the same closed loop: every
connection says something, waits for the reply, and says the next thing at once.

* ``ours``: the coordinator with the real engine; an answer, acknowledged with the next task
* ``echo``: ``websockets`` alone, with the settings of our server
* ``commit``: the echo, but each message is a row in SQLite before it is sent back, on the disk
  (FULL), by one writer that commits together whatever came during the commit before

The clients speak just enough WebSocket to keep a server busy: with the library on both sides the
client would be half of what is measured. Shares of a core tell whether the server was the limit.
What is left out: fsync slowed to 10 ms. A disk of one's own choice comes with ``--folder``.

Run as a program, this file is one of the two bare servers.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import perf_counter, process_time
from typing import NamedTuple

import click
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clamshell_tui.protocol import VERSION
from clamshell_tui.protocol.codec import decode_to_client, encode
from clamshell_tui.protocol.messages import (
    Acknowledged,
    Answer,
    Begin,
    Hello,
    Join,
    Joined,
    Stop,
    Task,
    Wait,
    Welcome,
)
from tests.benchmarks.measuring import Bench
from tests.benchmarks.scripted_crowd import AT_A_TIME, DEADLINE, allow_sockets
from tests.benchmarks.served import cpu_of, end, served

COUNTS = (20, 200, 1000)  # connections
TMPFS = Path("/dev/shm")
ROUNDS = 2
WARM_UP = 0.3  # seconds, of what is measured by the second
MASKED, TEXT, PING, PONG = 0x80, 0x81, 0x89, 0x8A  # RFC 6455, 5.2; final frames only
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SCENARIO = """\
dataset = {{kind = "generated", records = 60_000, features = 4, classes = 10}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {size}, reserve = 0}}
tasks = {{records_per_task = 1, pool_batch_ratio = 0.05}}
"""


# -- the section ----------------------------------------------------------------------------------


class Measured(NamedTuple):
    """What one server did in one stretch; seconds, of the wall and of both processes' CPU."""

    cycles: int
    wall: float
    server: float
    client: float


def loop(bench: Bench, seconds: float = 2.0) -> None:
    """Cycles a second beside those of a bare echo, on tmpfs and on a disk."""
    disk = bench.folder or Path(gettempdir())
    for name, folder, goal in (("tmpfs", TMPFS, 0.5), ("disk", disk, 0.4)):
        click.echo(f"closed loop, Ng = 1, FULL sync, {name} ({folder})")
        for count in COUNTS:
            _compare(bench, count, folder, bench.seconds(seconds), goal if count >= 200 else None)


def _compare(bench: Bench, count: int, folder: Path, seconds: float, goal: float | None) -> None:
    found: dict[str, list[Measured]] = defaultdict(list)
    for number in range(ROUNDS):
        for name in list(CONTENDERS)[:: -1 if number % 2 else 1]:
            with CONTENDERS[name](count, folder) as (pid, lines):
                found[name].append(asyncio.run(measure(pid, *lines, seconds)))
    rates = {}
    for name in CONTENDERS:
        cycles, wall, server, client = map(sum, zip(*found[name], strict=True))
        rates[name] = cycles / wall
        click.echo(
            f"  {count:5} {name:8}{rates[name]:9.0f} cycles/s   rounds "
            + " ".join(f"{each.cycles / each.wall:7.0f}" for each in found[name])
            + f"   share of a core: server {server / wall:.2f}, client {client / wall:.2f}"
        )
    bench.figure(f"{count}: commit / echo", rates["commit"] / rates["echo"], "")
    bench.figure(f"{count}: ours / commit", rates["ours"] / rates["commit"], "")
    bench.figure(f"{count}: ours / echo", rates["ours"] / rates["echo"], "", at_least=goal)


async def measure(
    pid: int, port: int, lines: "list[Callable[[], Line]]", seconds: float
) -> Measured:
    """Connect them all, let them loose, and count for a while."""
    allow_sockets(len(lines) + 100)
    async with asyncio.timeout(DEADLINE):
        connected = await _connected(port, lines)
        for line in connected:
            line.begin()
        await asyncio.gather(*(line.cycled for line in connected))
    await asyncio.sleep(WARM_UP)
    start = perf_counter(), cpu_of(pid), process_time(), sum(line.cycles for line in connected)
    await asyncio.sleep(seconds)
    cycles = sum(line.cycles for line in connected) - start[3]
    measured = Measured(
        cycles, perf_counter() - start[0], cpu_of(pid) - start[1], process_time() - start[2]
    )
    faults = [line.fault for line in connected if line.fault]
    for line in connected:
        line.abort()
    if faults:
        raise RuntimeError(f"{len(faults)} connections failed, the first one: {faults[0]}")
    return measured


async def _connected(port: int, lines: "list[Callable[[], Line]]") -> "list[Line]":
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(make: "Callable[[], Line]") -> "Line":
        async with gate:
            _, line = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
            await line.ready
        return line

    return await asyncio.gather(*map(one, lines))


# -- the clients ----------------------------------------------------------------------------------


class Line(asyncio.Protocol):
    """A connection that is ``ready`` once it can begin, and ``cycled`` after its first cycle."""

    def __init__(self) -> None:
        running = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = running.create_future()
        self.cycled: asyncio.Future[None] = running.create_future()
        self.cycles = 0
        self.fault = ""
        self._upgraded = False
        self._data = b""

    def begin(self) -> None:
        """Say the first thing."""
        raise NotImplementedError

    def opened(self) -> None:
        """The WebSocket is open."""
        raise NotImplementedError

    def heard(self, text: bytes) -> None:
        """The server sent a message."""
        raise NotImplementedError

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
                self.cycle()
                if task is not None:
                    self._answer(task)
            case Task() as task:
                self._answer(task)
            case Welcome():
                self.say(encode(Join(self._code)).encode())
            case Joined():
                self.ready.set_result(None)
            case Stop() | Wait():
                pass
            case other:
                self._fail(str(other))

    def _answer(self, task: Task) -> None:
        self.say(encode(Answer(task.assignment, (0,))).encode())


# -- the servers ----------------------------------------------------------------------------------

Server = Iterator[tuple[int, tuple[int, list[Callable[[], Line]]]]]
"""Its process, its port, and one client to be made per connection."""


@contextmanager
def _ours(count: int, folder: Path) -> Server:
    options = ("--seats", str(count), "--max-rate", "1e9")
    with served(SCENARIO.format(size=count), *options, folder=folder) as server:
        codes = server.codes["seat"]
        yield server.pid, (server.port, [lambda code=code: Labeller(code) for code in codes])  # type: ignore[misc]  # mypy knows no defaults in lambdas


@contextmanager
def _echo(count: int, folder: Path) -> Server:
    with _bare(()) as (pid, port):
        yield pid, (port, [Talker] * count)


@contextmanager
def _commit(count: int, folder: Path) -> Server:
    with (
        TemporaryDirectory(prefix="clamshell-bench-", dir=folder) as name,
        _bare((f"{name}/run.db",)) as (pid, port),
    ):
        yield pid, (port, [Talker] * count)


CONTENDERS = {"ours": _ours, "echo": _echo, "commit": _commit}


@contextmanager
def _bare(arguments: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """This file as a program."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.closed_loop", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None, "it was started with a pipe"
        yield process.pid, int(process.stdout.readline())
    finally:
        end(process)


class GroupCommit:
    """Rows go to SQLite together, as many as came while the last ones were written."""

    def __init__(self, file: str) -> None:
        self._run = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            self._run.execute(f"PRAGMA {pragma}")
        self._run.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, as in our store
        self._run.execute("CREATE TABLE message (seq INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        self._inbox: deque[tuple[str, asyncio.Future[None]]] = deque()
        self._bell = asyncio.Event()

    def put(self, text: str) -> "asyncio.Future[None]":
        """Done once it is on the disk."""
        written = asyncio.get_running_loop().create_future()
        self._inbox.append((text, written))
        self._bell.set()
        return written

    async def write(self) -> None:
        """Go on until cancelled."""
        running = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            while True:
                await self._bell.wait()
                self._bell.clear()
                batch = list(self._inbox)
                self._inbox.clear()
                await running.run_in_executor(thread, self._commit, [(text,) for text, _ in batch])
                for _, written in batch:
                    if not written.cancelled():
                        written.set_result(None)

    def _commit(self, rows: list[tuple[str]]) -> None:
        self._run.execute("BEGIN IMMEDIATE")
        self._run.executemany("INSERT INTO message (text) VALUES (?)", rows)
        self._run.execute("COMMIT")


async def _serve_bare(file: str | None) -> None:
    """Echo until interrupted; with a file, only what is in it."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    commits = GroupCommit(file) if file else None

    async def handle(connection: ServerConnection) -> None:
        try:
            async for text in connection:
                if commits is not None:
                    await commits.put(str(text))
                await connection.send(text)
        except ConnectionClosed:
            pass

    async with serve(
        handle,
        "127.0.0.1",
        0,
        compression=None,
        max_queue=16,
        ping_interval=10.0,
        ping_timeout=10.0,
        server_header=None,
    ) as server:
        writing = asyncio.ensure_future(commits.write()) if commits else None
        print(server.sockets[0].getsockname()[1], flush=True)
        await stopped.wait()
    if writing is not None:
        writing.cancel()  # not earlier: the server waits for handlers, and they for their rows


if __name__ == "__main__":
    asyncio.run(_serve_bare(sys.argv[1] if len(sys.argv) > 1 else None))
