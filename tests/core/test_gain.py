"""Duplicates where they are worth their price (``routing = "expected-gain"``)."""

from math import exp, log, pi, sqrt
from random import Random
from statistics import fmean
from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.lifeguard.gain import _order_statistic, _steps, candidates
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, Bench, only


def gated(pool_of: PoolOf, size: int, records: int, gate: float = 0.03) -> Bench:
    mitigation: dict[str, Any] = {
        "routing": "expected-gain",
        "max_duplicates": "unlimited",
        "gate": gate,
    }
    return pool_of(size, records=records, straggler_mitigation=mitigation)


def quick_and_steady(bench: Bench, batches: int = 12) -> None:
    """Let each worker answer after two seconds, many times."""
    for _ in range(batches):
        first, *others = list(bench.holds)
        bench.answer(first, after=2.0)
        for worker in others:
            if worker in bench.holds:
                bench.answer(worker)


def covers(said: list[c.Command]) -> list[c.Assign]:
    return [assign for assign in only(said, c.Assign) if assign.duplicate]


def test_nobody_duplicates_what_is_as_good_as_done(pool_of: PoolOf) -> None:
    bench = gated(pool_of, 3, 60)
    quick_and_steady(bench)
    assert covers(bench.answer(W1, after=1.9)) == []
    assert bench.worker(W1).state == "available"


def test_a_task_that_goes_on_and_on_gets_help_without_anything_else_happening(
    pool_of: PoolOf,
) -> None:
    bench = gated(pool_of, 3, 60)
    quick_and_steady(bench)
    straggling = bench.holds[W3].task
    assert covers(bench.answer(W1, after=1.5)) == []
    assert covers(bench.answer(W2)) == []
    helped = covers(bench.wait(20.0))
    assert [assign.task for assign in helped[:1]] == [straggling]
    assert bench.engine.next_deadline > bench.now


def test_while_nobody_can_help_looks_become_rare_and_who_can_helps_at_once(
    pool_of: PoolOf,
) -> None:
    mitigation = {"routing": "expected-gain", "max_duplicates": "unlimited", "gate": 0.03}
    bench = pool_of(
        2, records=1, straggler_mitigation=mitigation, pool={"size": 4, "start_with": 0.5}
    )
    bench.wait(60.0)
    assert bench.holds[W2].duplicate
    bench.skip(W2)  # and has seen the task that W1 does not finish
    looked = len(bench.journal)
    bench.wait(600.0)
    assert len(bench.journal) - looked < 150
    assert [assign.worker for assign in covers(bench.join())] == [W3]
    bench.skip(W3)
    bench.wait(600.0)
    bench.disconnect(W2)
    bench.reconnect(W2)  # looked at, in vain
    assert covers(bench.join()) == []  # so soon after the last look
    assert bench.engine.next_deadline < bench.now + 1.0
    assert [assign.worker for assign in covers(bench.wait(1.0))] == ["W4"]


def test_the_quickest_of_the_idle_helps_first(pool_of: PoolOf) -> None:
    bench = gated(pool_of, 3, 60, gate=10.0)  # no duplicates yet
    for _ in range(12):  # W1 needs 1 s, W2 4 s
        for worker, seconds in ((W1, 1.0), (W2, 3.0), (W3, 0.0)):
            bench.answer(worker, after=seconds)
    bench.answer(W2, after=1.0)
    bench.answer(W1)
    bench.wait(30.0)
    helped = covers(bench.change("straggler_mitigation.gate", 0.03))
    assert helped[0].worker == W1


def test_a_gate_out_of_reach_is_no_mitigation(pool_of: PoolOf) -> None:
    bench = gated(pool_of, 3, 60, gate=10.0)
    quick_and_steady(bench, 3)
    bench.answer(W1, after=2.0)
    bench.answer(W2)
    assert covers(bench.wait(30.0)) == []


def test_an_operator_can_lower_the_gate(pool_of: PoolOf) -> None:
    bench = gated(pool_of, 3, 60, gate=10.0)
    bench.answer(W1, after=2.0)
    bench.answer(W2)
    assert covers(bench.change("straggler_mitigation.gate", 0.0)) != []


def test_the_help_for_one_holder_is_worth_what_a_simulation_says() -> None:
    """Nodes that double are coarse: within a tenth of 200,000 draws."""
    rng = Random(1)
    age, mean, spread, helper_mean, helper_spread = 30.0, log(20.0), 0.8, log(15.0), 0.5

    def draw(mean: float, spread: float) -> float:
        uniform = rng.random()
        return exp(mean + spread * sqrt(3.0) / pi * log(uniform / (1.0 - uniform)))

    saved: list[float] = []
    busy: list[float] = []
    while len(saved) < 200_000:
        latency = draw(mean, spread)
        if latency > age:
            helped = draw(helper_mean, helper_spread)
            saved.append(max(0.0, latency - age - helped))
            busy.append(min(latency - age, helped))
    nodes = _steps(helper_mean, helper_spread)

    def longer(time: float) -> float:
        shape: float = pi / sqrt(3.0) / spread
        return float(1.0 / (1.0 + (time / exp(mean)) ** shape))

    left = [longer(age + after) / longer(age) for after, _, _ in nodes]
    gained = sum(each * done for each, (_, done, _) in zip(left, nodes, strict=True))
    spent = sum(each * rest for each, (_, _, rest) in zip(left, nodes, strict=True))
    assert gained / spent == pytest.approx(fmean(saved) / fmean(busy), rel=0.1)


def test_of_several_holders_the_decisive_answer_counts() -> None:
    left = [0.5, 0.2, 0.9]  # of not being done
    unfinished, decisive = _order_statistic(left, 2)
    nobody = 0.5 * 0.2 * 0.9
    one = 0.5 * 0.2 * 0.9 + 0.5 * 0.8 * 0.9 + 0.5 * 0.2 * 0.1
    assert decisive == pytest.approx(one)
    assert unfinished == pytest.approx(nobody + one)
    assert _order_statistic(left, 1) == pytest.approx((nobody, nobody))


def test_the_number_of_tasks_weighed_does_not_grow_with_the_pool(pool_of: PoolOf) -> None:
    few, many = gated(pool_of, 4, 4), gated(pool_of, 80, 80)
    rng = Random(0)
    assert len(candidates(few.engine.state.work, rng)) == 4
    assert len(candidates(many.engine.state.work, rng)) == 8


def test_the_prediction_for_a_stranger_is_the_pools() -> None:
    latency_model = Censored(0.7)
    for latency in (10.0, 20.0, 40.0):
        latency_model.observe_pool(latency)
    stranger, known = LatencyEvidence(), LatencyEvidence()
    mean, spread = latency_model.predictive(stranger)
    assert mean == pytest.approx(log(20.0))
    assert stranger.posterior is None  # the pool may still move
    for _ in range(30):
        known.add_completed(3.0)
    known_mean, known_spread = latency_model.predictive(known)
    assert known_mean == pytest.approx(log(3.0), abs=0.1)
    assert known_spread < spread / 2
