"""A coordinator that stood still: no worker is blamed for the time."""

from math import inf, nan

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import ClockStopped, InvalidEventError
from clamshell_tui.run.digest import state_digest
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, Bench, only

ALONE = {"enabled": False}


def stop(bench: Bench, seconds: float) -> list[c.Command]:
    return bench.handle(ClockStopped(seconds), after=seconds)


def test_a_lease_lasts_longer_by_the_stop(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, tasks={"lease": 60.0})
    bench.wait(50.0)
    said = stop(bench, 100.0)
    assert only(said, c.Withdraw) == []
    assert [warning.code for warning in only(said, c.Warn)] == ["clock"]
    assert only(bench.wait(9.0), c.Withdraw) == []
    assert [gone.state for gone in only(bench.wait(1.0), c.Withdraw)] == ["expired"]


def test_a_lease_that_began_within_the_stop_lasts_longer_by_its_part_of_it(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(1, records=2, tasks={"lease": 60.0})
    bench.wait(30.0)
    bench.handle(ClockStopped(100.0))  # of which 30 s are since the start
    assert only(bench.wait(59.0), c.Withdraw) == []
    assert only(bench.wait(1.0), c.Withdraw)


def test_a_grace_lasts_longer_by_the_stop(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, pool={"grace": 30.0})
    bench.disconnect(W1)
    bench.wait(20.0)
    assert only(stop(bench, 100.0), c.Release) == []
    assert only(bench.wait(9.0), c.Release) == []
    assert [gone.worker for gone in only(bench.wait(1.0), c.Release)] == [W1]


def test_who_comes_back_after_the_stop_is_there_again(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, pool={"grace": 30.0})
    bench.disconnect(W1)
    stop(bench, 100.0)
    bench.reconnect(W1, after=1.0)
    assert only(bench.wait(60.0), c.Release) == []


def test_a_tutorial_may_take_longer_by_the_stop(bench_of: BenchOf) -> None:
    tutorial = {"enabled": True, "records": 2, "time_limit": 60.0}
    bench = bench_of(pool={"size": 1}, qualification=tutorial)
    bench.submit(10, gold={0: 1, 1: 0})
    bench.join()
    assert only(stop(bench, 100.0), c.Reject) == []
    assert only(bench.wait(59.0), c.Reject) == []
    assert [gone.worker for gone in only(bench.wait(1.0), c.Reject)] == [W1]


def test_a_late_answer_is_paid_for_a_grace_without_the_stop(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, pool={"grace": 10.0}, tasks={"lease": 5.0})
    held = bench.holds[W1]
    bench.disconnect(W1)
    bench.wait(5.0)
    bench.reconnect(W1)
    stop(bench, 100.0)
    (ack,) = only(bench.answer_for(held.assignment, W1, after=9.0), c.Acknowledge)
    assert (ack.outcome, ack.micros > 0) == (c.Outcome.LATE, True)


def test_no_latency_is_learnt_from_a_task_that_was_in_hand(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, straggler_mitigation=ALONE, tasks={"batching": "continuous"})
    stop(bench, 100.0)
    bench.answer(W1, after=0.001)
    bench.answer(W2, after=5.0)
    assert [bench.worker(each).evidence.mean for each in (W1, W2)] == [None, None]
    assert bench.worker(W1).fast == 0
    bench.answer(W2, after=4.0)
    assert bench.worker(W2).evidence.mean == pytest.approx(4.0)


def test_a_replay_comes_to_the_same_state(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=30, tasks={"lease": 60.0})
    bench.disconnect(W2)
    stop(bench, 70.0)
    bench.wait(100.0)
    again = Engine(bench.config)
    for event, at in bench.journal:
        again.handle(event, at)
    assert state_digest(again) == state_digest(bench.engine)


@pytest.mark.parametrize("seconds", [0.0, -1.0, inf, nan])
def test_an_impossible_stop_is_refused(pool_of: PoolOf, seconds: float) -> None:
    bench = pool_of(1, records=2)
    with pytest.raises(InvalidEventError, match="cannot have stopped"):
        bench.handle(ClockStopped(seconds))
