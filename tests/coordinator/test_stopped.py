"""A coordinator that is stopped for a while, as by a closed lid or SIGSTOP."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from clamshell_tui.core.commands import Withdraw
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import (
    AssignmentAnswered,
    ClockStopped,
    WorkerDisconnected,
    WorkerReconnected,
)
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Authenticate, Granted
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Over,
    TaskAssigned,
    Wait,
)
from tests.coordinator.process import started
from tests.coordinator.wire import PETS, Talker, story

STOP = 4.0  # seconds; the lease is shorter at this speed
SPEED = 20.0


async def beat(worker: Talker) -> None:
    """Send heartbeats, also while nobody reads them."""
    with suppress(Exception):
        while True:
            await worker.say(Heartbeat())
            await asyncio.sleep(0.5)


@story
async def test_a_stop_moves_leases_and_nobody_is_disconnected_or_blamed(tmp_path: Path) -> None:
    scenario = PETS.replace("records_per_task = 1", "records_per_task = 1, lease = 60.0")
    (tmp_path / "pets.toml").write_text(scenario.replace("reserve = 1", "reserve = 1, grace = 30"))
    async with started(tmp_path, "--speed", f"{SPEED:g}") as process:
        requester = await process.connect("requester")
        await requester.ask(Authenticate(process.said["requester"][0], "r"), Granted)
        records = tuple(NewRecord(name, text=name) for name in ("meow", "woof"))
        await requester.ask(Submit(records, last=True), Submitted)
        await requester.socket.close()
        busy, slow = [await process.connect() for _ in range(2)]
        tasks = []
        for worker, code in zip((busy, slow), process.said["seat"], strict=False):
            await worker.ask(Join(code), Joined)
            await worker.say(Begin())
        tasks = [await worker.hear_until(TaskAssigned) for worker in (busy, slow)]
        beating = [asyncio.create_task(beat(worker)) for worker in (busy, slow)]
        os.kill(process.process.pid, signal.SIGSTOP)
        await busy.say(Answer(tasks[0].assignment, (0,)))
        await asyncio.sleep(STOP)
        os.kill(process.process.pid, signal.SIGCONT)
        assert (await busy.hear_until(Acknowledged)).outcome == "counted"
        await slow.say(Answer(tasks[1].assignment, (1,)))
        assert (await slow.hear_until(Acknowledged)).outcome == "counted"
        await asyncio.gather(*(worker.hear_until(Over) for worker in (busy, slow)))
        for task in beating:
            task.cancel()
        for worker in (busy, slow):
            await worker.socket.close()
        assert await process.end() == 0
    with open_run(tmp_path / "run.db") as file:
        verify(file)
        events = list(file.events())
        (stop,) = [(at, event) for at, event in events if isinstance(event, ClockStopped)]
        assert abs(stop[1].seconds / SPEED - STOP) < 3.0
        answers = [at for at, event in events if isinstance(event, AssignmentAnswered)]
        assert all(stop[0] <= at for at in answers), "what was sent meanwhile is read after it"
        lost = (WorkerDisconnected, WorkerReconnected)
        assert not [event for _, event in events if isinstance(event, lost)]
        engine = Engine(config_of(file))
        said = [command for at, event in events for command in engine.handle(event, at)]
        assert not [command for command in said if isinstance(command, Withdraw)]


@story
async def test_who_gave_up_the_connection_meanwhile_comes_back_unblamed(tmp_path: Path) -> None:
    (tmp_path / "pets.toml").write_text(PETS.replace("reserve = 1", "reserve = 1, grace = 5"))
    async with started(tmp_path) as process:
        worker = await process.connect()
        joined = await worker.ask(Join(process.said["seat"][0]), Joined)
        await worker.ask(Begin(), Wait)
        os.kill(process.process.pid, signal.SIGSTOP)
        worker.socket.transport.abort()
        await asyncio.sleep(STOP)
        os.kill(process.process.pid, signal.SIGCONT)
        back = await process.connect()
        assert (await back.ask(Join(process.said["seat"][0]), Joined)).worker == joined.worker
        await back.hear_until(Wait)
        await back.ask(Leave(), Over)
        process.process.kill()
    with open_run(tmp_path / "run.db") as file:
        events = [event for _, event in file.events()]
        (lost,) = [event for event in events if isinstance(event, WorkerDisconnected)]
        assert lost.ours
