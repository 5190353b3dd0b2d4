"""A scripted client and a coordinator in this process, over real sockets and a real file."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from clamshell_tui.coordinator.assemble import Options, Service
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.serve import Coordinator, opened
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.run.digest import state_digest
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.messages import (
    Authenticate,
    Granted,
    Hello,
    ToClient,
    ToServer,
    Welcome,
)
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    TaskAssigned,
)

DEADLINE = 60.0  # seconds: nothing in a test takes as long unless it is broken

PETS = """\
dataset = {kind = "wire", classes = ["cat", "dog"]}
learning.enabled = false
pool = {size = 2, reserve = 1, start_with = 0.5}
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 1}
straggler_mitigation.enabled = false
maintenance.threshold = inf
"""

Arguments = ParamSpec("Arguments")
Said = TypeVar("Said", bound=ToClient)


def story(
    told: Callable[Arguments, Coroutine[Any, Any, None]],
) -> Callable[Arguments, None]:
    """A test that is a coroutine, with a deadline instead of sleeps."""

    @functools.wraps(told)
    def test(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        async def within() -> None:
            async with asyncio.timeout(DEADLINE):
                await told(*args, **kwargs)

        asyncio.run(within())

    return test


def patient(**given: Any) -> Limits:
    """The usual limits, except those that a slow test, without heartbeats, could reach."""
    return Limits(**({"hello": DEADLINE, "silence": DEADLINE} | given))


def options_for(folder: Path, text: str = PETS, **given: Any) -> Options:
    """A coordinator on a free port with seats for three people and two bots."""
    defaults: dict[str, Any] = {
        "scenario": parse_scenario(text, "pets.toml", default_name="pets"),
        "base": folder,
        "db": folder / "run.db",
        "port": 0,
        "seats": 3,
        "bot_seats": 2,
        "headless": True,
        "linger": 5.0,
        "limits": patient(),
    }
    return Options(**(defaults | given))


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition that has no event; the test's deadline is the limit."""
    while not true():  # noqa: ASYNC110  # no event reports it
        await asyncio.sleep(0.001)


class Talker:
    """One connection; decodes strictly, as a client should."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, message: ToServer) -> None:
        await self.socket.send(encode(message))

    async def hear(self) -> ToClient:
        frame = await self.socket.recv()
        return decode_to_client(frame)

    async def hear_a(self, kind: type[Said]) -> Said:
        """The next message, which must be of this kind."""
        message = await self.hear()
        assert isinstance(message, kind), message
        return message

    async def hear_until(self, kind: type[Said]) -> Said:
        """The next message of this kind; others before it are passed over."""
        while True:
            message = await self.hear()
            if isinstance(message, kind):
                return message

    async def ask(self, message: ToServer, kind: type[Said]) -> Said:
        await self.say(message)
        return await self.hear_until(kind)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()


async def label(worker: Talker, task: TaskAssigned, times: int) -> TaskAssigned:
    """Answer as often as that, each time when the answer before is acknowledged."""
    for number in range(times):
        done = await worker.ask(Answer(task.assignment, (number % 2,)), Acknowledged)
        task = done.next or await worker.hear_until(TaskAssigned)
    return task


def right(records: Sequence[Record]) -> tuple[int, ...]:
    """The true labels sent to a bot."""
    return tuple(record.truth or 0 for record in records)


async def answer_rightly(bot: Talker, task: TaskAssigned, times: int) -> None:
    """A bot's answers to this task and to those that follow it."""
    for _ in range(times):
        done = await bot.ask(Answer(task.assignment, right(task.records)), Acknowledged)
        task = done.next or await bot.hear_until(TaskAssigned)


class Place:
    """A running coordinator, and how to get in."""

    def __init__(self, coordinator: Coordinator[Service]) -> None:
        self.coordinator = coordinator
        self.run = coordinator.service.run
        self.run_loop = coordinator.service.run_loop
        self.port = coordinator.address.port
        self.secrets: dict[str, list[str]] = {}
        for line in coordinator.lines:
            word, _, rest = line.partition(" ")
            self.secrets.setdefault(word, []).append(rest)

    @property
    def digest(self) -> str:
        """Digest of the engine's state."""
        return state_digest(self.run.engine)

    def engine_worker(self, joined: Joined) -> Worker:
        """The engine's worker of a seat."""
        return self.run.engine.state.pool.workers[WorkerId(joined.worker)]

    async def turn(self) -> None:
        """Let the owner take in what was said up to now, and commit it."""
        taken = asyncio.Event()
        self.run_loop.call(lambda now: self.run.effects.append(taken.set))
        await taken.wait()

    async def dial(self, **options: Any) -> ClientConnection:
        return await connect(
            f"ws://127.0.0.1:{self.port}", compression=None, ping_interval=None, **options
        )

    async def connect(self, role: Any = "worker") -> Talker:
        talker = Talker(await self.dial())
        await talker.say(Hello(VERSION, role, "test/1"))
        await talker.hear_a(Welcome)
        return talker

    def code(self, kind: str = "seat") -> str:
        """An unused code."""
        return self.secrets[kind].pop(0)

    async def join(self, kind: str = "seat") -> tuple[Talker, Joined]:
        talker = await self.connect()
        return talker, await talker.ask(Join(self.code(kind)), Joined)

    async def begun(self, worker: Talker) -> TaskAssigned:
        """The first task of a worker that has joined."""
        await worker.say(Begin())
        return await worker.hear_until(TaskAssigned)

    async def worker(self, kind: str = "seat") -> Talker:
        """A worker that has begun."""
        talker, _ = await self.join(kind)
        await talker.say(Begin())
        return talker

    async def working(self, kind: str = "seat") -> tuple[Talker, TaskAssigned]:
        """A worker with a task in hand."""
        talker = await self.worker(kind)
        return talker, await talker.hear_until(TaskAssigned)

    async def staff(self, role: str, name: str = "ann") -> Talker:
        """An authenticated operator or requester."""
        talker = await self.connect(role)
        await talker.ask(Authenticate(self.secrets[role][0], name), Granted)
        return talker

    async def submit(self, *texts: str, last: bool = True) -> None:
        """Records named after their texts."""
        async with await self.staff("requester") as requester:
            records = tuple(NewRecord(text[:20], text=text) for text in texts)
            await requester.ask(Submit(records, last), Submitted)


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[Place]:
    """A coordinator that serves until the block ends, or its run does."""
    async with opened(options) as coordinator:
        serving = asyncio.create_task(coordinator.service.until_over(coordinator.server))
        place = Place(coordinator)
        await place.turn()  # so that the engine has looked at the clock once
        try:
            yield place
        finally:
            coordinator.service.run_loop.stop()
            await serving
