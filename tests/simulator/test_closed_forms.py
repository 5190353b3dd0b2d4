"""Simulated means against what can be calculated."""

from statistics import fmean
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import trapezoid

from clamshell_tui.core import commands as c
from clamshell_tui.run.totals import totals
from tests.core.helpers import only, run_config
from tests.simulator.helpers import EXACT, Run

MEAN, DEVIATION = 5.0, 4.0
WORKERS = 6


def alike(**more: Any) -> dict[str, Any]:
    """Identical workers: log-normal with this mean and deviation."""
    return {**EXACT, "custom": {"mean": MEAN, "deviation": DEVIATION, "spread": 0.0}, **more}


def survival(x: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """P(one latency > x)."""
    variance = np.log(1 + (DEVIATION / MEAN) ** 2)
    scale = MEAN / np.sqrt(1 + (DEVIATION / MEAN) ** 2)
    found = stats.lognorm.sf(x, s=np.sqrt(variance), scale=scale)
    return np.asarray(found, dtype=np.float64)


GRID = np.linspace(0.0, 400.0, 400_001)


def expected_maximum(n: int) -> float:
    return float(trapezoid(1 - (1 - survival(GRID)) ** n, GRID))


def expected_minimum(n: int) -> float:
    return float(trapezoid(survival(GRID) ** n, GRID))


def mean_batch(*, ratio: float, mitigation: bool, batches: int) -> float:
    config = run_config(
        pool={"size": WORKERS},
        tasks={"pool_batch_ratio": ratio},
        straggler_mitigation={
            "enabled": mitigation,
            "routing": "fewest-active",
            "max_duplicates": "unlimited",
        },
    )
    tasks = round(WORKERS / ratio)
    run = Run(config, alike(), records=batches * tasks).run()
    latencies = run.batch_latencies()
    assert len(latencies) == batches
    return fmean(latencies)


def test_a_batch_without_mitigation_takes_the_maximum_of_n_latencies() -> None:
    """sd of the maximum is about 5 s: over 1,500 batches 4 % are four standard errors."""
    found = mean_batch(ratio=1.0, mitigation=False, batches=1500)
    assert found == pytest.approx(expected_maximum(WORKERS), rel=0.04)


def test_one_task_for_the_whole_pool_takes_the_minimum_of_n_latencies() -> None:
    """sd of the minimum is about 0.75 s: over 2,000 batches 4 % are four standard errors."""
    found = mean_batch(ratio=WORKERS, mitigation=True, batches=2000)
    assert found == pytest.approx(expected_minimum(WORKERS), rel=0.04)


def test_mitigation_brings_the_batch_below_the_maximum() -> None:
    covered = mean_batch(ratio=1.0, mitigation=True, batches=500)
    assert covered < 0.6 * expected_maximum(WORKERS)


def test_the_mean_latency_of_the_pool_follows_the_papers_formula() -> None:
    """E = (1 - q^(n+1)) mu_f + q^(n+1) mu_s after n replacements of every slow worker (§4.2).

    200 slots, half of the workers slow: a standard error of 0.53 s at n = 0, less afterwards.
    """
    slow_share, fast, slow = 0.5, 5.0, 20.0
    config = run_config(
        pool={"size": 200, "reserve": 30},
        maintenance={"threshold": 9.0, "check_every": 5.0},
        straggler_mitigation={"enabled": False},
    )
    crowd = alike(
        population="two-class",
        slow_share=slow_share,
        slow_factor=slow / fast,
        custom={"mean": fast, "deviation": 1.0, "spread": 0.0},
    )
    run = Run(config, crowd, records=8_000, seed=2).run()
    occupants: dict[int, list[float]] = {}
    for _, _, said in run.steps:
        for seat in only(said, c.Seat):
            behaviour = run.simulation.seats[seat.worker].behaviour
            occupants.setdefault(seat.slot, []).append(behaviour.mean_seconds_per_label(1))
    for n in range(4):
        found = fmean(means[min(n, len(means) - 1)] for means in occupants.values())
        share = slow_share ** (n + 1)
        assert found == pytest.approx((1 - share) * fast + share * slow, abs=1.6), f"n = {n}"
    mpl = [close.mpl for _, _, said in run.steps for close in only(said, c.CloseBatch)]
    assert mpl[0] is not None
    assert mpl[-1] is not None
    assert mpl[0] == pytest.approx((fast + slow) / 2, abs=1.6)
    assert mpl[-1] == pytest.approx(fast, rel=0.1)


def test_who_is_evicted_was_slow() -> None:
    config = run_config(pool={"size": 20, "reserve": 5}, maintenance={"threshold": 9.0})
    crowd = alike(
        population="two-class",
        slow_factor=5.0,
        custom={"mean": 4.0, "deviation": 0.5, "spread": 0.0},
    )
    run = Run(config, crowd, records=3_000, seed=3).run()
    evicted = [evict.worker for _, _, said in run.steps for evict in only(said, c.Evict)]
    speeds = [run.simulation.seats[w].behaviour.mean_seconds_per_label(1) for w in evicted]
    assert len(speeds) > 5
    assert set(map(round, speeds)) == {20}


def test_waiting_work_and_termination_add_up_to_the_cost() -> None:
    """Fixed latencies and prices: the cost of a run can be worked out by hand."""
    config = run_config(
        pool={"size": 3}, tasks={"records_per_task": 2}, straggler_mitigation={"enabled": False}
    )
    crowd = alike(custom={"mean": 4.0, "deviation": 0.0, "spread": 0.0})
    run = Run(config, crowd, records=60).run()
    cost = totals(run.simulation.engine, 0.0).cost
    assert cost["records"] == 60 * 20_000
    assert cost["terminated"] == cost["partial"] == cost["training"] == 0
    seated = sum(
        pay.until - pay.since for _, _, said in run.steps for pay in only(said, c.PayWaiting)
    )
    assert cost["waiting"] == pytest.approx(seated * 50_000 / 60, abs=10)
    assert run.batch_latencies() == pytest.approx([8.0] * 10)
