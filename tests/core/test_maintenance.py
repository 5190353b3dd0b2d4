"""Pool maintenance: which workers are evicted, when, and for which replacement (§4.2)."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.run.totals import totals
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, Bench, only


def slow_first(pool_of: PoolOf, *, reserve: int = 1, **maintenance: Any) -> Bench:
    """W1 takes 20 s per label and W2 2 s; both have work in hand; the threshold is 8 s."""
    bench = pool_of(
        2,
        records=40,
        pool={"reserve": reserve},
        tasks={"pool_batch_ratio": 0.1},
        maintenance={
            "threshold": 8.0,
            "latency_estimator": "empirical",
            "check_every": 1000.0,
            **maintenance,
        },
    )
    for _ in range(3):
        for _ in range(5):
            bench.answer(W2, after=2.0)
        bench.answer(W1, after=10.0 + len(bench.journal) % 2)
    return bench


def test_nobody_is_evicted_without_a_trained_reserve(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of)
    assert only(bench.wait(1000.0), c.Evict) == []
    assert "W1" in bench.present()


def test_a_slow_worker_is_evicted_once_a_replacement_is_trained(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of)
    bench.join()
    (evict,) = only(bench.wait(1000.0), c.Evict)
    assert (evict.worker, evict.reason, evict.threshold) == (W1, "latency", 8.0)
    assert evict.estimate > 15.0
    assert evict.evidence < 0.05


def test_the_slot_passes_on_at_once_and_the_evicted_worker_finishes_gracefully(
    pool_of: PoolOf,
) -> None:
    bench = slow_first(pool_of, eviction="graceful")
    bench.join()
    slot = bench.worker(W1).slot
    said = bench.wait(1000.0)
    assert only(said, c.Seat) == [c.Seat(W3, slot or 0)]
    assert only(said, c.Withdraw) == []
    said = bench.answer(W1, after=1.0)
    assert [a.outcome for a in only(said, c.Acknowledge)] == [c.Outcome.COUNTED]
    assert [r.reason for r in only(said, c.Release)] == ["evicted"]


def test_preempting_takes_the_task_away_and_pays_for_it(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of, eviction="preempt")
    bench.join()
    held = bench.holds[W1]
    said = bench.wait(1000.0)
    assert only(said, c.Withdraw) == [c.Withdraw(held.assignment, W1, "preempted", 20_000)]
    order = [type(x) for x in said if isinstance(x, c.Withdraw | c.Evict | c.Release | c.Assign)]
    assert order == [c.Withdraw, c.Evict, c.Release, c.Assign]
    late = bench.answer_for(held.assignment, W1, after=1.0)
    assert late == [c.Acknowledge(held.assignment, W1, c.Outcome.LATE, 0)]


def test_no_more_are_evicted_than_stand_in_reserve_and_the_slowest_goes_first(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(
        3,
        records=90,
        pool={"reserve": 1},
        tasks={"pool_batch_ratio": 0.05},
        maintenance={"threshold": 5.0, "latency_estimator": "empirical", "check_every": 1000.0},
    )
    for _ in range(4):  # every round lasts 17 s; W1 begins and ends the latest
        bench.answer(W3, after=8.0)
        bench.answer(W2, after=8.5)
        bench.answer(W1, after=0.5)
    bench.join()
    means = {worker: bench.worker(worker).evidence.mean or 0.0 for worker in (W1, W2, W3)}
    (evict,) = only(bench.wait(1000.0), c.Evict)
    assert evict.worker == max(means, key=lambda worker: means[worker])
    assert evict.estimate == max(means.values())


def test_a_threshold_of_inf_switches_maintenance_off(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of, threshold=float("inf"))
    bench.join()
    assert only(bench.wait(3000.0), c.Evict) == []


def test_the_pool_is_assessed_as_often_as_the_configuration_says(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of, check_every=200.0)
    bench.join()
    assert only(bench.wait(200.0 - bench.now % 200.0 - 1.0), c.Evict) == []
    assert len(only(bench.wait(1.0), c.Evict)) == 1


def test_an_evicted_worker_is_not_counted_in_the_pool_any_more(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of)
    bench.join()
    bench.wait(1000.0)
    assert bench.present() == ["W3", "W2"]
    assert totals(bench.engine, bench.now).evictions == 1


def test_an_automatic_threshold_lies_below_the_mean_of_the_logarithms(pool_of: PoolOf) -> None:
    """Five workers with one latency each: exp(mean - k sd) of the logs, worked out by hand."""
    bench = pool_of(
        5,
        records=50,
        tasks={"pool_batch_ratio": 0.1},
        maintenance={
            "threshold": "auto",
            "auto_deviations": 1.0,
            "latency_estimator": "empirical",
            "check_every": 100.0,
        },
    )
    for number, seconds in enumerate((1.0, 1.0, 2.0, 4.0, 8.0), 1):
        bench.answer(WorkerId(f"W{number}"), after=seconds)  # at 1, 2, 4, 8 and 16 s
    assert totals(bench.engine, bench.now).threshold == float("inf")
    bench.wait(100.0)
    # logs 0, ln 2, 2 ln 2, 3 ln 2, 4 ln 2: mean 2 ln 2, sd sqrt(2.5) ln 2
    expected = 2.0 ** (2.0 - 2.5**0.5)
    assert totals(bench.engine, bench.now).threshold == pytest.approx(expected)


def test_a_worker_who_is_away_is_not_judged(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of)
    bench.join()
    bench.disconnect(W1, after=1000.0 - bench.now - 1.0)
    assert only(bench.wait(2.0), c.Evict) == []


def test_the_oracle_evicts_by_what_was_foretold_whatever_it_sees(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of, latency_estimator="oracle")
    bench.handle(e.LatencyForetold(W1, 7.9))
    bench.handle(e.LatencyForetold(W2, 8.1))
    bench.join()
    (evict,) = only(bench.wait(1000.0), c.Evict)
    assert (evict.worker, evict.estimate, evict.evidence) == (W2, 8.1, 1.0)


def test_the_oracle_of_whom_nothing_was_foretold_evicts_nobody(pool_of: PoolOf) -> None:
    bench = slow_first(pool_of, latency_estimator="oracle")
    bench.join()
    assert only(bench.wait(1000.0), c.Evict) == []
