"""When a model is asked for, and what a slow or failing learner does to the run: nothing."""

from typing import Any

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.run.totals import totals
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, only

ASYNC: dict[str, Any] = {"enabled": True, "retraining": "async", "timeout": 50.0}
SYNC: dict[str, Any] = {**ASYNC, "retraining": "sync"}


def test_a_model_is_asked_for_whenever_the_learner_is_free_and_labels_are_new(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(3, records=30, learning=ASYNC)
    assert only(bench.answer(W1, after=1.0), c.Retrain) == [c.Retrain(1)]
    assert only(bench.answer(W2, after=1.0), c.Retrain) == []
    assert only(bench.trained(), c.Retrain) == [c.Retrain(2)]
    assert only(bench.trained(), c.Retrain) == []


def test_known_labels_train_the_first_model_and_are_never_asked(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 2}, learning=ASYNC)
    assert only(bench.know(0, 1, 1), c.Retrain) == [c.Retrain(3)]
    bench.submit(4)
    bench.trained(0, 1, 2, 5)
    bench.join(2)
    bench.work()

    asked = {
        record for cut in bench.all_commands(c.CutBatch) for task in cut.records for record in task
    }
    assert asked == {3, 4, 5, 6}
    assert bench.phase == "finished"
    assert bench.engine.state.seeds == 3


def test_asynchronous_training_never_holds_up_a_batch(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=5, learning=ASYNC)
    said = bench.answer(W1, after=1.0)
    assert len(only(said, c.Retrain)) == len(only(said, c.Assign)) == 1


def test_synchronous_training_holds_up_the_next_batch_until_the_model_is_there(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=9, learning=SYNC)
    assert only(bench.answer(W1, after=1.0), c.Retrain) == []
    said = bench.answer(next(iter(bench.holds)), after=1.0)
    assert len(only(said, c.Retrain)) == 1
    assert only(said, c.CutBatch) == []
    (cut,) = only(bench.trained(7, 8), c.CutBatch)
    assert cut.model == 1


def test_a_synchronous_run_gives_up_waiting_at_the_time_out_and_says_so(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=9, learning=SYNC)
    bench.answer(W1, after=1.0)
    assert only(bench.wait(49.0), c.CutBatch) == []
    said = bench.wait(1.0)
    assert [w.message for w in only(said, c.Warn)] == ["no model within 50 s: going on without"]
    assert len(only(said, c.CutBatch)) == 1
    bench.work()
    assert bench.phase == "finished"


def test_a_model_that_comes_after_the_time_out_is_welcome(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=9, learning=SYNC)
    bench.answer(W1, after=1.0)
    bench.wait(50.0)
    bench.trained(5, 6)
    assert totals(bench.engine, bench.now).model.version == 1


def test_a_failing_learner_warns_once_and_stalls_nothing(pool_of: PoolOf) -> None:
    for learning in (ASYNC, SYNC):
        bench = pool_of(2, records=12, learning=learning)
        told: list[c.Command] = []
        for _ in range(40):
            if totals(bench.engine, bench.now).model.training:
                told += bench.handle(e.TrainingFailed("singular"))
            if bench.holds:
                told += bench.answer(next(iter(bench.holds)), after=1.0)
        assert [warning.code for warning in only(told, c.Warn)] == ["learner"]
        assert bench.phase == "finished"


def test_after_a_failure_selection_is_random(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=20, learning=ASYNC)
    bench.answer(W1, after=1.0)
    bench.trained(*range(20))
    bench.handle(e.TrainingFailed("singular"))
    said = bench.work()
    assert {cut.active for cut in only(said, c.CutBatch)} == {frozenset()}


def test_a_learner_that_works_again_may_fail_again_and_be_told_of(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=20, learning=ASYNC)
    bench.answer(W1, after=1.0)
    codes = [
        [warning.code for warning in only(bench.handle(event), c.Warn)]
        for event in (
            e.TrainingFailed("singular"),
            e.TrainingFailed("singular"),
            e.ModelTrained((), 1),
            e.TrainingFailed("singular"),
        )
    ]
    assert codes == [["learner"], [], [], ["learner"]]


def test_a_last_model_may_be_trained_after_the_end(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, learning=ASYNC)
    bench.work()
    assert bench.phase == "finished"
    assert bench.trained(accuracy=0.7) == [c.Retrain(2)]
    assert bench.trained(accuracy=0.8) == []
    assert totals(bench.engine, bench.now).model.accuracy == 0.8


def test_nothing_is_trained_when_learning_is_off(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=5)
    bench.work()
    assert bench.all_commands(c.Retrain) == []
