"""A replica over the wire: the same run, through restarts of the coordinator too."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from clamshell_tui.client.operator import ConnectionState, Endpoint, RemoteRun
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.run.digest import state_digest
from clamshell_tui.wire.connection import ConnectionLostError, RefusedError, parse_address
from clamshell_tui.wire.operator_messages import JournalRead, Order, ReadJournal
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, TaskAssigned
from tests.coordinator.wire import Place as Coordinator
from tests.coordinator.wire import options_for, running, story, until


async def _watch(coordinator: Coordinator, stack: AsyncExitStack) -> RemoteRun:
    """A replica that is kept up until the stack is left."""
    token = coordinator.secrets["operator"][0]
    place = Endpoint(parse_address(f"127.0.0.1:{coordinator.port}"), token, "ann")
    run = await RemoteRun.connect(place, asyncio.get_running_loop().time)
    task = asyncio.create_task(run.keep_up())

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await run.close()

    stack.push_async_callback(end)
    return run


def _next(acknowledged: Acknowledged) -> TaskAssigned:
    assert isinstance(acknowledged.next, TaskAssigned)
    return acknowledged.next


def _arrived(run: RemoteRun, coordinator: Coordinator) -> bool:
    return run.replica.fed == coordinator.run.journal.seq


@story
async def test_the_replica_is_the_run(tmp_path: Path) -> None:
    async with running(options_for(tmp_path)) as coordinator, AsyncExitStack() as stack:
        run = await _watch(coordinator, stack)
        await coordinator.submit("meow", "woof", "purr")
        worker, task = await coordinator.working()
        await worker.say(Answer(task.assignment, (0,)))
        await until(lambda: run.replica.history.labels_until(1e9) == 1)
        await coordinator.turn()
        await until(lambda: _arrived(run, coordinator))
        assert state_digest(run.replica.engine) == coordinator.digest
        assert run.title.scenario == "pets"
        await until(lambda: len(run.names) == 1)
        assert {name.id for name in run.names.values()} <= {"meow", "woof", "purr"}
        assert run.contact is ConnectionState.CONNECTED
        assert run.now() >= run.replica.end
        await worker.socket.close()


@story
async def test_a_live_run_of_other_rules_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(options_for(tmp_path)) as coordinator, AsyncExitStack() as stack:
        monkeypatch.setattr("clamshell_tui.scenario.rules.RULES", 99)
        with pytest.raises(EnvironmentFaultError, match=r"the run at .*: made by rules"):
            await _watch(coordinator, stack)


@story
async def test_who_comes_late_is_told_everything_from_the_file(tmp_path: Path) -> None:
    async with running(options_for(tmp_path)) as coordinator, AsyncExitStack() as stack:
        await coordinator.submit(*[f"text {number}" for number in range(40)])
        worker, task = await coordinator.working()
        for _ in range(20):
            await worker.say(Answer(task.assignment, (1,)))
            task = _next(await worker.hear_a(Acknowledged))
        run = await _watch(coordinator, stack)
        await until(lambda: _arrived(run, coordinator))
        assert run.replica.history.labels_until(1e9) == 20
        assert state_digest(run.replica.engine) == coordinator.digest
        await worker.socket.close()


@story
async def test_orders_are_carried_out_or_refused_with_a_reason(tmp_path: Path) -> None:
    async with running(options_for(tmp_path)) as coordinator, AsyncExitStack() as stack:
        run = await _watch(coordinator, stack)
        assert await run.order(Order("pause")) == ""
        await until(lambda: run.replica.engine.state.paused)
        assert run.replica.history.log[-1].text == "ann paused the run"
        assert len(await run.order(Order("issue-code"))) >= 8
        with pytest.raises(RefusedError, match="there is no worker W9"):
            await run.order(Order("dismiss", worker="W9"))
        await run.order(Order("set", key="pool.size", value=5))
        await until(lambda: run.replica.engine.state.config.pool.size == 5)


@story
async def test_a_restart_of_the_coordinator_is_sat_out(tmp_path: Path) -> None:
    options = options_for(tmp_path)
    async with AsyncExitStack() as stack:
        async with running(options) as coordinator:
            run = await _watch(coordinator, stack)
            port = coordinator.port
            await coordinator.submit("meow", "woof", last=False)
            await until(lambda: _arrived(run, coordinator))
        await until(lambda: run.contact is ConnectionState.LOST)
        with pytest.raises(ConnectionLostError):
            await run.order(Order("pause"))
        again = options_for(tmp_path, port=port)
        async with running(again) as coordinator:
            await until(lambda: run.contact is ConnectionState.CONNECTED)
            await coordinator.submit("purr")
            await until(lambda: run.replica.engine.state.records.submitted == 3)
            await until(lambda: _arrived(run, coordinator))
            assert state_digest(run.replica.engine) == coordinator.digest


@story
async def test_a_screen_that_stops_reading_costs_nothing(tmp_path: Path) -> None:
    """One request, one reply: the coordinator keeps nothing for a screen that is stopped."""
    async with running(options_for(tmp_path)) as coordinator:
        operator = await coordinator.staff("operator")
        await operator.ask(ReadJournal(0), JournalRead)
        await coordinator.submit(*[f"text {number}" for number in range(60)])
        worker, task = await coordinator.working()
        for _ in range(30):
            await worker.say(Answer(task.assignment, (1,)))
            task = _next(await worker.hear_a(Acknowledged))
        backlog = [peer.backlog for peer in coordinator.coordinator.server.peers]
        assert max(backlog) == 0
        page = await operator.ask(ReadJournal(0), JournalRead)
        assert len(page.entries) == page.last > 30
        await worker.socket.close()
        await operator.socket.close()
