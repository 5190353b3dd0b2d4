"""However it ends, it ends: soon, with the right code, and with nothing left behind."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from clamshell_tui.coordinator.lock_file import lock_path
from clamshell_tui.wire.messages import Authenticate, Granted
from clamshell_tui.wire.operator_messages import Done, JournalRead, Order, ReadJournal
from clamshell_tui.wire.requester_messages import Follow
from clamshell_tui.wire.worker_messages import Begin, Join, Joined, Wait
from tests.coordinator.process import COMMAND, Process
from tests.coordinator.wire import PETS, Talker, story

ANNOUNCED = (
    b"clamshell: ending when the tasks in hand are done, in 60 s at the latest. SIGTERM again, or "
    b"Ctrl-C, stops immediately\n"
)
SOON = 30.0  # seconds: three are promised, a busy machine gets more, and a hang never ends
LEARNING = """\
dataset = {kind = "generated", records = 80, features = 4}
pool = {size = 1, reserve = 0}
"""
Kept = list[object]
Deed = Callable[[Process, Kept], Awaitable[None]]


@asynccontextmanager
async def started(folder: Path, *options: str) -> AsyncIterator[Process]:
    """As a user starts it; what it complains of is kept for the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COMMAND, "serve", str(folder / "pets.toml")),
        *("--db", str(folder / "run.db"), "--headless", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said: dict[str, list[str]] = {}
    assert process.stdout is not None
    try:
        while "ready" not in said and (line := (await process.stdout.readline()).decode()):
            word, _, rest = line.strip().partition(" ")
            said.setdefault(word, []).append(rest)
        yield Process(process, said)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns when collected


# Situations in which a signal arrives; each returns objects that must stay alive meanwhile.


async def nobody(process: Process, kept: Kept) -> None:
    pass


async def a_worker_who_waits(process: Process, kept: Kept) -> None:
    worker = await _seated(process, kept)
    await worker.say(Begin())
    await worker.hear_until(Wait)


async def a_worker_who_reads_the_instructions(process: Process, kept: Kept) -> None:
    await _seated(process, kept)


async def a_worker_who_does_not_read(process: Process, kept: Kept) -> None:
    await a_worker_who_waits(process, kept)
    worker = kept[-1]
    assert isinstance(worker, Talker)
    worker.socket.transport.pause_reading()


async def a_worker_who_is_away(process: Process, kept: Kept) -> None:
    await a_worker_who_waits(process, kept)
    worker = kept.pop()
    assert isinstance(worker, Talker)
    await worker.socket.close()


async def a_pause(process: Process, kept: Kept) -> None:
    await a_worker_who_waits(process, kept)
    operator = await _staff(process, "operator", kept)
    await operator.ask(Order("pause"), Done)


async def an_operator_who_watches(process: Process, kept: Kept) -> None:
    operator = await _staff(process, "operator", kept)
    await operator.ask(ReadJournal(), JournalRead)


async def an_operator_who_does_not_read(process: Process, kept: Kept) -> None:
    operator = await _staff(process, "operator", kept)
    await operator.ask(ReadJournal(), JournalRead)
    operator.socket.transport.pause_reading()


async def a_requester_who_follows(process: Process, kept: Kept) -> None:
    requester = await _staff(process, "requester", kept)
    await requester.say(Follow())


async def a_socket_that_says_nothing(process: Process, kept: Kept) -> None:
    kept.append(socket.create_connection(("127.0.0.1", process.port)))


async def a_handshake_that_never_ends(process: Process, kept: Kept) -> None:
    stranger = socket.create_connection(("127.0.0.1", process.port))
    stranger.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    kept.append(stranger)


async def somebody_without_a_seat(process: Process, kept: Kept) -> None:
    kept.append(await process.connect())


async def a_trainer_that_hangs(process: Process, kept: Kept) -> None:
    os.kill(_trainer_of(process), signal.SIGSTOP)


async def a_trainer_that_died(process: Process, kept: Kept) -> None:
    os.kill(_trainer_of(process), signal.SIGKILL)


def _trainer_of(process: Process) -> int:
    pid = process.process.pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


async def _seated(process: Process, kept: Kept) -> Talker:
    worker = await process.connect()
    kept.append(worker)
    await worker.ask(Join(process.said["seat"][0]), Joined)
    return worker


async def _staff(process: Process, role: str, kept: Kept) -> Talker:
    staff = await process.connect(role)
    kept.append(staff)
    await staff.ask(Authenticate(process.said[role][0], "ann"), Granted)
    return staff


def _let_go(one: object) -> None:
    if isinstance(one, Talker):
        one.socket.transport.abort()
    elif isinstance(one, socket.socket):
        one.close()


TERM = (signal.SIGTERM,)
PATHS: list[tuple[Deed, tuple[signal.Signals, ...], str]] = [
    (nobody, TERM, PETS),
    (nobody, (signal.SIGINT,), PETS),
    (nobody, (signal.SIGTERM, signal.SIGTERM), PETS),
    (nobody, TERM, LEARNING),
    (a_worker_who_waits, TERM, PETS),
    (a_worker_who_reads_the_instructions, TERM, PETS),
    (a_worker_who_does_not_read, TERM, PETS),
    (a_worker_who_is_away, TERM, PETS),
    (a_pause, TERM, PETS),
    (an_operator_who_watches, TERM, PETS),
    (an_operator_who_does_not_read, TERM, PETS),
    (a_requester_who_follows, TERM, PETS),
    (a_socket_that_says_nothing, TERM, PETS),
    (a_handshake_that_never_ends, TERM, PETS),
    (somebody_without_a_seat, TERM, PETS),
    (a_trainer_that_hangs, TERM, LEARNING),
    (a_trainer_that_died, TERM, LEARNING),
]


QUICK = {nobody, a_worker_who_does_not_read}
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("deed", "signals", "scenario"),
    [
        pytest.param(
            deed,
            signals,
            scenario,
            id=f"{deed.__name__}-{'-'.join(number.name for number in signals)}",
            marks=() if deed in QUICK and (signals, scenario) == (TERM, PETS) else SLOW,
        )
        for deed, signals, scenario in PATHS
    ],
)
@story
async def test_it_is_gone_soon_after_a_signal(
    tmp_path: Path, deed: Deed, signals: tuple[signal.Signals, ...], scenario: str
) -> None:
    (tmp_path / "pets.toml").write_text(scenario)
    kept: Kept = []
    async with started(tmp_path) as process:
        await deed(process, kept)
        began = time.perf_counter()
        for number in signals:
            process.process.send_signal(number)
        _, told = await process.process.communicate()
        seconds = time.perf_counter() - began
        for one in kept:
            _let_go(one)
    code = process.process.returncode
    assert seconds < SOON, f"{seconds:.1f} s"
    assert told == (ANNOUNCED if TERM[0] in signals else b"")
    assert code in ({0} if signals == TERM else {0, 128 + signals[0]})
    assert not lock_path(tmp_path / "run.db").exists()
    assert not (tmp_path / "run.db-wal").exists(), "all is in the run file"


@pytest.mark.parametrize(
    "after", [0.0, *(pytest.param(after, marks=SLOW) for after in (0.15, 0.3, 0.6, 1.0))]
)
@story
async def test_a_signal_while_it_starts_is_heard(tmp_path: Path, after: float) -> None:
    (tmp_path / "pets.toml").write_text(LEARNING)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COMMAND, "serve", str(tmp_path / "pets.toml")),
        *("--db", str(tmp_path / "run.db"), "--headless", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(after)  # the moment is the test
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    said, told = await process.communicate()
    assert time.perf_counter() - began < SOON
    assert (process.returncode in {-15, 143, 0}, told) == (True, b"")
    left = set(os.listdir(tmp_path))
    assert left == {"pets.toml", "run.db"} if b"ready" in said else left == {"pets.toml"}


@pytest.mark.parametrize(
    ("make", "options", "code"),
    [
        ("", (), 2),
        ("", ("--lan", "--host", "192.0.2.77"), 3),
        pytest.param("run.db", (), 2, marks=SLOW),
        pytest.param("run.db-open", (), 3, marks=SLOW),
    ],
)
@story
async def test_a_start_that_fails_ends_at_once(
    tmp_path: Path, make: str, options: tuple[str, ...], code: int
) -> None:
    data = 'dataset = {kind = "csv", path = "gone.csv", text = "t", label = "l"}\n'
    (tmp_path / "pets.toml").write_text(data)
    if make == "run.db":
        (tmp_path / make).write_text("no run")
    elif make:
        (tmp_path / make).mkdir()
    async with started(tmp_path, *options) as process:
        assert not process.said
        _, told = await process.process.communicate()
    assert (process.process.returncode, told.count(b"\n")) == (code, 1), told
