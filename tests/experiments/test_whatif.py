"""The operator's estimates: in a child process that never outlives its owner."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.errors import ClamshellError
from clamshell_tui.experiments.baseline import Request, request_of
from clamshell_tui.experiments.forecast import TETHERED, Estimate, estimates
from clamshell_tui.experiments.forecast_process import Estimator
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.load import parse_scenario
from tests.experiments.conftest import STORY
from tests.kept import loaded
from tests.live.processes import eventually

MODULE = "clamshell_tui.experiments.forecast"


@pytest.fixture(scope="module")
def request_half_way(run_file: Path) -> Request:
    """Asked when half of the labels were there."""
    with open_run(run_file) as file:
        run = FileRun(file)
        for at, event in file.events():
            run.replica.feed(at, event)
            if len(run.replica.engine.state.labels) >= 300:
                break
    truth = {record: name.truth for record, name in run.names.items() if name.truth is not None}
    request = request_of(run.replica.engine, parse_scenario(STORY, "story.toml"), truth)
    return msgspec.structs.replace(request, seeds=6)


def test_half_way_the_end_is_projected(request_half_way: Request, run_file: Path) -> None:
    with open_run(run_file) as file:
        labels = file.tables().labels.values()
    state = loaded(run_file).replica.engine.state
    assert state.first_assignment is not None
    seconds = max(row.at for row in labels) - state.first_assignment
    assert (request_half_way.labels, request_half_way.left) == (600, 300)
    found = [each for each in estimates(request_half_way) if each.variant == "projected"][-1]
    assert found.last
    assert found.seconds.mean == pytest.approx(seconds, rel=0.2)
    assert found.dollars.mean == pytest.approx(sum(state.ledger.totals.values()) / 1e6, rel=0.1)


def test_without_mitigation_it_takes_longer_and_estimates_become_surer(
    request_half_way: Request,
) -> None:
    found = [each for each in estimates(request_half_way) if each.variant == "no-mitigation"]
    assert [each.seeds for each in found] == [4, 6]
    assert found[-1].time_ratio.low > 1
    assert found[-1].time_ratio.half < found[0].time_ratio.half


def test_a_finished_run_is_projected_as_it_ended(request_half_way: Request) -> None:
    done = msgspec.structs.replace(request_half_way, left=0, seconds=100.0, dollars=5.0, seeds=2)
    projected = next(iter(estimates(done)))
    assert (projected.seconds.mean, projected.dollars.mean) == (100.0, 5.0)


@pytest.mark.slow
def test_passive_learning_needs_more_labels_where_the_data_can_be_had(
    request_half_way: Request,
) -> None:
    settings = ["learning.enabled=true", "stop.labels=100"]
    learning = parse_scenario(STORY, "story.toml", settings)
    from clamshell_tui.scenario.load import as_toml

    asked = msgspec.structs.replace(
        request_half_way, scenario=as_toml(learning), labels=100, base=".", seeds=2
    )
    found = {each.variant: each for each in estimates(asked)}
    assert found["passive"].cost_ratio.mean >= 1
    assert found["all-off"].last


def test_the_client_streams_what_the_child_finds(request_half_way: Request) -> None:
    async def ask() -> list[Estimate]:
        async with asyncio.timeout(60), Estimator(request_half_way) as estimator:
            return [estimate async for estimate in estimator]

    assert asyncio.run(ask()) == list(estimates(request_half_way))


@pytest.mark.slow
def test_leaving_early_ends_the_child(request_half_way: Request) -> None:
    endless = msgspec.structs.replace(request_half_way, seeds=100_000)

    async def leave() -> int:
        async with asyncio.timeout(60), Estimator(endless) as estimator:
            async for _ in estimator:
                break
            return estimator.pid

    assert not alive(asyncio.run(leave()))


def test_a_scenario_that_cannot_be_simulated_is_an_error(request_half_way: Request) -> None:
    bad = msgspec.structs.replace(request_half_way, scenario="pool.size = 0")

    async def ask() -> None:
        async with asyncio.timeout(60), Estimator(bad) as estimator:
            async for _ in estimator:
                pass

    with pytest.raises(ClamshellError, match="the estimate failed"):
        asyncio.run(ask())


@pytest.mark.slow
def test_the_child_ends_with_its_owner(request_half_way: Request) -> None:
    """However the owner ends, its end of the pipe is closed."""
    endless = msgspec.structs.replace(request_half_way, seeds=100_000)
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE, TETHERED], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(msgspec.json.encode(endless) + b"\n")
    child.stdin.flush()
    assert child.stdout.readline()
    child.stdin.close()
    try:
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.slow
def test_it_reads_a_request_from_a_file_too(request_half_way: Request) -> None:
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=msgspec.json.encode(request_half_way),
        capture_output=True,
        timeout=60,
        check=True,
    )
    lines = [msgspec.json.decode(line, type=Estimate) for line in done.stdout.splitlines()]
    assert {each.variant for each in lines if each.last} == {
        "projected",
        "no-mitigation",
        "no-maintenance",
        "all-off",
    }


def test_asking_costs_the_screen_neither_numpy_nor_scikit_learn() -> None:
    code = (
        "import sys, clamshell_tui.experiments.baseline\n"
        "import clamshell_tui.experiments.forecast_process\n"
        "sys.exit('numpy' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def alive(pid: int) -> bool:
    """Whether the process is there still, after a moment."""

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return not eventually(gone, 5.0)
