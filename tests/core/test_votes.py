"""Several answers per task, decoupled from mitigation and coupled to it (CLAMShell §4.1)."""

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.invariants import check_invariants
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, only


def test_a_task_stays_open_until_three_different_workers_answered(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1, tasks={"votes": 3})
    assert {held.task for held in bench.holds.values()} == {0}
    assert only(bench.answer(W1, 0, after=1.0), c.DeliverLabels) == []
    assert only(bench.answer(W2, 1, after=1.0), c.DeliverLabels) == []
    (delivered,) = only(bench.answer(W3, 1, after=1.0), c.DeliverLabels)
    assert delivered.labels == (1,)
    assert delivered.support == (2 / 3,)


def test_of_a_tie_the_label_that_was_named_first_wins(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1, tasks={"votes": 2})
    bench.answer(W2, 1, after=1.0)
    (delivered,) = only(bench.answer(W1, 0, after=1.0), c.DeliverLabels)
    assert (delivered.labels, delivered.support) == ((1,), (0.5,))


def test_decoupled_votes_get_at_most_one_extra_live_assignment(pool_of: PoolOf) -> None:
    limits = {"max_duplicates": "unlimited", "vote_duplicates": 1}
    bench = pool_of(5, records=1, tasks={"votes": 3}, straggler_mitigation=limits)
    assert len(bench.holds) == 4
    said = bench.answer(W1, after=1.0)  # two votes missing, three live: no further copy
    assert only(said, c.Assign) == []


def test_where_votes_may_have_more_duplicates_everybody_idle_helps(pool_of: PoolOf) -> None:
    limits = {"vote_duplicates": "unlimited", "max_duplicates": 1}
    bench = pool_of(6, records=1, tasks={"votes": 3}, straggler_mitigation=limits)
    assert len(bench.holds) == 6
    for worker in (W1, W2):
        bench.answer(worker, after=1.0)
    said = bench.answer(W3, after=1.0)
    assert len(only(said, c.Terminate)) == 3


def test_with_votes_the_limit_of_duplicates_is_their_own(pool_of: PoolOf) -> None:
    limits = {"vote_duplicates": 2, "max_duplicates": "unlimited"}
    bench = pool_of(6, records=1, tasks={"votes": 3}, straggler_mitigation=limits)
    assert len(bench.holds) == 5


def test_a_duplicate_for_votes_ends_with_the_last_vote(pool_of: PoolOf) -> None:
    bench = pool_of(4, records=1, tasks={"votes": 3})
    bench.answer(W1, after=1.0)
    bench.answer(W2, after=1.0)
    (ended,) = only(bench.answer(W4, after=1.0), c.Terminate)
    assert ended.worker == W3


def test_a_voter_is_not_asked_for_a_second_vote(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1, tasks={"votes": 3}, straggler_mitigation={"enabled": False})
    assert only(bench.answer(W1, after=1.0), c.Assign) == []
    said = bench.leave(W2, after=1.0)
    assert only(said, c.Assign) == []  # only W1 is idle, and has voted
    (assigned,) = only(bench.join(), c.Assign)
    assert assigned.worker == W4


def test_every_coupled_vote_is_a_task_of_its_own_and_is_duplicated(pool_of: PoolOf) -> None:
    coupled = {"coupling": "coupled", "vote_duplicates": 1}
    bench = pool_of(5, records=1, tasks={"votes": 2}, straggler_mitigation=coupled)
    assert sorted(held.task for held in bench.holds.values()) == [0, 0, 1, 1]
    assert {held.records for held in bench.holds.values()} == {(0,)}


def test_coupled_siblings_go_to_different_workers_and_make_one_label(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1, tasks={"votes": 2}, straggler_mitigation={"coupling": "coupled"})
    assert bench.holds[W1].task != bench.holds[W2].task
    said = bench.answer(W1, 1, after=1.0)
    assert only(said, c.Assign) == []  # the sibling is the same records
    assert only(said, c.DeliverLabels) == []
    (delivered,) = only(bench.answer(W2, 1, after=1.0), c.DeliverLabels)
    assert (delivered.labels, delivered.support) == ((1,), (1.0,))


def test_weighted_majority_believes_the_worker_who_was_right_on_gold(pool_of: PoolOf) -> None:
    bench = pool_of(
        3,
        records=0,
        last=False,
        pool={"start_with": 1.0},
        tasks={"votes": 3},
        quality={"consensus": "weighted-majority"},
        straggler_mitigation={"enabled": False},
        qualification={"enabled": True, "records": 8, "pass_mark": 0.0},
    )
    assert bench.present() == ["W1", "W2", "W3"]  # without gold all weights are equal
    bench.submit(1)
    for worker, vote in ((W1, 0), (W2, 1), (W3, 1)):
        said = bench.answer(worker, vote, after=1.0)
    assert [d.labels for d in only(said, c.DeliverLabels)] == [(1,)]


def test_weighted_majority_lets_one_expert_outvote_two_guessers(pool_of: PoolOf) -> None:
    bench = pool_of(
        3,
        records=0,
        last=False,
        pool={"size": 4},
        tasks={"votes": 3},
        quality={"consensus": "weighted-majority"},
        qualification={"enabled": True, "records": 8, "pass_mark": 0.0},
    )
    for worker in (W1, W2, W3):
        bench.leave(worker)
    bench.submit(8, gold=dict.fromkeys(range(8), 1), last=False)
    bench.join(4)
    bench.qualify(W4, 1, 1, 1, 1, 1, 1, 1, 1)
    bench.submit(1)
    for number in (5, 6, 7):
        right = [1, 1, 1, 1, 0, 0, 0, 0]
        bench.qualify(WorkerId(f"W{number}"), *right)
    guessers = [worker for worker in bench.holds if worker != W4][:2]
    bench.answer(guessers[0], 0, after=1.0)
    bench.answer(guessers[1], 0, after=1.0)
    (delivered,) = only(bench.answer(W4, 1, after=1.0), c.DeliverLabels)
    assert delivered.labels == (1,)
    assert delivered.support[0] > 0.9


def test_the_label_of_fewer_votes_is_what_the_operator_asked_for_from_then_on(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=3, tasks={"votes": 2}, straggler_mitigation={"enabled": False})
    bench.change("tasks.votes", 1)
    bench.work()  # the open batch of two tasks keeps its two votes
    assert len(bench.assigned) == 2 * 2 + 1
    assert bench.phase == "finished"


def test_votes_that_no_pool_of_this_size_can_give_do_not_stall_the_run(pool_of: PoolOf) -> None:
    """Three votes were asked for, then the operator made the pool smaller than that."""
    bench = pool_of(3, records=2, tasks={"votes": 3}, straggler_mitigation={"enabled": False})
    bench.change("tasks.votes", 1)
    bench.change("pool.size", 1)
    for _ in range(20):
        bench.wait(1.0)
        bench.work()
    assert bench.phase == "finished"


def test_records_of_a_poisoned_sibling_are_not_counted_twice_when_the_run_drains(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(
        3,
        records=1,
        tasks={"votes": 2, "max_failures": 2},
        straggler_mitigation={"coupling": "coupled", "enabled": False},
    )
    first = bench.holds[W1].task
    bench.skip(W1, after=1.0)
    assert bench.holds[W3].task == first
    said = bench.skip(W3, after=1.0)
    assert [aside.task for aside in only(said, c.SetAside)] == [first]
    bench.handle(e.StopRequested())
    bench.skip(W2, after=1.0)
    check_invariants(bench.engine, full=True)
