"""A pool sized by the load of the stream (pool.autoscale)."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.config import PoolConfig, RunConfig, TasksConfig, problems
from clamshell_tui.run.totals import totals
from tests.core.conftest import BenchOf
from tests.core.helpers import W1, W2, W3, Bench, only

POOL: dict[str, Any] = {"size": 10, "autoscale": True, "smallest": 2, "hold": 600.0}


def slots(bench: Bench) -> int:
    return totals(bench.engine, bench.now).slots


@pytest.fixture
def stream(bench_of: BenchOf) -> Bench:
    """Two workers wait in the smallest pool for further records; the first ones are done."""
    bench = bench_of(pool=POOL, tasks={"batching": "continuous"})
    bench.submit(2, last=False)
    bench.join(2)
    bench.work(5.0)
    return bench


def test_a_run_begins_with_the_fewest_slots(bench_of: BenchOf) -> None:
    bench = bench_of(pool=POOL)
    posted = only(bench.wait(0.0), c.PostRecruitment)
    assert (slots(bench), [post.seats for post in posted]) == (2, [2])


def test_a_rush_gets_its_load_and_twice_the_root_of_it(stream: Bench) -> None:
    """62 arrived and 60 wait, at 5 s each within 300 s: 2.03 + 2 sqrt(2.03) people."""
    stream.submit(60, last=False)
    said = stream.wait(30.0)
    assert only(said, c.ResizePool) == [c.ResizePool(5)]
    assert (
        only(said, c.PostRecruitment)[-1].seats == 3
    )  # posted immediately; two workers are present


def test_the_first_batch_waits_for_the_fewest_only(bench_of: BenchOf) -> None:
    bench = bench_of(pool=POOL)
    bench.submit(200, last=False)
    assert only(bench.join(2), c.CutBatch) != []
    assert slots(bench) == 10


def test_slow_work_needs_more_slots(bench_of: BenchOf) -> None:
    """A label of 100 s among 20 of 5 s: 9.5 s each for 40 that arrived and 38 that wait."""
    bench = bench_of(pool=POOL, tasks={"batching": "continuous"})
    bench.submit(40, last=False)
    bench.join(2)
    assert slots(bench) == 4
    bench.answer(W1, after=100.0)
    assert slots(bench) == 6


def test_there_are_never_more_slots_than_the_size(stream: Bench) -> None:
    stream.submit(10_000, last=False)
    stream.wait(30.0)
    assert slots(stream) == 10
    stream.change("pool.size", 6)
    assert slots(stream) == 6


def test_no_slots_are_for_records_that_nobody_wants_labelled(bench_of: BenchOf) -> None:
    """Of 1,000 records 40 are wanted: 40 arrived and 40 wait, at 5 s, within 300 s."""
    bench = bench_of(pool=POOL, tasks={"batching": "continuous"}, stop={"labels": 40})
    bench.submit(1000)
    assert slots(bench) == 4
    bench.join(4)
    bench.work(5.0)
    assert bench.phase == "finished"


def test_slots_are_kept_while_they_were_needed_lately(stream: Bench) -> None:
    stream.submit(60, last=False)
    stream.wait(30.0)
    stream.join(3)
    stream.work(1.0)
    rushed = stream.now
    stream.wait(570.0 - (rushed - 35.0))
    assert slots(stream) == 5
    said = stream.wait(400.0)
    assert slots(stream) == 2
    assert {release.reason for release in only(said, c.Release)} == {"the pool was made smaller"}
    assert sorted(stream.present()) == [W1, W2]


def test_who_goes_finishes_the_task_in_hand_and_is_paid_for_it(stream: Bench) -> None:
    stream.change("straggler_mitigation.enabled", False)
    stream.submit(60, last=False)
    stream.wait(30.0)
    stream.join(1)
    while others := set(stream.holds) - {W3}:
        stream.answer(min(others), after=1.0)
    said = stream.wait(1200.0)
    assert c.ResizePool(2) in said
    assert only(said, c.Withdraw) == []
    assert W3 in stream.holds
    said = stream.answer(W3)
    assert only(said, c.Acknowledge)[0].micros == 20_000
    assert [release.worker for release in only(said, c.Release)] == [W3]


def test_a_small_pool_still_has_a_worker_for_each_vote(bench_of: BenchOf) -> None:
    bench = bench_of(pool=POOL, tasks={"votes": 5})
    bench.wait(1.0)
    assert slots(bench) == 5


def test_an_operator_can_fix_the_size_and_let_it_go_again(stream: Bench) -> None:
    stream.change("pool.autoscale", False)
    assert slots(stream) == 10
    stream.submit(300, last=False)
    assert only(stream.wait(60.0), c.ResizePool) == []
    stream.change("pool.autoscale", True)
    assert slots(stream) == 10  # 300 records wait
    stream.join(8)
    stream.work(1.0)
    stream.wait(1000.0)
    assert slots(stream) == 2


def test_switched_on_in_the_middle_of_a_run_it_keeps_the_slots_for_as_long_as_needed_ones(
    bench_of: BenchOf,
) -> None:
    bench = bench_of(pool={**POOL, "autoscale": False}, tasks={"batching": "continuous"})
    bench.submit(20, last=False)
    bench.join(10)
    bench.wait(1000.0)
    assert only(bench.change("pool.autoscale", True), c.ResizePool) == []
    said = bench.wait(599.0)
    assert (only(said, c.ResizePool), only(said, c.Release)) == ([], [])
    assert slots(bench) == 10
    assert only(bench.wait(30.0), c.ResizePool) == [c.ResizePool(2)]


def test_what_arrived_before_it_was_switched_on_counts_for_growing(bench_of: BenchOf) -> None:
    """40 arrived and none wait, at 8.3 s each within 300 s: 1.1 + 2 sqrt(1.1) people."""
    small = {**POOL, "size": 2, "autoscale": False}
    bench = bench_of(pool=small, tasks={"batching": "continuous"})
    bench.join(2)
    bench.submit(40, last=False)
    bench.work(5.0)
    bench.change("pool.autoscale", True)
    bench.change("pool.size", 10)
    assert slots(bench) == 4


def test_what_arrives_while_nobody_looks_is_forgotten_when_it_is_old(bench_of: BenchOf) -> None:
    bench = bench_of(pool={**POOL, "autoscale": False})
    for _ in range(50):
        bench.submit(1, last=False)
        bench.wait(30.0)
    assert len(bench.engine.autoscaler._arrived) == 10


def test_the_fewest_slots_are_no_more_than_the_most() -> None:
    (told,) = problems(RunConfig(pool=PoolConfig(size=4, autoscale=True, smallest=5)))
    assert told == (
        "pool.smallest: 5 slots are more than pool.size, the most there may be (4); "
        "lower it or raise pool.size"
    )
    fixed = RunConfig(pool=PoolConfig(size=2), tasks=TasksConfig(votes=2))
    assert list(problems(fixed)) == []
