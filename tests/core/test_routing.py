"""Which task an idle worker duplicates: by name of the policy."""

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import AssignmentId
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.run.totals import totals
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, Bench, only


def four_at_work(pool_of: PoolOf, routing: str, seed: int = 1) -> Bench:
    """Four workers on four tasks, unlimited duplicates; nothing answered."""
    return pool_of(
        4,
        records=4,
        seed=seed,
        straggler_mitigation={"routing": routing, "max_duplicates": "unlimited"},
    )


def covers(said: list[c.Command]) -> list[int]:
    return [assign.task for assign in only(said, c.Assign) if assign.duplicate]


def test_fewest_active_spreads_the_duplicates(pool_of: PoolOf) -> None:
    for seed in range(8):
        bench = four_at_work(pool_of, "fewest-active", seed)
        tasks = covers(bench.answer(W1, after=1.0))
        tasks += covers(bench.answer(W2, after=1.0))
        assert len(tasks) == len(set(tasks))


def test_longest_running_takes_the_oldest_task(pool_of: PoolOf) -> None:
    bench = pool_of(
        2,
        records=4,
        tasks={"pool_batch_ratio": 0.5},
        straggler_mitigation={"routing": "longest-running"},
    )
    oldest = bench.holds[W2].task
    bench.answer(W1, after=1.0)
    bench.answer(W1, after=1.0)
    assert covers(bench.answer(W1, after=1.0)) == [oldest]


def test_the_oracle_takes_the_task_that_will_finish_last(pool_of: PoolOf) -> None:
    bench = four_at_work(pool_of, "oracle")
    for worker, at in ((W1, 1.0), (W2, 5.0), (W3, 90.0), (W4, 7.0)):
        bench.handle(e.CompletionForetold(bench.holds[worker].assignment, at))
    slowest = bench.holds[W3].task
    assert covers(bench.answer(W1, after=1.0)) == [slowest]


def test_the_oracle_knows_that_a_duplicate_will_be_quicker(pool_of: PoolOf) -> None:
    bench = four_at_work(pool_of, "oracle")
    for worker, at in ((W1, 1.0), (W2, 5.0), (W3, 90.0), (W4, 60.0)):
        bench.handle(e.CompletionForetold(bench.holds[worker].assignment, at))
    bench.answer(W1, after=1.0)
    bench.handle(e.CompletionForetold(bench.holds[W1].assignment, 10.0))
    assert covers(bench.answer(W2, after=4.0)) == [bench.holds[W4].task]


def test_the_oracle_sends_helpers_everywhere_while_nothing_is_foretold(pool_of: PoolOf) -> None:
    bench = pool_of(
        6,
        records=2,
        tasks={"pool_batch_ratio": 3.0},
        straggler_mitigation={"routing": "oracle", "max_duplicates": "unlimited"},
    )
    tasks = [held.task for held in bench.holds.values()]
    assert sorted(tasks) == [0, 0, 0, 1, 1, 1]


def test_random_reaches_every_open_task(pool_of: PoolOf) -> None:
    found = {covers(four_at_work(pool_of, "random", s).answer(W1, after=1.0))[0] for s in range(40)}
    assert len(found) == 3


@pytest.mark.parametrize("routing", sorted(ROUTINGS))
def test_no_routing_gives_a_worker_a_task_that_the_worker_gave_back(
    pool_of: PoolOf, routing: str
) -> None:
    bench = four_at_work(pool_of, routing)
    given_back = bench.holds[W1].task
    taken = only(bench.skip(W1, after=1.0), c.Assign)
    assert [assign.task for assign in taken if assign.worker == W1] != [given_back]
    while bench.holds:
        worker, held = next(iter(bench.holds.items()))
        assert (worker, held.task) != (W1, given_back)
        bench.answer(worker, after=1.0)


@pytest.mark.parametrize("routing", sorted(ROUTINGS))
def test_every_routing_labels_everything(pool_of: PoolOf, routing: str) -> None:
    bench = pool_of(4, records=37, straggler_mitigation={"routing": routing})
    bench.work()
    assert totals(bench.engine, bench.now).labels == 37


def test_what_is_foretold_of_an_ended_assignment_is_harmless(pool_of: PoolOf) -> None:
    bench = four_at_work(pool_of, "oracle")
    bench.answer(W1, after=1.0)
    assert bench.handle(e.CompletionForetold(AssignmentId(0), 3.0)) == []
