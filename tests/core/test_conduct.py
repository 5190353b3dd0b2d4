"""Workers refusing tasks: their failures set no task aside, and they are released."""

from collections.abc import Callable
from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import WorkerId
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, Bench, only

ALONE: dict[str, Any] = {"straggler_mitigation": {"enabled": False}}
PLENTY: dict[str, Any] = {"tasks": {"batching": "continuous"}, **ALONE}
W4 = WorkerId("W4")


def codes(bench: Bench) -> list[str]:
    return [warning.code for warning in bench.all_commands(c.Warn)]


def aside(bench: Bench) -> int:
    return len(bench.all_commands(c.SetAside))


def refuse_everything(bench: Bench, *workers: WorkerId) -> None:
    """They skip whatever they are given, until they are let go."""
    while held := [worker for worker in workers if worker in bench.holds]:
        for worker in held:
            bench.skip(worker, after=0.1)


# -- tasks


def test_three_who_refuse_everything_set_nothing_aside(pool_of: PoolOf) -> None:
    bench = pool_of(4, records=200, **PLENTY)
    bench.answer(W4, after=1.0)
    refuse_everything(bench, W1, W2, W3)
    assert aside(bench) == 0
    assert len(bench.all_commands(c.Release)) == 3


def test_newcomers_who_refuse_one_task_each_set_it_aside(pool_of: PoolOf) -> None:
    """A difficult task may come first, and a first refusal is held against no worker."""
    bench = pool_of(3, records=3, **ALONE)
    poison = bench.holds[W1].task
    bench.skip(W1)
    bench.answer(W2)
    assert bench.holds[W2].task == poison
    bench.skip(W2)
    bench.answer(W3)
    assert [one.task for one in only(bench.skip(W3), c.SetAside)] == [poison]


def test_workers_who_leave_without_any_answer_have_no_vote(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, last=False, tasks={"max_failures": 2}, **ALONE)
    task = bench.holds[W1].task
    for _ in range(6):  # one after the other takes the task and leaves with it; W2 is busy
        (thief,) = (worker for worker, held in bench.holds.items() if held.task == task)
        bench.leave(thief, after=1.0)
        bench.join()
    assert aside(bench) == 0


def test_failures_in_good_standing_are_void_once_the_standing_is_lost(pool_of: PoolOf) -> None:
    bench = pool_of(4, records=200, **PLENTY)  # W4 has not tried
    poison = bench.holds[W1].task
    bench.skip(W1)
    bench.answer(W2)
    assert bench.holds[W2].task == poison
    for _ in range(3):
        bench.skip(W1)
    bench.skip(W2)
    while bench.holds[W3].task != poison:
        bench.answer(W3)
    bench.skip(W3)
    assert aside(bench) == 0


def test_the_share_that_is_allowed_is_in_good_standing(pool_of: PoolOf) -> None:
    """Two of ten refused is a fifth: still good, so the next failure of another one counts."""

    def set_aside(answered: int) -> int:
        bench = pool_of(
            3, records=300, tasks={"max_failures": 2, "pool_batch_ratio": 0.02}, **ALONE
        )
        bench.answer(W2)
        bench.answer(W3)
        for _ in range(answered):
            bench.answer(W1, after=1.0)
        bench.skip(W1)
        poison = bench.holds[W1].task
        bench.skip(W1)
        while bench.holds[W2].task != poison:
            bench.answer(W2, after=1.0)
        bench.skip(W2)
        return aside(bench)

    assert set_aside(answered=8) == 1
    assert set_aside(answered=7) == 0


def test_a_task_that_all_have_tried_is_set_aside_on_one_good_word(pool_of: PoolOf) -> None:
    """Two workers can never be three: a run with a small pool ends all the same."""
    bench = pool_of(2, records=2, **ALONE)
    poison = bench.holds[W1].task
    bench.answer(W2)
    while bench.phase != "finished":
        (worker,) = (worker for worker in (W1, W2) if worker in bench.holds)
        assert bench.holds[worker].task == poison
        bench.skip(worker, after=1.0)
    assert aside(bench) == 1
    assert len(bench.journal) < 12


def test_a_newcomer_alone_sets_nothing_aside_by_refusing_it_again(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=1, tasks={"max_failures": 2}, **ALONE)
    for _ in range(4):
        bench.skip(W1, after=1.0)
    assert aside(bench) == 0


def test_a_task_offered_again_for_want_of_others_may_be_refused_again(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=2, conduct={"max_skips": 1}, **ALONE)
    bench.answer(W1)
    for _ in range(3):
        bench.skip(W1, after=1.0)
    assert aside(bench) == 1
    assert "conduct" not in codes(bench)


def test_refusers_do_not_set_a_task_aside_that_the_others_have_answered(pool_of: PoolOf) -> None:
    """With three votes the one honest worker cannot answer again: the task waits for others."""
    bench = pool_of(4, records=30, tasks={"votes": 3, "batching": "continuous"}, **ALONE)
    for _ in range(3):
        bench.answer(W4, after=1.0)
    refuse_everything(bench, W1, W2, W3)
    assert aside(bench) == 0


def test_the_operator_is_warned_before_many_tasks_are_set_aside(pool_of: PoolOf) -> None:
    conduct = {"max_share": 1.0, "warn_set_aside": 3}
    bench = pool_of(3, records=30, conduct=conduct, tasks={"pool_batch_ratio": 0.1}, **ALONE)
    refuse_everything(bench, W1, W2, W3)
    order = [
        "aside" if isinstance(command, c.SetAside) else "warned"
        for said in bench.said
        for command in said
        if isinstance(command, c.SetAside)
        or (isinstance(command, c.Warn) and command.code == "set-aside")
    ]
    assert order.index("warned") < 3
    assert 1 < order.count("warned") < 6  # again at twice as many, and not for each one
    assert order.count("aside") > 6


def test_a_task_answered_after_two_failures_is_no_longer_at_risk(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=3, **ALONE)
    bench.skip(W1)
    bench.answer(W2)
    bench.skip(W2)
    assert bench.engine.state.at_risk == 1
    bench.answer(W3)
    bench.answer(W3)
    assert bench.engine.state.at_risk == 0


# -- workers


def skips(bench: Bench) -> None:
    bench.skip(W1, after=1.0)


def lets_the_lease_expire(bench: Bench) -> None:
    bench.answer(W2, after=30.0)
    bench.wait(30.0)


def answers_a_skipped_task(bench: Bench) -> None:
    mine = bench.holds[W1].assignment
    bench.skip(W1, after=1.0)
    bench.answer_for(mine, W1, after=1.0)


LIMITS: list[tuple[str, str, Callable[[Bench], None]]] = [
    ("max_skips", "gave back too many tasks", skips),
    ("max_expired", "left too many tasks unanswered", lets_the_lease_expire),
    ("max_late", "answered too many tasks after giving them back", answers_a_skipped_task),
]


@pytest.mark.parametrize(("limit", "reason", "act"), LIMITS)
def test_a_worker_beyond_a_limit_is_let_go_and_keeps_what_was_earned(
    limit: str, reason: str, act: Callable[[Bench], None], pool_of: PoolOf
) -> None:
    conduct = {"max_skips": 50, "max_expired": 50, "max_late": 50, limit: 2}
    tasks = {"batching": "continuous", "lease": 60.0}
    bench = pool_of(2, records=200, tasks=tasks, conduct=conduct, pool={"max_expired": 50}, **ALONE)
    for _ in range(2):
        act(bench)
        assert bench.all_commands(c.Release) == []
    earned = bench.engine.state.pool.workers[W1].owed
    act(bench)
    if W1 in bench.holds:  # it may be finished, and is paid
        bench.answer(W1, after=1.0)
    (release,) = bench.all_commands(c.Release)
    assert (release.worker, release.reason) == (W1, reason)
    assert release.owed >= earned
    assert [w.message for w in bench.all_commands(c.Warn) if w.code == "conduct"] == [
        f"W1 {reason} and is let go"
    ]


def test_a_limit_does_not_hold_for_a_worker_who_refuses_a_small_share(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=900, conduct={"max_skips": 2}, **PLENTY)
    for _ in range(12):
        for _ in range(4):
            bench.answer(W1, after=1.0)
        bench.skip(W1, after=1.0)
    assert bench.all_commands(c.Release) == []


def test_the_slot_of_a_worker_let_go_passes_to_the_reserve(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=90, pool={"reserve": 1}, conduct={"max_skips": 0}, **PLENTY)
    bench.join()
    said = bench.skip(W1, after=1.0)
    assert [(one.worker, one.slot) for one in only(said, c.Seat)] == [(W2, 0)]


def test_an_excused_loss_of_the_connection_costs_no_standing(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=90, conduct={"max_skips": 0, "max_expired": 0}, **PLENTY)
    bench.disconnect(W1, after=1.0)
    bench.reconnect(W1, after=1.0)
    bench.answer(W1, after=1.0)
    assert bench.all_commands(c.Release) == []


def test_a_lease_that_expires_while_its_worker_is_away_costs_no_standing(pool_of: PoolOf) -> None:
    bench = pool_of(
        2,
        records=90,
        conduct={"max_expired": 0},
        pool={"grace": 300.0},
        tasks={"lease": 60.0},
        **ALONE,
    )
    bench.disconnect(W1, after=1.0)
    bench.wait(60.0)
    assert len(bench.all_commands(c.Withdraw)) == 2
    assert [one.worker for one in bench.all_commands(c.Release)] == [W2]


def test_an_answer_late_for_a_reason_of_ours_costs_no_standing(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, last=False, conduct={"max_late": 0})
    bench.answer(W1, after=1.0)
    late = bench.holds[W2].assignment
    bench.answer(W1, after=1.0)
    (ack,) = only(bench.answer_for(late, W2, after=0.5), c.Acknowledge)
    assert ack.outcome is c.Outcome.LATE
    assert bench.all_commands(c.Release) == []


# -- answers that no worker can have read


def test_answers_too_fast_to_be_read_raise_an_alarm_and_count(pool_of: PoolOf) -> None:
    bench = pool_of(
        2, records=900, conduct={"fastest": 0.2}, tasks={"records_per_task": 5}, **ALONE
    )
    for _ in range(40):
        (ack,) = only(bench.answer(W1, after=0.9), c.Acknowledge)
        assert ack.outcome is c.Outcome.COUNTED
        bench.answer(W2, after=1.1)
    alarms = [one.message for one in bench.all_commands(c.Warn) if one.code == "fast"]
    assert alarms == [
        f"W1 answered {count} tasks in less than 0.2 s a record: check the labels"
        for count in (3, 30)
    ]
    assert bench.all_commands(c.Release) == []
    assert bench.all_commands(c.Evict) == []


def test_the_limit_itself_can_be_read(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=90, conduct={"fastest": 0.25}, **PLENTY)
    for _ in range(9):
        bench.answer(W1, after=0.25)
    assert "fast" not in codes(bench)


def test_no_alarm_where_the_setting_is_zero(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=90, conduct={"fastest": 0.0}, **PLENTY)
    for _ in range(9):
        bench.answer(W1)
    assert "fast" not in codes(bench)


def test_a_finished_run_lets_no_worker_go(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=9, conduct={"max_late": 0}, tasks={"lease": 60.0})
    late = bench.holds[W1].assignment
    bench.wait(60.0)
    bench.handle(e.StopRequested())
    bench.answer(W1)
    assert bench.phase == "finished"
    assert only(bench.answer_for(late, W1, after=1.0), c.Warn) == []
