"""Ends of assignments: leases, failures, late and repeated answers."""

from clamshell_tui.core import commands as c
from clamshell_tui.run.totals import totals
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, only


def test_an_expired_lease_gives_the_task_to_somebody_else(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, tasks={"lease": 60.0}, straggler_mitigation={"enabled": False})
    stuck = bench.holds[W1]
    bench.answer(W2, after=59.0)
    said = bench.wait(1.0)
    assert only(said, c.Withdraw) == [c.Withdraw(stuck.assignment, W1, "expired", 0)]
    assert [(a.worker, a.task) for a in only(said, c.Assign)] == [(W2, stuck.task)]


def test_an_answer_at_the_very_end_of_the_lease_counts(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, tasks={"lease": 60.0})
    (ack,) = only(bench.answer(W1, after=60.0), c.Acknowledge)
    assert ack.outcome is c.Outcome.COUNTED


def test_who_lets_two_leases_in_a_row_expire_is_released_as_unresponsive(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=9, tasks={"lease": 60.0}, pool={"max_expired": 2, "reserve": 0})
    assert only(bench.wait(60.0), c.Release) == []
    (release,) = only(bench.wait(60.0), c.Release)
    assert (release.worker, release.reason) == (W1, "unresponsive")


def test_an_answer_in_between_forgives_an_expired_lease(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=9, tasks={"lease": 60.0}, pool={"max_expired": 2})
    bench.wait(60.0)
    bench.answer(W1, after=1.0)
    assert only(bench.wait(60.0), c.Release) == []


def test_a_poison_task_is_set_aside_after_three_failures_and_the_batch_completes(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(
        3,
        records=3,
        tasks={"records_per_task": 2, "pool_batch_ratio": 1.5, "max_failures": 3},
        straggler_mitigation={"enabled": False},
    )
    poison = bench.holds[W1]
    for worker in (W1, W3, W2):
        if worker is W2:
            bench.answer(W2, after=1.0)
        assert bench.holds[worker].task == poison.task
        said = bench.skip(worker, after=1.0)
    assert only(said, c.SetAside) == [c.SetAside(poison.task, poison.records)]
    assert [warning.code for warning in only(said, c.Warn)] == ["poison"]
    assert len(only(said, c.CloseBatch)) == 1
    assert [over.reason for over in only(said, c.FinishRun)] == ["all other records labelled"]
    assert totals(bench.engine, bench.now).set_aside == len(poison.records)


def test_two_failures_are_no_poison(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1, straggler_mitigation={"enabled": False})
    bench.skip(W1, after=1.0)
    bench.skip(W2, after=1.0)
    bench.answer(W3, after=1.0)
    assert bench.all_commands(c.SetAside) == []
    assert bench.phase == "finished"


def test_a_task_with_failures_is_not_poison_while_somebody_works_on_it(pool_of: PoolOf) -> None:
    bench = pool_of(
        4, records=1, tasks={"max_failures": 1}, straggler_mitigation={"max_duplicates": 1}
    )
    assert only(bench.skip(W1, after=1.0), c.SetAside) == []
    bench.answer(W2, after=1.0)
    assert len(bench.all_commands(c.DeliverLabels)) == 1


def test_a_skipped_task_does_not_come_back_to_the_same_worker(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, straggler_mitigation={"enabled": False})
    skipped = bench.holds[W1].task
    assert only(bench.skip(W1, after=1.0), c.Assign) == []
    (given,) = only(bench.answer(W2, after=1.0), c.Assign)
    assert (given.worker, given.task) == (W2, skipped)


def test_a_task_that_everybody_has_failed_on_starves_nobody(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=1)
    skipped = bench.holds[W1].task
    (again,) = only(bench.skip(W1, after=1.0), c.Assign)
    assert (again.worker, again.task) == (W1, skipped)


def test_a_terminated_worker_gets_that_task_again_only_when_nobody_else_is_left(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=1, tasks={"votes": 2, "max_failures": 9})
    bench.answer(W1, after=1.0)
    first = bench.holds[W2].task
    (again,) = only(bench.skip(W2, after=1.0), c.Assign)  # W1 has voted: only W2 is left
    assert (again.worker, again.task) == (W2, first)


def test_a_skip_is_paid_the_waiting_rate_for_its_time(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2)
    (withdrawn,) = only(bench.skip(W1, after=12.0), c.Withdraw)
    assert (withdrawn.state, withdrawn.micros) == ("skipped", 10_000)


def test_the_operator_is_told_of_the_third_skip(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=20, tasks={"pool_batch_ratio": 0.2, "max_failures": 99})
    codes = [[warning.code for warning in only(bench.skip(W1), c.Warn)] for _ in range(4)]
    assert codes == [[], [], ["skips"], []]


def test_a_skip_that_crosses_a_termination_changes_nothing(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1)
    mine = bench.holds[W1]
    bench.answer(W2, after=1.0)
    bench.holds[W1] = mine
    before = totals(bench.engine, bench.now)
    assert bench.skip(W1) == []
    assert totals(bench.engine, bench.now) == before


def test_a_late_answer_is_acknowledged_as_late_and_not_counted(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2)
    bench.answer(W1, after=1.0)
    late = bench.holds[W2]
    winner = bench.answer(W1, 1, after=1.0)
    assert [t.assignment for t in only(winner, c.Terminate)] == [late.assignment]
    said = bench.answer_for(late.assignment, W2, 0, after=0.5)
    assert said == [c.Acknowledge(late.assignment, W2, c.Outcome.LATE, 0)]  # paid in full before
    assert [d.labels for d in bench.all_commands(c.DeliverLabels)] == [(0,), (1,)]


def test_a_late_answer_tops_a_prorated_payment_up_once(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=3, pay={"terminated": "prorated"})
    bench.answer(W2, after=10.0)
    bench.answer(W1, after=10.0)
    late = bench.holds[W2].assignment
    (ended,) = only(bench.answer(W1, after=2.5), c.Terminate)
    assert ended.micros == 5_000  # 2.5 s of the 10 that W2 usually takes; 12.5 s had W2 held it
    topped = [bench.answer_for(late, W2, after=1.0) for _ in range(2)]
    acks = [only(said, c.Acknowledge)[0] for said in topped]
    assert [(a.outcome, a.micros) for a in acks] == [
        (c.Outcome.LATE, 15_000),
        (c.Outcome.REPEATED, 0),
    ]


def test_the_same_answer_again_gets_the_same_acknowledgement_and_no_pay(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=4)
    mine = bench.holds[W1].assignment
    bench.answer(W1, 1, after=1.0)
    said = bench.answer_for(mine, W1, 1, after=1.0)
    assert said == [c.Acknowledge(mine, W1, c.Outcome.REPEATED, 0)]


def test_another_answer_to_an_answered_assignment_conflicts_and_the_first_stands(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(1, records=2)
    mine = bench.holds[W1].assignment
    bench.answer(W1, 1, after=1.0)
    said = bench.answer_for(mine, W1, 0, after=1.0)
    assert said == [c.Acknowledge(mine, W1, c.Outcome.CONFLICT, 0)]
    assert [d.labels for d in bench.all_commands(c.DeliverLabels)] == [(1,)]


def test_the_story_of_a_task_names_everybody_who_tried(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1)
    task = bench.holds[W1].task
    bench.skip(W1, after=1.0)
    bench.answer(W2, after=1.0)
    told = bench.engine.story(task, "task")
    for expected in ("complete", "to W1, skipped at 1.000", "to W2, completed at 2.000"):
        assert expected in told
    assert "took a slot" in bench.engine.story(W1)
    assert bench.engine.story(W3).startswith("W3 is left (the run is over)")
