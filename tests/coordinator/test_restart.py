"""Crashes: what was acknowledged is there, nobody is paid twice, and the run goes on."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from clamshell_tui.coordinator.claim import claim_file
from clamshell_tui.coordinator.live import Options
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.protocol import VERSION
from clamshell_tui.protocol.messages import Authenticate, Granted, Hello, Welcome
from clamshell_tui.protocol.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.protocol.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    Over,
    Qualification,
    Rejoin,
    Task,
    Train,
    Wait,
)
from clamshell_tui.runfile import open_run
from clamshell_tui.scenario.replay import verify
from tests.coordinator.wire import (
    PETS,
    Talker,
    answer_rightly,
    options_for,
    right,
    running,
    story,
    until,
)

GENERATED = """\
dataset = {kind = "generated", records = 80, features = 4, difficulty = 0.0}
requester.gold = 4
qualification = {records = 2, pass_mark = 0.5}
pool = {size = 1, reserve = 0}
tasks.records_per_task = 2
"""
STREAM = """\
dataset = {kind = "csv", path = "pets.csv", text = "text", label = "label"}
requester = {mode = "stream", per_minute = 600.0, initial = 2, gold = 4}
qualification.enabled = false
learning.enabled = false
pool.size = 2
"""
BARRIER = PETS.replace("records_per_task = 1", 'records_per_task = 1, batching = "barrier"')
CROWD = PETS.replace("size = 2, reserve = 1", "size = 8, reserve = 0")
COMMAND = "import sys; from clamshell_tui.cli import main; sys.exit(main(sys.argv[1:]))"


@story
async def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    pets = options_for(tmp_path, BARRIER)
    async with running(pets) as place:
        await place.submit("meow", "woof", "grr")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(Task)
        done = await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert done.next is not None
        owed, secrets = done.owed_micros, place.secrets
        other = await place.worker()  # waits, and is paid for it
        await other.hear_until(Wait)  # the first batch is one task, for whoever was there
    async with running(pets) as place:
        assert [line.split()[0] for line in place.coordinator.lines] == [
            "listening",
            "operator",
            "requester",
        ], "codes that were issued before are still good"
        async with await place.connect() as returned:
            again = await returned.ask(Rejoin(joined.token), Joined)
            assert (again.worker, again.begun) == ("P001", True)
            offered = await returned.hear_a(Task)
            assert (offered.assignment, offered.records) == (
                done.next.assignment,
                done.next.records,
            )
            first = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
            assert (first.outcome, first.micros) == ("repeated", 20_000)
            answered = Answer(offered.assignment, (1,))
            last = await returned.ask(answered, Acknowledged)
            assert (last.outcome, last.owed_micros >= owed + 20_000) == ("counted", True)
        place.secrets = secrets
        newcomer, _ = await place.join()
        assert newcomer


@story
async def test_records_that_came_over_the_wire_are_there_after_a_restart(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        secrets = place.secrets
    async with running(pets) as place:
        place.secrets = secrets
        assert len(place.run.catalogue) == 2
        async with await place.staff("requester") as requester:
            again = (NewRecord("meow", text="meow"), NewRecord("new", text="new"))
            submitted = await requester.ask(Submit(again), Submitted)
            assert (submitted.accepted, submitted.total) == (2, 3)
        _, task = await place.working()
        assert task.records[0].text in {"meow", "woof", "new"}


@story
async def test_a_crash_costs_a_worker_no_pay_and_gives_at_most_a_tick(pets: Options) -> None:
    async with running(pets) as place:
        worker, joined = await place.join()
        await worker.ask(Begin(), Wait)
        await place.turn()
        worker.socket.transport.abort()
        paid_until = place.run.engine.now
    # The process ended without telling the journal that the worker's connection is gone, or just
    # after: either way the interval is closed no earlier than the last entry.
    async with running(pets) as place:
        engine = place.run.engine
        found = place.engine_worker(joined)
        assert not found.connected
        price = engine.state.ledger.time(found.joined, paid_until)
        most = engine.state.ledger.time(found.joined, paid_until + 5.0 + 1.0)
        assert price <= found.owed <= most


@story
async def test_another_scenario_is_not_mixed_into_a_run(pets: Options) -> None:
    async with running(pets):
        pass
    other = options_for(pets.base, PETS + "pay.per_record = 1.0\n")
    with pytest.raises(InputError, match=r"run\.db is a run of pets with other settings"):
        async with running(other):
            pass


@story
async def test_a_second_coordinator_on_the_same_file_is_refused(pets: Options) -> None:
    async with running(pets) as place:
        holder = rf"run already open by pid {os.getpid()} on host \S+ since \d\d:\d\d \(run\.db\)"
        with pytest.raises(EnvironmentFaultError, match=holder):
            async with running(pets):
                pass
        assert (await place.connect()) is not None
    assert not claim_file(pets.db).exists()


@story
async def test_a_file_that_was_made_and_never_written_is_begun(pets: Options) -> None:
    pets.db.touch()
    async with running(pets) as place:
        assert await place.join()


@story
async def test_a_table_that_was_tampered_with_is_noticed(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
    with sqlite3.connect(pets.db) as connection:
        connection.execute("UPDATE label SET label = 'dog'")
    connection.close()
    with pytest.raises(EnvironmentFaultError, match="its labels are not what its journal says"):
        async with running(pets):
            pass


@pytest.mark.slow
@story
async def test_the_model_goes_on_learning_from_all_labels_after_a_restart(tmp_path: Path) -> None:
    options = options_for(tmp_path, GENERATED, seats=0)
    async with running(options) as place:
        bot, joined = await place.join("bot")
        await bot.say(Begin())
        train = await bot.hear_until(Train)
        await bot.say(Qualification(right(train.records)))
        await answer_rightly(bot, await bot.hear_until(Task), times=2)
    async with running(options) as place, await place.connect() as bot:
        before = len(place.run.deliveries)
        assert before == 4
        await bot.ask(Rejoin(joined.token), Joined)
        await answer_rightly(bot, await bot.hear_until(Task), times=2)
        await until(lambda: place.run.engine.retraining.labels_used >= before + 2)


@pytest.mark.slow
@story
async def test_a_stream_of_records_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text(
        "text,label\n" + "".join(f"pet {n},{'cat' if n % 2 else 'dog'}\n" for n in range(40))
    )
    options = options_for(tmp_path, STREAM, speed=10.0)
    async with running(options) as place:
        await until(lambda: place.run.engine.state.records.submitted >= 10)
    assert place.run.engine.state.records.submitted < 40
    async with running(options) as place:
        await until(lambda: place.run.engine.state.records.submitted == 40)
        assert not place.run.engine.state.submission_open
        assert len(place.run.engine.state.gold) == 4


@pytest.mark.slow
@story
async def test_other_records_than_the_run_began_with_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "pets.csv"
    data.write_text("text,label\n" + "".join(f"pet {n},{'cd'[n % 2]}\n" for n in range(40)))
    options = options_for(tmp_path, STREAM, speed=10.0)
    async with running(options):
        pass
    data.write_text(data.read_text().replace("pet 7", "pet 77"))
    with pytest.raises(InputError, match=r"records of pets\.csv have changed since run\.db began"):
        async with running(options):
            pass


# A coordinator in a process of its own, to be killed


class Process:
    """``clamshell serve`` as a user runs it."""

    def __init__(self, process: asyncio.subprocess.Process, said: dict[str, list[str]]) -> None:
        self.process = process
        self.said = said

    @property
    def port(self) -> int:
        return int(self.said["listening"][0].split()[1])

    async def connect(self, role: Any = "worker") -> Talker:
        socket = await connect(f"ws://127.0.0.1:{self.port}", compression=None, ping_interval=None)
        talker = Talker(socket)
        await talker.say(Hello(VERSION, role))
        await talker.hear_a(Welcome)
        return talker

    async def end(self) -> int:
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def started(
    folder: Path, *options: str, watch: tuple[str, ...] = ()
) -> AsyncIterator[Process]:
    """``watch`` is a command that runs others, and watches them."""
    process = await asyncio.create_subprocess_exec(
        *watch,
        sys.executable,
        "-c",
        COMMAND,
        *("serve", str(folder / "pets.toml"), "--db", str(folder / "run.db")),
        *("--headless", "--port", "0", "--linger", "1", "--max-rate", "10000", *options),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said: dict[str, list[str]] = {}
    try:
        while "ready" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, "it ended before it was ready"
            word, _, rest = line.strip().partition(" ")
            said.setdefault(word, []).append(rest)
        yield Process(process, said)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns when collected


class Persistent:
    """A worker who labels as fast as possible, comes back after each crash, and notes every
    acknowledgement that was seen."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._token = ""
        self.acknowledged: dict[str, tuple[int, ...]] = {}
        self.micros: dict[str, int] = {}
        self.over: Over | None = None

    async def work(self, process: Process) -> None:
        """Until the connection breaks, or the run is over."""
        with suppress(ConnectionClosed, OSError):
            async with await process.connect() as talker:
                await self._sit(talker)
                await self._answer_all(talker)

    async def _sit(self, talker: Talker) -> None:
        if self._token:
            await talker.ask(Rejoin(self._token), Joined)
        else:
            self._token = (await talker.ask(Join(self._code), Joined)).token
        await talker.say(Begin())

    async def _answer_all(self, talker: Talker) -> None:
        while self.over is None:
            message = await talker.hear()
            if isinstance(message, Acknowledged):
                labels = _labels(message.assignment)
                if message.assignment in self.acknowledged:
                    assert message.outcome == "repeated"
                self.acknowledged[message.assignment] = labels
                message = message.next or message
            if isinstance(message, Over):
                self.over = message
            elif isinstance(message, Task):
                await talker.say(Answer(message.assignment, _labels(message.assignment)))


def _acknowledged(workers: list[Persistent]) -> int:
    return sum(len(worker.acknowledged) for worker in workers)


def _have(workers: list[Persistent], enough: int) -> bool:
    return _acknowledged(workers) >= enough


def _labels(assignment: str) -> tuple[int, ...]:
    """What a worker answers depends on the assignment alone, so a repetition is the same."""
    return (int(assignment[0], 16) % 2,)


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments_no_acknowledged_label_is_lost_or_paid_twice(
    tmp_path: Path, kills: int
) -> None:
    (tmp_path / "pets.toml").write_text(CROWD)
    asyncio.run(_kill_again_and_again(tmp_path, kills))
    with open_run(tmp_path / "run.db") as file:
        assert verify(file).recorded
        pays = file.connection.execute(
            "SELECT assignment.id, SUM(assignment.micros), COUNT(*) FROM assignment "
            "WHERE state = 'completed' GROUP BY task"
        ).fetchall()
        assert all((micros, count) == (20_000, 1) for _, micros, count in pays)
        booked = file.connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT reason_key) FROM ledger"
        ).fetchone()
        assert booked[0] == booked[1]


async def _kill_again_and_again(folder: Path, kills: int) -> None:
    rng = Random(kills)
    workers: list[Persistent] = []
    total = 400 * kills
    async with asyncio.timeout(20 * kills):
        for number in range(kills + 1):
            async with started(folder, "--seats", "8") as process:
                if not workers:
                    workers = [Persistent(code) for code in process.said["seat"]]
                    await _submit(process, total)
                working = asyncio.gather(*(worker.work(process) for worker in workers))
                if number < kills:
                    enough = _acknowledged(workers) + rng.randint(21, 60)
                    await until(partial(_have, workers, enough))
                    await asyncio.sleep(rng.uniform(0.0, 0.02))  # the moment is the test
                    process.process.send_signal(signal.SIGKILL)
                    await working
                else:
                    await _stop(process)
                    await working
                    assert await process.end() == 0
            await asyncio.to_thread(_all_kept, folder, workers)
    assert all(worker.over is not None for worker in workers), "everybody got a statement"
    assert _acknowledged(workers) > 20 * kills


async def _submit(process: Process, total: int) -> None:
    async with await process.connect("requester") as requester:
        await requester.ask(Authenticate(process.said["requester"][0], "r"), Granted)
        for first in range(0, total, 500):
            records = tuple(NewRecord(str(n), text=f"pet {n}") for n in range(first, first + 500))
            await requester.ask(Submit(records), Submitted)


async def _stop(process: Process) -> None:
    """Once everybody is back and labelling, drain."""
    os.kill(process.process.pid, signal.SIGTERM)


def _all_kept(folder: Path, workers: list[Persistent]) -> None:
    """Every answer that somebody saw acknowledged is in the file, with its pay."""
    with open_run(folder / "run.db") as file:
        kept = dict(
            file.connection.execute(
                "SELECT assignment, label FROM answer WHERE counted = 1 OR counted = 0"
            ).fetchall()
        )
    for worker in workers:
        for key, (label,) in worker.acknowledged.items():
            assert kept.get(int(key[32:], 16)) == ("cat", "dog")[label]
