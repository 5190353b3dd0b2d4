"""No barrier: a free worker gets the next records immediately (tasks.batching = "continuous")."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import LearningConfig, RunConfig, TasksConfig, problems
from clamshell_tui.run.totals import totals
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, W3, only

CONTINUOUS: dict[str, Any] = {"batching": "continuous"}
LEARNING: dict[str, Any] = {"enabled": True, "active_fraction": 0.5}


def test_a_free_worker_gets_the_next_record_while_others_still_work(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=10, tasks=CONTINUOUS)
    for _ in range(5):
        (assigned,) = only(bench.answer(W2, after=1.0), c.Assign)
        assert (assigned.worker, assigned.duplicate) == (W2, False)


def test_duplicates_come_only_when_nothing_is_left_to_cut(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=3, tasks=CONTINUOUS)
    straggling = bench.holds[W1].task
    bench.answer(W2, after=1.0)
    (duplicate,) = only(bench.answer(W2, after=1.0), c.Assign)
    assert (duplicate.task, duplicate.duplicate) == (straggling, True)


def test_records_that_arrive_late_end_the_duplicating(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 2}, tasks=CONTINUOUS)
    bench.submit(2, last=False)
    bench.join(2)
    assert only(bench.answer(W2, after=1.0), c.Assign)[0].duplicate
    assert only(bench.submit(2), c.Assign) == []  # both are busy
    said = bench.answer(W2, after=1.0)
    assert [assign.duplicate for assign in only(said, c.Assign)] == [False, False]


def test_a_budget_counts_what_is_in_play(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=50, tasks={**CONTINUOUS, "records_per_task": 4}, stop={"labels": 17})
    bench.work()
    assert totals(bench.engine, bench.now).labels == 17
    assert bench.all_commands(c.FinishRun) == [c.FinishRun("budget of labels reached")]
    cut = [group for cut in bench.all_commands(c.CutBatch) for group in cut.records]
    assert sum(map(len, cut)) == 17


def test_the_newest_ranking_decides_what_comes_next(pool_of: PoolOf) -> None:
    learning = {**LEARNING, "selector": "active"}
    bench = pool_of(2, records=40, tasks=CONTINUOUS, learning=learning)
    played = [r for cut in bench.all_commands(c.CutBatch) for g in cut.records for r in g]
    fresh = [r for r in range(40) if r not in played]
    bench.trained(*played, *fresh[:5])
    assert only(bench.answer(W1, after=1.0), c.Assign)[0].records == (fresh[0],)
    bench.trained(fresh[9], *fresh[1:5])
    assert only(bench.answer(W1, after=1.0), c.Assign)[0].records == (fresh[9],)


@pytest.mark.parametrize(
    ("r", "share"), [(0.5, [False, True] * 4), (0.25, [False, False, False, True] * 2)]
)
def test_hybrid_alternates_between_uncertain_and_random_records(
    pool_of: PoolOf, r: float, share: list[bool]
) -> None:
    learning = {**LEARNING, "active_fraction": r}
    bench = pool_of(8, records=200, tasks=CONTINUOUS, learning=learning)
    bench.trained(*range(100, 200))
    said = [command for worker in list(bench.holds) for command in bench.answer(worker)]
    assert [bool(cut.active) for cut in only(said, c.CutBatch)] == share


def test_a_batch_is_what_a_batch_would_have_held_and_batches_overlap(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=9, tasks=CONTINUOUS)
    said = [command for _ in range(4) for command in bench.answer(W2, after=1.0)]
    assert [cut.batch for cut in only(said, c.CutBatch)] == [1, 1, 1, 2]
    assert [closed.batch for closed in only(said, c.CloseBatch)] == [1]
    bench.answer(W3, after=1.0)  # W1 still holds a task of the first batch
    said = bench.answer(W1, after=1.0)
    assert [closed.batch for closed in only(said, c.CloseBatch)] == [0]


def test_with_votes_the_waiting_first_give_the_missing_ones(pool_of: PoolOf) -> None:
    bench = pool_of(
        4, records=9, tasks={**CONTINUOUS, "votes": 2}, straggler_mitigation={"enabled": False}
    )
    assert sorted(held.task for held in bench.holds.values()) == [0, 0, 1, 1]
    said = bench.answer(W1, after=1.0)
    assert [assign.task for assign in only(said, c.Assign)] == [2]
    said = bench.answer(W3, after=1.0)
    assert [assign.task for assign in only(said, c.Assign)] == [2]


def test_nothing_is_cut_while_the_run_is_paused_or_drains(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=10, tasks=CONTINUOUS)
    bench.handle(e.RunPaused())
    assert only(bench.answer(W1, after=1.0), c.Assign) == []
    (assigned,) = only(bench.handle(e.RunResumed()), c.Assign)
    assert assigned.worker == W1
    bench.handle(e.StopRequested())
    bench.work()
    assert bench.phase == "finished"
    assert totals(bench.engine, bench.now).labels == 3


def test_a_synchronous_learner_has_no_end_of_a_batch_to_wait_at() -> None:
    config = RunConfig(
        tasks=TasksConfig(batching="continuous"), learning=LearningConfig(retraining="sync")
    )
    (problem,) = problems(config)
    assert problem.startswith("tasks.batching")
    assert "async" in problem
