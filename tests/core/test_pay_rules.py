"""The pay rule, one ending after the other: what is paid at the end, and for an answer after it.

A record is paid 20,000 micro-dollars, a minute of waiting 50,000. ``pay_oracle`` holds the same
rule as a table and is compared with hundreds of random runs.
"""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.crowd_platform.pay_rules import PAY_RULES
from clamshell_tui.core.ids import AssignmentId, WorkerId
from tests.core import pay_oracle
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, Bench, only

ALONE: dict[str, Any] = {"straggler_mitigation": {"enabled": False}}
PRORATED = {"terminated": "prorated"}
GRACE = 30.0


def late(
    bench: Bench, assignment: AssignmentId, worker: WorkerId = W1, *, after: float = 0.0
) -> int:
    """The pay for an answer after the end; the same answer once more is paid nothing."""
    (ack,) = only(bench.answer_for(assignment, worker, after=after), c.Acknowledge)
    assert ack.outcome is c.Outcome.LATE
    (again,) = only(bench.answer_for(assignment, worker), c.Acknowledge)
    assert (again.outcome, again.micros) == (c.Outcome.REPEATED, 0)
    return ack.micros


def ended(commands: list[c.Command], worker: WorkerId = W1) -> tuple[str, int]:
    """How the worker's assignment ended, and the pay at the end."""
    (end,) = [end for end in only(commands, c.Withdraw) if end.worker == worker]
    return end.state, end.micros


def test_the_table_of_the_oracle_and_of_the_engine_name_the_same_endings() -> None:
    """Both were written by hand from the rule; the amounts are compared by the runs."""
    oracle = {(ending, cause is pay_oracle.WORKERS) for ending, cause in pay_oracle.TABLE}
    engine = {(str(ending), str(cause) == "worker") for ending, cause in PAY_RULES}
    assert engine - {("completed", True)} == oracle


# -- caused by the worker: nothing more ------------------------------------------------------------


def test_a_refused_task_is_paid_the_time_in_hand_and_its_answer_nothing(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, **ALONE)
    mine = bench.holds[W1].assignment
    assert ended(bench.skip(W1, after=12.0)) == ("skipped", 10_000)
    assert late(bench, mine) == 0


def test_a_worker_who_refuses_every_task_and_then_answers_it_earns_nothing(pool_of: PoolOf) -> None:
    tasks = {"max_failures": 99, "pool_batch_ratio": 0.1}
    bench = pool_of(2, records=99, tasks=tasks, conduct={"max_share": 1.0}, **ALONE)
    for _ in range(19):
        mine = bench.holds[W1].assignment
        bench.skip(W1)
        assert late(bench, mine) == 0
    assert bench.worker(W1).owed == 0


def test_refusing_a_task_never_pays_more_than_answering_it(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, **ALONE)
    assert ended(bench.skip(W1, after=600.0)) == ("skipped", 20_000)


@pytest.mark.parametrize("back", [0.0, GRACE])
def test_leaving_and_coming_back_with_the_answer_earns_nothing_more(
    pool_of: PoolOf, back: float
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    mine = bench.holds[W1].assignment
    assert ended(bench.leave(W1, after=6.0)) == ("left", 5_000)
    bench.disconnect(W1)
    bench.reconnect(W1, after=back)
    assert late(bench, mine) == 0


def test_a_lease_that_runs_out_while_connected_is_paid_nothing_at_all(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, tasks={"lease": 60.0}, **ALONE)
    mine = bench.holds[W1].assignment
    assert ended(bench.wait(60.0)) == ("expired", 0)
    assert late(bench, mine, after=1.0) == 0


def test_a_trainee_who_leaves_or_a_worker_without_a_task_ends_no_assignment(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=1, last=False, **ALONE)
    bench.answer(W1, after=1.0)
    assert only(bench.leave(W1, after=1.0), c.Withdraw) == []


# -- not caused by the worker: the answer is paid, once, within the grace of the return ------------


@pytest.mark.parametrize(("delay", "paid"), [(0.0, 10_000), (GRACE, 10_000), (GRACE + 1, 0)])
def test_an_answer_within_the_grace_of_the_return_from_a_lost_connection_is_topped_up(
    pool_of: PoolOf, delay: float, paid: int
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    mine = bench.holds[W1].assignment
    bench.disconnect(W1, after=12.0)
    assert ended(bench.wait(GRACE)) == ("lost", 10_000)
    bench.reconnect(W1, after=4000.0)
    assert late(bench, mine, after=delay) == paid


def test_a_short_absence_costs_neither_the_task_nor_its_pay(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, **ALONE)
    bench.disconnect(W1, after=5.0)
    bench.reconnect(W1, after=GRACE - 1)
    (ack,) = only(bench.answer(W1, after=3.0), c.Acknowledge)
    assert (ack.outcome, ack.micros) == (c.Outcome.COUNTED, 20_000)


@pytest.mark.parametrize(("delay", "paid"), [(GRACE, 15_000), (GRACE + 1, 0)])
def test_an_answer_that_crosses_a_termination_is_topped_up_within_the_grace_of_it(
    pool_of: PoolOf, delay: float, paid: int
) -> None:
    bench, mine = terminated_early(pool_of)
    assert late(bench, mine, W2, after=delay) == paid


def test_the_grace_stands_still_while_the_connection_is_lost(pool_of: PoolOf) -> None:
    """As when a router starts, fails and starts again."""
    bench, mine = terminated_early(pool_of)
    for _ in range(2):
        bench.disconnect(W2, after=10.0)
        bench.reconnect(W2, after=GRACE - 1)
    assert late(bench, mine, W2, after=10.0) == 15_000


def terminated_early(pool_of: PoolOf) -> tuple[Bench, AssignmentId]:
    """W2, usually 10 s for a record, is paid 5,000 for 2.5 s of one that W1 finished."""
    bench = pool_of(2, records=3, last=False, pay=PRORATED)
    bench.answer(W2, after=10.0)
    bench.answer(W1, after=10.0)
    mine = bench.holds[W2].assignment
    (end,) = only(bench.answer(W1, after=2.5), c.Terminate)
    assert (end.assignment, end.micros) == (mine, 5_000)
    return bench, mine


def test_a_lease_that_runs_out_while_the_worker_is_away_is_not_held_against_the_worker(
    pool_of: PoolOf,
) -> None:
    limits = {"lease": 60.0, "max_failures": 9}
    bench = pool_of(2, records=9, tasks=limits, pool={"max_expired": 1, "grace": 90.0}, **ALONE)
    mine = bench.holds[W1].assignment
    bench.answer(W2, after=1.0)
    bench.disconnect(W1, after=11.0)
    assert ended(bench.wait(48.0)) == ("expired", 10_000)
    bench.reconnect(W1, after=20.0)
    assert late(bench, mine) == 10_000
    assert "W1" in bench.present()


def test_a_worker_evicted_in_the_middle_is_paid_by_the_policy_and_the_answer_in_full(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(
        2,
        records=40,
        pay=PRORATED,
        pool={"reserve": 1},
        maintenance={"threshold": 5.0, "eviction": "preempt", "latency_estimator": "empirical"},
        **ALONE,
    )
    bench.join()
    for seconds in (9.0, 9.1, 9.2):
        bench.answer(W2, after=0.0)
        bench.answer(W1, after=seconds)
    (end,) = [end for end in only(bench.wait(4.0), c.Withdraw) if end.worker == W1]
    assert (end.state, end.micros) == ("preempted", 5_935)  # 2.7 s of 9.1, rounded up
    assert late(bench, end.assignment) == 20_000 - end.micros


@pytest.mark.parametrize("how", ["dismissed", "the pool was made smaller"])
def test_a_worker_who_must_go_finishes_the_task_in_hand_and_is_paid_for_it(
    pool_of: PoolOf, how: str
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    if how == "dismissed":
        bench.handle(e.WorkerDismissed(W2))
    else:
        bench.change("pool.size", 1)
    (ack,) = only(bench.answer(W2, after=5.0), c.Acknowledge)
    assert (ack.outcome, ack.micros) == (c.Outcome.COUNTED, 20_000)
    assert [over.reason for over in bench.all_commands(c.Release)] == [how]


def test_an_answer_that_was_lost_with_the_connection_is_paid_after_the_end_of_the_run(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=2, **ALONE)
    mine = bench.holds[W1].assignment
    bench.disconnect(W1, after=12.0)
    bench.wait(GRACE)
    bench.work()
    assert bench.phase == "finished"
    bench.reconnect(W1, after=60.0)
    assert late(bench, mine) == 10_000


# -- connections lost again and again --------------------------------------------------------------


def lose(bench: Bench, times: int) -> list[c.Command]:
    """W1 loses the connection for a moment, with the task in hand; the last absence is not over."""
    for _ in range(times - 1):
        bench.disconnect(W1, after=1.0)
        bench.reconnect(W1, after=1.0)
    return bench.disconnect(W1, after=1.0)


@pytest.mark.parametrize(("times", "paid"), [(1, True), (2, True), (3, False)])
def test_the_third_loss_with_a_task_in_hand_counts_as_a_skip(
    pool_of: PoolOf, times: int, paid: bool
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    mine = bench.holds[W1].assignment
    lose(bench, times)
    assert bench.engine.state.pool.workers[W1].skipped == (not paid)
    bench.wait(GRACE)
    bench.reconnect(W1)
    assert (late(bench, mine) > 0) == paid


def test_an_answer_that_counts_forgives_the_losses_before_it(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=40, tasks={"pool_batch_ratio": 0.2}, **ALONE)
    lose(bench, 2)
    bench.reconnect(W1)
    bench.answer(W1)
    assert W1 in bench.holds
    lose(bench, 2)
    assert bench.engine.state.pool.workers[W1].skipped == 0


def test_the_operator_hears_of_losses_that_count_as_skips(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, **ALONE)
    lose(bench, 4)
    bench.reconnect(W1)
    assert [warning.code for warning in only(bench.disconnect(W1), c.Warn)] == ["skips"]


def test_an_answer_that_counts_is_paid_however_often_the_connection_was_lost(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    lose(bench, 9)
    bench.reconnect(W1)
    (ack,) = only(bench.answer(W1), c.Acknowledge)
    assert (ack.outcome, ack.micros) == (c.Outcome.COUNTED, 20_000)


def test_a_task_finished_by_another_in_an_absence_that_counts_as_a_skip_is_paid_as_one(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=2)
    lose(bench, 3)
    bench.answer(W2)
    (end,) = only(bench.answer(W2, after=1.0), c.Terminate)
    assert end.micros == 4_167  # 5 s at 50,000 a minute
    bench.reconnect(W1)
    assert late(bench, end.assignment) == 0


def test_after_the_return_from_such_an_absence_an_ending_is_paid_as_ever(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2)
    lose(bench, 3)
    bench.reconnect(W1)
    bench.answer(W2)
    (end,) = only(bench.answer(W2, after=1.0), c.Terminate)
    assert (end.worker, end.micros) == (W1, 20_000)


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_reset_of_the_router_takes_nothing_from_those_behind_it(
    pool_of: PoolOf, times: int
) -> None:
    """All come back with what they did meanwhile, and are paid as if nothing had been."""
    bench = pool_of(4, records=40, **ALONE)
    for _ in range(times):
        held = {worker: order.assignment for worker, order in bench.holds.items()}
        for worker in held:
            bench.disconnect(worker, after=0.25)
        bench.wait(10.0)
        for worker in held:
            bench.reconnect(worker)
            bench.answer(worker)
    assert {bench.worker(w).owed for w in held} == {20_000 * times}


# -- what a terminal cannot show -------------------------------------------------------------------


def test_records_that_a_terminal_cannot_show_are_waiting_and_count_against_nobody(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=2, tasks={"max_failures": 1}, **ALONE)
    worker, mine = bench.engine.state.pool.workers[W1], bench.holds[W1]
    said = bench.give_back_unseen(W1, after=12.0)
    assert ended(said) == ("not-shown", 10_000), "what 12 s of waiting are paid"
    assert (worker.skipped, worker.not_shown, worker.paid_since) == (0, 1, bench.now)
    assert not only(said, c.SetAside)
    (told,) = only(said, c.Warn)
    assert told.code == "not-shown"
    assert late(bench, mine.assignment) == 0
    assert W1 not in bench.holds, "the same task does not come back"
    assert not only(bench.wait(60.0), c.Assign)
    bench.answer(W2)
    assert bench.holds[W2].task == mine.task, "the other worker gets it"


def test_a_task_that_no_terminal_can_show_waits_for_one_and_the_operator_is_told_once(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=4, **ALONE)
    warned = [w.message for w in only(_given_back_by_both(bench), c.Warn)]
    assert sum("any worker present" in each for each in warned) == 1
    assert not bench.holds, "no worker is asked again"
    assert not any(task.failures for task in bench.engine.state.tasks)
    assert bench.engine.state.pool.workers[W2].skipped == 0


def _given_back_by_both(bench: Bench) -> list[c.Command]:
    said: list[c.Command] = []
    while bench.holds:
        for worker in tuple(bench.holds):
            said += bench.give_back_unseen(worker, after=1.0)
    return said


def test_a_silence_that_began_before_the_run_does_not_make_a_late_answer_payable(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=9, **ALONE)
    mine = bench.holds[W1].assignment
    bench.handle(e.WorkerDisconnected(W1, present_until=-9.0))
    bench.leave(W1)
    assert late(bench, mine) == 0
