"""Straggler mitigation: duplicates, and what becomes of them (CLAMShell §4.1)."""

import pytest

from clamshell_tui.core import commands as c
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, only


def test_a_straggler_is_covered_by_an_idle_worker(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2)
    straggling = bench.holds[W1]
    (duplicate,) = only(bench.answer(W2, after=5.0), c.Assign)
    assert (duplicate.worker, duplicate.task, duplicate.duplicate) == (W2, straggling.task, True)


def test_without_mitigation_the_idle_worker_waits(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2, straggler_mitigation={"enabled": False})
    assert only(bench.answer(W2, after=5.0), c.Assign) == []
    assert bench.worker(W2).state == "available"


def test_the_first_answer_wins_and_the_others_are_terminated_and_paid_in_full(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(3, records=2, pay={"terminated": "full"}, tasks={"pool_batch_ratio": 1.5})
    bench.answer(W2, after=1.0)
    third = bench.holds[W3]
    assert third.duplicate
    said = bench.answer(W3, 1, after=1.0)
    assert only(said, c.Acknowledge) == [
        c.Acknowledge(third.assignment, W3, c.Outcome.COUNTED, 20_000)
    ]
    assert {(t.worker, t.micros) for t in only(said, c.Terminate)} == {(W1, 20_000), (W2, 20_000)}
    assert [d.labels for d in only(said, c.DeliverLabels)] == [(1,)]


def test_prorated_pay_is_the_share_elapsed_of_the_workers_own_mean_rounded_up(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=3, pay={"terminated": "prorated"}, tasks={"pool_batch_ratio": 1})
    bench.answer(W1, after=9.0)  # W1's mean is 9 s per label from here on
    bench.answer(W2, after=1.0)
    assert {W1, W2} == set(bench.holds)  # one of them holds a duplicate of the last record
    (ended,) = only(bench.answer(W2, after=3.0), c.Terminate)
    assert ended.worker == W1
    elapsed = 3.0  # the last record was cut when W2 was done
    assert ended.micros == -(-20_000 * elapsed // 9.0)


def test_prorated_pay_is_full_for_somebody_of_whom_nothing_is_known(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1, pay={"terminated": "prorated"})
    (ended,) = only(bench.answer(W2, after=0.5), c.Terminate)
    assert (ended.worker, ended.micros) == (W1, 20_000)


def test_prorated_pay_never_exceeds_the_full_price(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=3, pay={"terminated": "prorated"})
    bench.answer(W1, after=2.0)
    bench.answer(W2, after=2.0)
    (ended,) = only(bench.answer(W2, after=50.0), c.Terminate)
    assert (ended.worker, ended.micros) == (W1, 20_000)


def test_a_worker_is_told_to_stop_before_being_told_to_start(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=4)
    bench.answer(W2, after=1.0)
    said = bench.answer(W2, after=1.0)  # W2 was faster on W1's own task
    kinds = [
        type(command)
        for command in said
        if isinstance(command, c.Terminate | c.Assign) and command.worker == W1
    ]
    assert kinds == [c.Terminate, c.Assign]


@pytest.mark.parametrize(("cap", "copies"), [(1, 2), (2, 3), ("unlimited", 4)])
def test_the_cap_counts_the_extra_live_copies_of_a_task(
    pool_of: PoolOf, cap: int | str, copies: int
) -> None:
    bench = pool_of(4, records=1, straggler_mitigation={"max_duplicates": cap})
    assert len(bench.holds) == copies
    assert [held.duplicate for held in bench.holds.values()] == [False] + [True] * (copies - 1)


def test_a_capped_task_is_covered_again_when_a_copy_is_given_back(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1, straggler_mitigation={"max_duplicates": 1})
    assert set(bench.holds) == {W1, W2}
    (again,) = only(bench.skip(W2, after=1.0), c.Assign)
    assert (again.worker, again.duplicate) == (W3, True)


def test_losing_the_original_leaves_the_duplicate_in_charge(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1)
    bench.leave(W1, after=1.0)
    assert only(bench.answer(W2, after=1.0), c.DeliverLabels) != []
    assert bench.phase == "finished"


def test_duplicates_spread_over_the_tasks_with_the_fewest(pool_of: PoolOf) -> None:
    bench = pool_of(6, records=3, tasks={"pool_batch_ratio": 2})
    tasks = [held.task for held in bench.holds.values()]
    assert sorted(tasks) == [0, 0, 1, 1, 2, 2]


def test_unassigned_tasks_come_before_duplicates(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=4, tasks={"pool_batch_ratio": 0.5})
    (next_up,) = only(bench.answer(W1, after=1.0), c.Assign)
    assert (next_up.task, next_up.duplicate) == (2, False)


def test_a_worker_who_comes_while_all_tasks_are_held_covers_one(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=10, pool={"start_with": 0.5, "size": 4})
    held = len(bench.holds)
    (cover,) = [a for a in only(bench.join(), c.Assign) if a.worker == W4]
    assert held == 3
    assert cover.task == 3  # the batch has four tasks: there was one left
    assert not cover.duplicate
