"""Killed at any moment: acknowledged answers are kept, and no answer is paid twice."""

import asyncio
import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest
from websockets.exceptions import ConnectionClosed

from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Authenticate, Granted
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    Over,
    Rejoin,
    TaskAssigned,
)
from tests.coordinator.process import Process, started
from tests.coordinator.wire import PETS, Talker, until

CROWD = PETS.replace("size = 2, reserve = 1", "size = 8, reserve = 0")


class Persistent:
    """A worker that labels as fast as possible, comes back after each crash, and notes every
    acknowledgement that was seen."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._token = ""
        self.acknowledged: dict[str, tuple[int, ...]] = {}
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
            elif isinstance(message, TaskAssigned):
                await talker.say(Answer(message.assignment, _labels(message.assignment)))


def _acknowledged(workers: list[Persistent]) -> int:
    return sum(len(worker.acknowledged) for worker in workers)


def _have(workers: list[Persistent], enough: int) -> bool:
    return _acknowledged(workers) >= enough


def _labels(assignment: str) -> tuple[int, ...]:
    """A worker's answers depend on the assignment only, so a repetition is equal."""
    return (int(assignment[0], 16) % 2,)


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments_no_acknowledged_label_is_lost_or_paid_twice(
    tmp_path: Path, kills: int
) -> None:
    (tmp_path / "pets.toml").write_text(CROWD)
    asyncio.run(_kill_again_and_again(tmp_path, kills))
    with open_run(tmp_path / "run.db") as file:
        assert verify(file).finished
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
    assert all(worker.over is not None for worker in workers), "all workers got a statement"
    assert _acknowledged(workers) > 20 * kills


async def _submit(process: Process, total: int) -> None:
    async with await process.connect("requester") as requester:
        await requester.ask(Authenticate(process.said["requester"][0], "r"), Granted)
        for first in range(0, total, 500):
            records = tuple(NewRecord(str(n), text=f"pet {n}") for n in range(first, first + 500))
            await requester.ask(Submit(records), Submitted)


async def _stop(process: Process) -> None:
    """Drain once all workers are back and labelling."""
    os.kill(process.process.pid, signal.SIGTERM)


def _all_kept(folder: Path, workers: list[Persistent]) -> None:
    """Every acknowledged answer is in the file, with its pay."""
    with open_run(folder / "run.db") as file:
        tables = current_tables(file).tables
    kept = {row.assignment: row.label for row in tables.answers}
    paid = {row.reason_key.partition(":")[2] for row in tables.ledger if row.kind == "records"}
    for worker in workers:
        for key, (label,) in worker.acknowledged.items():
            number = int(key[32:], 16)
            assert kept.get(number) == ("cat", "dog")[label]
            assert str(number) in paid
