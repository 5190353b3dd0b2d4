"""The rules of the automatic threshold."""

from math import exp, inf, log
from random import Random
from statistics import fmean, stdev

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.lifeguard.thresholds import (
    AUTO_RULES,
    Latencies,
    Outlook,
    deviations,
    latencies,
    linear_deviations,
    replacement_gain,
)
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, only

LONG = Outlook(slots=15, records_per_task=5, labels_left=100_000)
SHORT = Outlook(slots=15, records_per_task=5, labels_left=300)


def test_deviations_are_taken_on_logarithms() -> None:
    seen = latencies([log(10.0) - 0.5, log(10.0), log(10.0) + 0.5])
    assert deviations(seen, 1.0, LONG) == pytest.approx(10.0 * exp(-0.5))


def test_linear_deviations_are_the_papers_mean_minus_k_standard_deviations() -> None:
    seconds = [4.0, 5.0, 7.0, 8.0]
    seen = latencies([log(each) for each in seconds])
    expected = fmean(seconds) - 0.5 * stdev(seconds)
    assert linear_deviations(seen, 0.5, LONG) == pytest.approx(expected)


def test_a_linear_threshold_below_zero_is_one_that_no_worker_meets() -> None:
    seen = latencies([log(each) for each in (2.0, 2.0, 2.0, 60.0)])
    assert 0.0 < linear_deviations(seen, 1.0, LONG) < 0.01


def log_normal(mean: float, spread: float) -> Latencies:
    """The rule under test looks at the logarithms alone."""
    return Latencies(inf, inf, mean, spread)


def test_a_long_run_is_choosier_than_a_short_one() -> None:
    seen = log_normal(log(10.0), 0.8)
    long, short = (replacement_gain(seen, 1.0, outlook) for outlook in (LONG, SHORT))
    assert long < 10.0 < short


def test_nobody_is_replaced_where_all_are_alike_or_the_run_is_as_good_as_over() -> None:
    assert replacement_gain(log_normal(log(10.0), 0.0), 1.0, LONG) == inf
    over = Outlook(slots=15, records_per_task=5, labels_left=0)
    assert replacement_gain(log_normal(log(10.0), 0.8), 1.0, over) == inf


@pytest.mark.parametrize(
    ("labels", "spread", "share"), [(2_500, 0.6, 0.95), (2_500, 1.0, 0.88), (20_000, 0.8, 0.95)]
)
def test_the_threshold_is_not_far_from_the_best_by_simulation(
    labels: int, spread: float, share: float
) -> None:
    """One slot: draw a worker, keep or replace after three tasks, until its time is over.

    With much spread and little to do the rule fears the slowest trials too much: 0.89 of the best.
    """
    mean = log(8.0)
    outlook = Outlook(slots=15, records_per_task=5, labels_left=labels)
    horizon = labels / 15 / exp(-mean + spread**2 / 2)

    def made(threshold: float) -> float:
        rng = Random(7)
        total = 0.0
        for _ in range(1500):
            left = horizon
            while left > 0:
                latency = exp(rng.gauss(mean, spread))
                spent = left if latency <= threshold else min(left, 15 * latency)
                total += spent / latency
                left -= spent
        return total

    best = max(made(exp(mean + z * spread)) for z in (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0))
    assert made(replacement_gain(log_normal(mean, spread), 1.0, outlook)) > share * best


@pytest.mark.parametrize("rule", sorted(AUTO_RULES))
def test_by_any_rule_the_slowest_by_far_goes_when_there_is_much_to_do(
    pool_of: PoolOf, rule: str
) -> None:
    bench = pool_of(
        6,
        records=2000,
        pool={"reserve": 1},
        maintenance={"threshold": "auto", "auto_rule": rule, "check_every": 1000.0},
        straggler_mitigation={"enabled": False},
        tasks={"batching": "continuous"},
    )
    for _ in range(6):
        for worker in [worker for worker in bench.holds if worker not in (W1, W2)]:
            bench.answer(worker, after=0.5)
    for _ in range(3):
        bench.answer(W2, after=15.0)
        bench.answer(W1, after=30.0)
    bench.join()
    evicted = only(bench.wait(1000.0), c.Evict)
    assert evicted
    assert evicted[0].worker == W1
