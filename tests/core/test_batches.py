"""The Batcher and the Task Selector: how much, which records, and when it is enough."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.task_selector import SELECTORS
from clamshell_tui.run.totals import totals
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, Bench, only

LEARNING: dict[str, Any] = {"enabled": True, "active_fraction": 0.5}


@pytest.mark.parametrize(("ratio", "tasks"), [(0.5, 8), (1.0, 4), (2.0, 2), (4.0, 1), (9.0, 1)])
def test_a_batch_holds_pool_over_ratio_tasks(pool_of: PoolOf, ratio: float, tasks: int) -> None:
    bench = pool_of(4, records=50, tasks={"pool_batch_ratio": ratio, "records_per_task": 3})
    (cut,) = bench.all_commands(c.CutBatch)
    assert [len(group) for group in cut.records] == [3] * tasks


def test_the_next_batch_is_cut_at_once_when_the_last_task_is_complete(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=4, straggler_mitigation={"enabled": False})
    assert only(bench.answer(W1, after=1.0), c.CutBatch) == []
    said = bench.answer(W2, after=1.0)
    order = [type(x) for x in said if isinstance(x, c.CloseBatch | c.CutBatch | c.Assign)]
    assert order == [c.CloseBatch, c.CutBatch, c.Assign, c.Assign]


def test_mpl_is_the_mean_latency_per_label_of_the_batch(pool_of: PoolOf) -> None:
    bench = pool_of(
        2, records=8, tasks={"records_per_task": 2}, straggler_mitigation={"enabled": False}
    )
    bench.answer(W1, after=4.0)  # 2 s per label
    (closed,) = only(bench.answer(W2, after=4.0), c.CloseBatch)  # 4 s per label
    assert closed.mpl == pytest.approx(3.0)


def test_the_last_task_takes_what_is_left(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=5, tasks={"records_per_task": 3})
    (cut,) = bench.all_commands(c.CutBatch)
    assert [len(group) for group in cut.records] == [3, 2]
    bench.work()
    assert bench.all_commands(c.FinishRun) == [c.FinishRun("all records are labelled")]


def test_every_record_is_labelled_exactly_once_without_learning(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=31, tasks={"records_per_task": 2})
    bench.work()
    found = [r for d in bench.all_commands(c.DeliverLabels) for r in d.records]
    assert sorted(found) == list(range(31))


def test_a_budget_of_labels_is_met_exactly(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=50, tasks={"records_per_task": 4}, stop={"labels": 17})
    bench.work()
    assert totals(bench.engine, bench.now).labels == 17
    assert bench.all_commands(c.FinishRun) == [c.FinishRun("budget of labels reached")]


def test_a_budget_makes_up_for_what_was_set_aside(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=20, tasks={"max_failures": 1}, stop={"labels": 6})
    bench.skip(W1)
    bench.work()
    assert totals(bench.engine, bench.now).labels == 6


def test_reaching_the_target_accuracy_drains_the_run(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=20, learning=LEARNING, stop={"accuracy": 0.9})
    bench.answer(W1, after=1.0)
    bench.trained(accuracy=0.89)
    assert bench.phase == "labelling"
    bench.trained(accuracy=0.9)
    assert bench.phase == "draining"
    bench.work()
    assert bench.all_commands(c.FinishRun) == [c.FinishRun("target accuracy reached (0.900)")]


@pytest.mark.parametrize("accuracy", [float("nan"), float("inf"), 1.5, -1.0, None])
def test_an_accuracy_that_is_none_is_ignored(pool_of: PoolOf, accuracy: float | None) -> None:
    bench = pool_of(2, records=20, learning=LEARNING, stop={"accuracy": 0.9})
    bench.answer(W1, after=1.0)
    bench.trained(3, 4, accuracy=accuracy)
    snapshot = totals(bench.engine, bench.now)
    assert (snapshot.phase, snapshot.model.accuracy) == ("labelling", None)


def test_records_may_keep_arriving(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 2})
    bench.join(2)
    for _ in range(3):
        assert set(bench.holds) == set()
        bench.submit(2, last=False)
        bench.work()
        assert bench.phase == "labelling"
        bench.wait(60.0)
    said = bench.handle(e.SubmissionClosed())
    assert only(said, c.FinishRun) == [c.FinishRun("all records are labelled")]
    assert totals(bench.engine, bench.now).labels == 6


def test_a_run_without_records_is_over_at_once(bench_of: BenchOf) -> None:
    bench = bench_of()
    assert bench.phase == "recruiting"
    bench.submit(0)
    assert bench.phase == "finished"


@pytest.mark.parametrize(
    ("selector", "slots", "r", "split"),
    [
        ("passive", 10, 0.5, (0, 10)),
        ("active", 10, 0.5, (5, 0)),
        ("active", 3, 0.1, (1, 0)),
        ("hybrid", 10, 0.3, (3, 7)),
        ("hybrid", 10, 1.0, (10, 0)),
        ("hybrid", 10, 0.0, (0, 10)),
    ],
)
def test_the_slots_are_split_between_active_and_passive(
    selector: str, slots: int, r: float, split: tuple[int, int]
) -> None:
    assert SELECTORS[selector](slots, r) == split


def next_batch(bench: Bench) -> c.CutBatch:
    """Let the workers answer until another batch is cut."""
    cut = len(bench.all_commands(c.CutBatch))
    while len(bench.all_commands(c.CutBatch)) == cut:
        bench.answer(next(iter(bench.holds)), after=1.0)
    return bench.all_commands(c.CutBatch)[-1]


def test_the_first_batch_has_no_model_and_is_random(pool_of: PoolOf) -> None:
    for selector, tasks in (("passive", 4), ("hybrid", 4), ("active", 2)):
        bench = pool_of(4, records=40, learning={**LEARNING, "selector": selector})
        (cut,) = bench.all_commands(c.CutBatch)
        assert (len(cut.tasks), cut.active, cut.model) == (tasks, frozenset(), 0)


def test_hybrid_takes_the_most_uncertain_for_half_the_slots_and_random_ones_for_the_rest(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(4, records=40, tasks={"records_per_task": 2}, learning=LEARNING)
    played = {r for group in bench.all_commands(c.CutBatch)[0].records for r in group}
    ranking = [r for r in range(39, -1, -1) if r not in played]
    bench.answer(W1, after=1.0)
    bench.trained(*ranking)
    cut = next_batch(bench)
    assert cut.model == 1
    assert [list(group) for group in cut.records[:2]] == [ranking[:2], ranking[2:4]]
    assert cut.active == set(ranking[:4])
    assert len(cut.tasks) == 4


def test_active_only_cuts_fewer_tasks(pool_of: PoolOf) -> None:
    bench = pool_of(4, records=40, learning={**LEARNING, "selector": "active"})
    bench.answer(W1, after=1.0)
    bench.trained(*range(40))
    assert len(next_batch(bench).tasks) == 2


def test_ranked_records_that_are_labelled_or_in_play_are_replaced_by_the_next(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=20, learning={**LEARNING, "selector": "active"})
    played = [r for group in bench.all_commands(c.CutBatch)[0].records for r in group]
    fresh = [r for r in range(20) if r not in played]
    bench.answer(W1, after=1.0)
    bench.trained(*played, 999, fresh[5], *fresh[:5])
    assert next_batch(bench).records == ((fresh[5],),)


def test_a_ranking_that_runs_short_is_filled_up_at_random(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=30, tasks={"records_per_task": 3}, learning=LEARNING)
    played = {r for group in bench.all_commands(c.CutBatch)[0].records for r in group}
    best = next(r for r in range(30) if r not in played)
    bench.answer(W1, after=1.0)
    bench.trained(best)
    cut = next_batch(bench)
    assert cut.records[0][0] == best
    assert [len(group) for group in cut.records] == [3, 3]


def test_only_what_was_selected_by_uncertainty_is_noted_as_active(pool_of: PoolOf) -> None:
    """Active and random records have different weights in learning; fill-ins are random."""
    bench = pool_of(2, records=30, tasks={"records_per_task": 3}, learning=LEARNING)
    played = {r for group in bench.all_commands(c.CutBatch)[0].records for r in group}
    best = next(r for r in range(30) if r not in played)
    bench.answer(W1, after=1.0)
    bench.trained(best)
    assert next_batch(bench).active == {best}
