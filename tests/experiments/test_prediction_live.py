"""What ``advise`` says of a live crowd of bots, held against live runs made afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from clamshell_tui.experiments.advice import advise, outcomes
from clamshell_tui.experiments.advice_axes import choices, current
from clamshell_tui.experiments.baseline import from_run_file
from clamshell_tui.experiments.intervals import Interval
from tests.live.sides import Side, live

SCENARIO = """\
seed = {seed}
learning.enabled = false
dataset = {{kind = "generated", records = 340, features = 3, classes = 3}}
requester.gold = 20
qualification = {{records = 5, pass_mark = 0.5}}
recruitment.every = 5.0
tasks = {{records_per_task = 4, pool_batch_ratio = {ratio}}}
straggler_mitigation.enabled = {mitigation}
pool = {{size = {size}, reserve = 3}}
maintenance = {{threshold = {threshold}, check_every = 10.0}}
[crowd]
population = "custom"
custom = {{mean = 3.0, spread = 0.5, deviation = 1.2, accuracy = 0.93, accuracy_spread = 0.03}}
abandonment = 0.01
instructions = 10.0
"""
RECORDED = {"ratio": "1.0", "mitigation": "true", "size": "8", "threshold": "6.0"}
AFTERWARDS = [
    {**RECORDED, "size": "12"},
    {**RECORDED, "mitigation": "false"},
    {**RECORDED, "ratio": "2.0", "threshold": "inf"},
]
AXES = {
    "pool.size": ["8", "12"],
    "tasks.pool_batch_ratio": ["1", "2"],
    "maintenance.threshold": ["6", "inf"],
    "duplicates": ["2", "off"],
}
SPEED, SEEDS = 30.0, 40


def run_live(folder: Path, seed: int, settings: dict[str, str]) -> tuple[Path, Side]:
    """A live run by bots of this seed: other people of the same population."""
    scenario, run_file = folder / f"{seed}.toml", folder / f"{seed}.db"
    scenario.write_text(SCENARIO.format(seed=seed, **settings))
    seats = int(settings["size"]) + 3

    async def bounded() -> Side:
        async with asyncio.timeout(120):
            return await live(scenario, run_file, speed=SPEED, seats=seats, spare=15)

    return run_file, asyncio.run(bounded())


def choice_of(settings: dict[str, str]) -> tuple[tuple[str, str], ...]:
    duplicates = "2" if settings["mitigation"] == "true" else "off"
    values = [settings["size"], settings["ratio"], settings["threshold"], duplicates]
    return tuple((key, value.removesuffix(".0")) for key, value in zip(AXES, values, strict=True))


@pytest.mark.slow
def test_advice_on_live_runs_predicts_three_configurations_that_are_then_run(
    tmp_path: Path,
) -> None:
    """Batch latency and cost, within the 95 % intervals stated for a single run: 16 of 18 or more.

    Of 18 figures one falls outside on average, and more than two in one case out of seventeen. A
    live run is never twice the same: two rounds of this test had 18 and 17 inside.
    """
    held = [each for first in (1, 11, 21) for each in predicted(tmp_path, first)]
    assert len(held) == 18
    assert sum(held) >= 16


def predicted(folder: Path, first: int) -> Iterator[bool]:
    """Record a run, ask for advice, make the other runs: whether each figure was as stated."""
    run_file, _ = run_live(folder, first, RECORDED)
    basis = from_run_file(run_file)
    now = current(basis, AXES)
    tried = choices(AXES, now)
    advised = advise(tried, list(outcomes(basis, tried, SEEDS, 1)), now, beta=0.7)
    points = dict(zip(tried, advised.points, strict=True))
    for seed, settings in enumerate(AFTERWARDS, first + 1):
        point = points[choice_of(settings)]
        summary = run_live(folder, seed, settings)[1].summary
        assert summary.batches.mean is not None
        yield inside(point.batch, summary.batches.mean, f"{point.name}: s per batch")
        yield inside(point.dollars, summary.cost.total / 1e6, f"{point.name}: dollars")


def inside(stated: Interval, measured: float, what: str) -> bool:
    """Whether it is, of an interval that is narrow enough to say something."""
    print(f"{what}: {measured:.4g} in [{stated.low:.4g}, {stated.high:.4g}]")
    assert stated.high / stated.low < 4, what
    return stated.low <= measured <= stated.high
