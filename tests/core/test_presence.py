"""Recruitment, qualification, lost connections, leaving; and what is paid for the time."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import WorkerId
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, W3, Bench, only

TUTORIAL: dict[str, Any] = {"enabled": True, "records": 2, "pass_mark": 0.85}
NO_DUPLICATES = {"enabled": False}


def test_recruitment_asks_for_pool_and_reserve_again_every_three_minutes(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 5, "reserve": 3})
    posted = only(bench.submit(10), c.PostRecruitment)
    bench.join(2)
    posted += only(bench.wait(179.0), c.PostRecruitment)
    assert posted == [c.PostRecruitment(8, 180.0)]
    assert only(bench.wait(1.0), c.PostRecruitment) == [c.PostRecruitment(6, 360.0)]


def test_the_posting_is_taken_down_once_and_not_renewed_when_everybody_is_there(
    bench_of: BenchOf,
) -> None:
    bench = bench_of(pool={"size": 1}, straggler_mitigation=NO_DUPLICATES)
    bench.submit(10)
    bench.join(1)
    assert only(bench.wait(720.0), c.PostRecruitment) == [c.PostRecruitment(0, 360.0)]


def test_trainees_count_as_recruited(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 3}, qualification=TUTORIAL)
    bench.submit(10, gold={0: 1, 1: 0})
    bench.join(2)
    assert only(bench.wait(180.0), c.PostRecruitment) == [c.PostRecruitment(1, 360.0)]


def test_who_comes_when_the_pool_is_full_is_turned_away(pool_of: PoolOf) -> None:
    bench = pool_of(2)
    said = bench.join()
    assert said == [c.Reject(W3, "the pool is full")]


def test_who_comes_after_the_end_is_turned_away(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=1)
    bench.work()
    assert bench.join() == [c.Reject(W2, "the run is over")]


def test_who_passes_the_qualification_is_admitted_and_paid_for_the_time(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 1}, qualification=TUTORIAL)
    bench.submit(10, gold={0: 1, 1: 1})
    (tutorial,) = only(bench.join(), c.Qualify)
    assert set(tutorial.records) == {0, 1}
    said = bench.qualify(W1, 1, 1, after=60.0)
    assert only(said, c.PayWaiting) == [c.PayWaiting(W1, c.PayKind.TRAINING, 0.0, 60.0, 50_000)]
    assert only(said, c.Admit) == [c.Admit(W1, 2, 2)]
    assert only(said, c.Seat) == [c.Seat(W1, 0)]
    assert set(bench.holds[W1].records).isdisjoint({0, 1})


def test_who_fails_the_qualification_is_thanked_and_paid_for_the_time(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 1}, qualification=TUTORIAL)
    bench.submit(10, gold={0: 1, 1: 1})
    bench.join()
    said = bench.qualify(W1, 1, 0, after=60.0)
    assert [type(command) for command in said] == [c.PayWaiting, c.Reject]
    assert only(said, c.Reject) == [c.Reject(W1, "did not qualify", 1, 2)]
    assert bench.paid(W1, c.PayKind.TRAINING) == 50_000
    assert bench.present() == []


def test_the_pass_mark_itself_passes(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 1}, qualification={**TUTORIAL, "pass_mark": 0.5})
    bench.submit(10, gold={0: 1, 1: 1})
    bench.join()
    assert only(bench.qualify(W1, 1, 0), c.Admit) == [c.Admit(W1, 1, 2)]


def test_a_trainee_of_a_run_that_ends_is_not_said_to_have_failed(bench_of: BenchOf) -> None:
    """Nothing was answered, so nothing was wrong: the reject must not count 0 of 2."""
    bench = bench_of(pool={"size": 2, "start_with": 0.5}, qualification=TUTORIAL)
    bench.submit(3, gold={0: 1, 1: 1})
    bench.join(2)
    bench.qualify(W1, 1, 1)
    said = bench.work()
    assert only(said, c.Reject) == [c.Reject(W2, "the run is over", 0, 0)]


def test_waiting_is_paid_by_the_minute_until_the_task_comes(bench_of: BenchOf) -> None:
    bench = bench_of(pool={"size": 2})
    bench.submit(4)
    bench.join()
    bench.wait(90.0)
    said = bench.join()
    assert only(said, c.PayWaiting) == [c.PayWaiting(W1, c.PayKind.WAITING, 0.0, 90.0, 75_000)]


def test_the_first_batch_waits_for_the_share_of_the_pool_that_was_asked_for(
    bench_of: BenchOf,
) -> None:
    bench = bench_of(pool={"size": 4, "start_with": 0.5})
    bench.submit(9)
    assert only(bench.join(1), c.CutBatch) == []
    assert len(only(bench.join(1), c.CutBatch)) == 1


def test_a_lost_connection_stops_the_pay_and_keeps_the_slot_during_the_grace(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(1, records=1, last=False, pool={"grace": 30.0})
    bench.answer(W1, after=10.0)
    said = bench.disconnect(W1, after=60.0)
    assert only(said, c.PayWaiting) == [c.PayWaiting(W1, c.PayKind.WAITING, 10.0, 70.0, 50_000)]
    bench.wait(29.0)
    assert bench.worker(W1).slot == 0
    said = bench.wait(1.0)
    assert only(said, c.PayWaiting) == []
    assert only(said, c.Release) == [c.Release(W1, "disconnected", 70_000)]


def test_a_task_is_lost_with_its_worker_after_the_grace_and_paid_until_the_loss(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=2, pool={"grace": 30.0}, straggler_mitigation={"enabled": False})
    lost = bench.holds[W1]
    bench.answer(W2, after=0.0)
    bench.disconnect(W1, after=12.0)
    said = bench.wait(30.0)
    assert only(said, c.Withdraw) == [c.Withdraw(lost.assignment, W1, "lost", 10_000)]
    assert [(a.worker, a.task) for a in only(said, c.Assign)] == [(W2, lost.task)]


def test_who_is_back_within_the_grace_still_has_the_task(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, pool={"grace": 30.0})
    mine = bench.holds[W1]
    bench.disconnect(W1, after=5.0)
    bench.reconnect(W1, after=20.0)
    bench.wait(100.0)
    assert bench.holds[W1] == mine
    (ack,) = only(bench.answer(W1), c.Acknowledge)
    assert ack.outcome is c.Outcome.COUNTED


def test_a_second_loss_starts_a_grace_of_its_own(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, pool={"grace": 30.0})
    bench.disconnect(W1)
    bench.reconnect(W1, after=20.0)
    bench.disconnect(W1, after=1.0)
    assert only(bench.wait(29.0), c.Release) == []
    assert len(only(bench.wait(1.0), c.Release)) == 1


def test_nobody_away_is_given_work(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=0, last=False)
    bench.disconnect(W1)
    bench.submit(5)
    assert set(bench.holds) == {W2}
    bench.reconnect(W1, after=1.0)
    assert set(bench.holds) == {W1, W2}


def test_the_slot_of_who_leaves_passes_to_the_reserve_at_once(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=10, pool={"reserve": 1}, straggler_mitigation=NO_DUPLICATES)
    bench.join()
    task = bench.holds[W1].task
    said = bench.leave(W1, after=1.0)
    assert only(said, c.Seat) == [c.Seat(W3, 0)]
    assert [(a.worker, a.task) for a in only(said, c.Assign)] == [(W3, task)]


def test_a_reserve_that_is_away_is_passed_over_until_it_is_back(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=10, pool={"reserve": 1})
    bench.join()
    bench.disconnect(W2)
    assert only(bench.leave(W1), c.Seat) == []
    assert only(bench.reconnect(W2, after=1.0), c.Seat) == [c.Seat(W2, 0)]


def test_who_is_dismissed_finishes_the_task_outside_the_pool(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=3, pool={"reserve": 1})
    bench.join()
    said = bench.handle(e.WorkerDismissed(W1))
    assert only(said, c.Seat) == [c.Seat(W2, 0)]
    said = bench.answer(W1, after=2.0)
    assert [a.outcome for a in only(said, c.Acknowledge)] == [c.Outcome.COUNTED]
    assert only(said, c.Release) == [c.Release(W1, "dismissed", 20_000)]


def test_who_is_paused_keeps_slot_pay_and_the_task_in_hand_and_gets_no_other(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(1, records=6, tasks={"records_per_task": 2})
    bench.join()
    bench.handle(e.WorkerPaused(W1))
    said = bench.answer(W1, after=2.0)
    assert [a.outcome for a in only(said, c.Acknowledge)] == [c.Outcome.COUNTED]
    assert only(said, c.Assign) == []
    bench.disconnect(W1)
    assert only(bench.reconnect(W1, after=1.0), c.Assign) == []
    said = bench.handle(e.WorkerResumed(W1), after=59.0)
    assert len(only(said, c.Assign)) == 1
    paid = [each for each in bench.all_commands(c.PayWaiting) if each.worker == W1]
    assert sum(each.until - each.since for each in paid) >= 59.0


def test_everybody_is_told_once_that_the_run_is_over(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, pool={"reserve": 1})
    bench.join()
    bench.work()
    released = bench.all_commands(c.Release)
    assert sorted(release.worker for release in released) == ["W1", "W2", "W3"]
    assert {release.reason for release in released} == {"the run is over"}
    assert bench.engine.next_deadline == float("inf")
    assert bench.leave(WorkerId("W1"), after=5.0) == []


# -- training, and the last sign of life -----------------------------------------------------------


def trainee(bench_of: BenchOf, gold: int = 3) -> Bench:
    """W1 in a tutorial of some records with a limit of 900 s: each is worth its share of that."""
    bench = bench_of(pool={"size": 1}, qualification={"enabled": True, "records": gold})
    bench.submit(10, gold=dict.fromkeys(range(gold), 0))
    bench.join()
    return bench


def continued(bench: Bench, answered: int, *, after: float) -> None:
    bench.handle(e.TutorialContinued(W1, answered), after=after)


def trained(bench: Bench) -> float:
    """Seconds of training paid."""
    return sum(
        pay.until - pay.since
        for pay in bench.all_commands(c.PayWaiting)
        if pay.kind is c.PayKind.TRAINING
    )


def test_a_tutorial_is_over_after_a_quarter_of_an_hour_by_default(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    assert only(bench.wait(899.0), c.Reject) == []
    assert only(bench.wait(1.0), c.Reject) == [c.Reject(W1, "the tutorial took too long")]


def test_heartbeats_alone_are_no_training(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    bench.wait(900.0)
    assert trained(bench) == 0


def test_training_is_paid_up_to_the_last_record_that_was_answered(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    continued(bench, 1, after=100.0)
    continued(bench, 2, after=150.0)
    bench.wait(650.0)
    assert trained(bench) == 250


def test_one_answer_does_not_prove_an_hour_of_training(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    continued(bench, 1, after=890.0)
    bench.leave(W1)
    assert trained(bench) == 300  # a third of the limit


def test_records_said_to_be_answered_early_prove_no_later_time(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    continued(bench, 3, after=1.0)
    bench.wait(899.0)
    assert trained(bench) == 1


def test_a_tutorial_that_is_answered_is_paid_in_full_however_slow(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    bench.qualify(W1, 0, 0, 0, after=880.0)
    assert trained(bench) == 880


@pytest.mark.parametrize("end", ["lost", "dismissed", "over"])
def test_training_that_the_worker_did_not_end_is_paid_with_the_record_in_hand(
    bench_of: BenchOf, end: str
) -> None:
    bench = trainee(bench_of)
    continued(bench, 1, after=50.0)
    bench.wait(70.0)
    if end == "lost":
        bench.disconnect(W1)
        bench.wait(30.0)
    elif end == "dismissed":
        bench.handle(e.WorkerDismissed(W1))
    else:
        bench.handle(e.StopRequested())
    assert trained(bench) == 120


def test_training_goes_on_after_a_short_absence_which_is_not_paid(bench_of: BenchOf) -> None:
    bench = trainee(bench_of)
    bench.disconnect(W1, after=60.0)
    bench.reconnect(W1, after=20.0)
    bench.qualify(W1, 0, 0, 0, after=40.0)
    assert trained(bench) == 100


def test_waiting_is_paid_until_the_last_sign_of_life_not_until_the_loss_is_noticed(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(1, records=0, last=False)
    bench.wait(60.0)
    said = bench.handle(e.WorkerDisconnected(W1, present_until=51.0))
    assert only(said, c.PayWaiting) == [c.PayWaiting(W1, c.PayKind.WAITING, 0.0, 51.0, 42_500)]


def test_the_time_with_a_lost_task_ends_with_the_last_sign_of_life_too(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, straggler_mitigation=NO_DUPLICATES)
    bench.wait(12.0)
    bench.handle(e.WorkerDisconnected(W1, present_until=6.0))
    (end,) = only(bench.wait(30.0), c.Withdraw)
    assert (end.state, end.micros) == ("lost", 5_000)


def test_losses_by_the_coordinators_doing_never_count_as_skips(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, straggler_mitigation=NO_DUPLICATES)
    for _ in range(5):
        bench.handle(e.WorkerDisconnected(W1, ours=True), after=1.0)
        bench.reconnect(W1, after=1.0)
    assert bench.engine.state.pool.workers[W1].skipped == 0
