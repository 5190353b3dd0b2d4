"""Workers without a screen or a mind of their own, all in this process, over real WebSockets."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from time import perf_counter
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.messages import (
    Authenticate,
    Error,
    Granted,
    Hello,
    ToClient,
    ToServer,
    Welcome,
)
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Heartbeat,
    Join,
    Joined,
    Over,
    TaskAssigned,
    Wait,
)
from tests.benchmarks.served import Served

AT_A_TIME = 40  # connections being made, which a crowd does not do all at once either
CHUNK = 400  # records of a submission: well below the longest frame
DEADLINE = 60.0  # seconds within which everybody has a seat

Said = TypeVar("Said", bound=ToClient)

Thought = Callable[[], float]
"""Seconds that a worker thinks about a task."""


class Tally:
    """What a crowd met with. Latencies are pairs: when the answer was sent, and seconds."""

    def __init__(self) -> None:
        self.with_next: list[tuple[float, float]] = []
        self.without_next: list[tuple[float, float]] = []
        self.outcomes: Counter[str] = Counter()
        self.errors: list[str] = []
        self.counted: dict[str, tuple[int, ...]] = {}

    def acknowledged(self, message: Acknowledged, labels: tuple[int, ...], sent: float) -> None:
        """Note one round trip."""
        latencies = self.without_next if message.next is None else self.with_next
        latencies.append((sent, perf_counter() - sent))
        self.outcomes[message.outcome] += 1
        if message.outcome == "counted":
            self.counted[message.assignment] = labels

    def between(self, spans: Sequence[tuple[float, float]], *, ended: bool = True) -> list[float]:
        """Latencies of answers sent in the spans; those that got no task are left out on demand."""
        pairs = self.with_next + (self.without_next if ended else [])
        return [s for at, s in pairs if any(start <= at < end for start, end in spans)]


class ScriptedWorker:
    """One seat. Answers each task after a thought, the truth if told, else anything."""

    def __init__(self, tally: Tally, thought: Thought, rng: Random) -> None:
        self._tally = tally
        self._thought = thought
        self._rng = rng
        self._task: TaskAssigned | None = None
        self._sent: dict[str, tuple[float, tuple[int, ...]]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._classes = 0
        self.joined = asyncio.Event()
        self.busy = asyncio.Event()
        """Whether there was a first task."""

    async def work(self, socket: ClientConnection, code: str) -> None:
        """Join and go on until cancelled; whatever ends it earlier is an error."""
        self._socket = socket
        try:
            joined = await ask(socket, Join(code), Joined)
            self._classes = len(joined.classes)
            self._beat(joined.heartbeat)
            await socket.send(encode(Begin()))
            self.joined.set()
            async for frame in socket:
                await self._take(decode_to_client(frame))
            self._tally.errors.append("closed by the coordinator")
        except ConnectionClosed as closed:
            self._tally.errors.append(str(closed))
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _beat(self, every: float) -> None:
        """Send heartbeats as real clients do; the first one at any time, or all come at once."""
        loop = asyncio.get_running_loop()
        if "beat" in self._timers:
            self._say(Heartbeat())
            wait = every
        else:
            wait = self._rng.uniform(0, every)
        self._timers["beat"] = loop.call_later(wait, self._beat, every)

    async def _take(self, message: ToClient) -> None:
        match message:
            case Acknowledged():
                sent, labels = self._sent.pop(message.assignment)
                self._tally.acknowledged(message, labels, sent)
                if message.next is not None:
                    await self._begin(message.next)
            case TaskAssigned():
                await self._begin(message)
            case AssignmentStopped():
                if self._task is not None and self._task.assignment == message.assignment:
                    self._task = None
                    self._timers["think"].cancel()
            case Error() | Over():
                self._tally.errors.append(str(message))
            case Wait():
                pass
            case _:
                self._tally.errors.append(f"unexpected {type(message).__name__}")

    async def _begin(self, task: TaskAssigned) -> None:
        self.busy.set()
        self._task = task
        seconds = self._thought()
        if seconds:
            loop = asyncio.get_running_loop()
            self._timers["think"] = loop.call_later(seconds, self._answer)
        else:
            await self._socket.send(encode(self._answered()))

    def _answer(self) -> None:
        self._say(self._answered())

    def _answered(self) -> Answer:
        task, self._task = self._task, None
        assert task is not None, "the timer is cancelled with the task"
        labels = tuple(
            self._rng.randrange(self._classes) if record.truth is None else record.truth
            for record in task.records
        )
        self._sent[task.assignment] = perf_counter(), labels
        return Answer(task.assignment, labels)

    def _say(self, message: ToServer) -> None:
        sending = asyncio.ensure_future(self._send(message))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, message: ToServer) -> None:
        with suppress(ConnectionClosed):  # the one who listens notes it
            await self._socket.send(encode(message))


@asynccontextmanager
async def crowd(
    server: Served, count: int, tally: Tally, thought: Callable[[Random], float], seat: str = "seat"
) -> AsyncIterator[None]:
    """So many workers, all of whom have had a task when the block begins."""
    allow_sockets(2 * count + 100)
    gate, workers = asyncio.Semaphore(AT_A_TIME), []
    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            rng = Random(number)
            worker = ScriptedWorker(tally, lambda rng=rng: thought(rng), rng)  # type: ignore[misc]  # mypy knows no defaults in lambdas
            workers.append(worker)
            code = server.codes[seat].pop()
            tasks.append(group.create_task(_one(server, worker, code, gate)))
        try:
            async with asyncio.timeout(DEADLINE):
                for worker in workers:
                    await worker.busy.wait()
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _one(server: Served, worker: ScriptedWorker, code: str, gate: asyncio.Semaphore) -> None:
    async with gate:
        socket = await dial(server, "worker")
    try:
        await worker.work(socket, code)
    finally:
        socket.transport.abort()


def allow_sockets(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count)), hard))


async def dial(server: Served, role: str) -> ClientConnection:
    """A connection that was greeted."""
    socket = await connect(
        f"ws://127.0.0.1:{server.port}", compression=None, ping_interval=None, max_size=None
    )
    await ask(socket, Hello(VERSION, role, "benchmark/1"), Welcome)  # type: ignore[arg-type]  # roles are spelt by us
    return socket


async def staff(server: Served, role: str) -> ClientConnection:
    """An operator or a requester, authenticated."""
    socket = await dial(server, role)
    await ask(socket, Authenticate(server.codes[role][0]), Granted)
    return socket


async def ask(socket: ClientConnection, message: ToServer, kind: type[Said]) -> Said:
    """Say something and wait for the reply, which must be of this kind."""
    await socket.send(encode(message))
    reply = decode_to_client(await socket.recv())
    assert isinstance(reply, kind), reply
    return reply


async def submit(server: Served, count: int) -> None:
    """So many short texts, as a requester."""
    requester = await staff(server, "requester")
    for first in range(0, count, CHUNK):
        last = min(count, first + CHUNK)
        records = tuple(
            NewRecord(f"{n}", text=f"record-{n:06} is a text as short as a tweet, and as dull")
            for n in range(first, last)
        )
        await ask(requester, Submit(records, last == count), Submitted)
    await requester.close()
