"""Votes until the labels are sure enough (``quality.confidence``)."""

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.config import (
    MitigationConfig,
    QualityConfig,
    RunConfig,
    TasksConfig,
    problems,
)
from clamshell_tui.core.crowd_platform.quality import Reliability, posterior
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, Bench, labels, only

NO_HELP = {"enabled": False}


def adaptive(
    pool_of: PoolOf, size: int, records: int = 1, confidence: float = 0.9, votes: int = 5
) -> Bench:
    return pool_of(
        size,
        records=records,
        tasks={"votes": votes},
        quality={"confidence": confidence},
        straggler_mitigation=NO_HELP,
    )


def test_two_who_agree_are_enough(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 5)
    assert set(bench.holds) == {W1, W2}
    assert only(bench.answer(W1, 1, after=1.0), c.DeliverLabels) == []
    (delivered,) = only(bench.answer(W2, 1, after=1.0), c.DeliverLabels)
    assert delivered.labels == (1,)
    assert delivered.support[0] == pytest.approx(0.85**2 / (0.85**2 + 0.15**2))


def test_two_who_differ_are_joined_by_others_one_by_one(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 5)
    bench.answer(W1, 1, after=1.0)
    (asked,) = only(bench.answer(W2, 0, after=1.0), c.Assign)
    assert (asked.worker, asked.duplicate) == (W3, False)
    (asked,) = only(bench.answer(W3, 0, after=1.0), c.Assign)
    (delivered,) = only(bench.answer(W4, 0, after=1.0), c.DeliverLabels)
    assert (asked.worker, delivered.labels) == (W4, (0,))


def test_the_number_of_votes_is_the_most_there_may_be(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 5, confidence=0.999, votes=3)
    for worker, label in ((W1, 0), (W2, 1)):
        bench.answer(worker, label, after=1.0)
    (delivered,) = only(bench.answer(W3, 1, after=1.0), c.DeliverLabels)
    assert delivered.labels == (1,)
    assert bench.phase == "finished"


def test_an_answer_that_settles_it_ends_the_others_attempt(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 2, confidence=0.6, votes=2)
    said = bench.answer(W2, 1, after=1.0)
    assert [ended.worker for ended in only(said, c.Terminate)] == [W1]
    assert [delivered.labels for delivered in only(said, c.DeliverLabels)] == [(1,)]


def test_every_record_of_a_task_must_be_sure(pool_of: PoolOf) -> None:
    bench = pool_of(
        5,
        records=2,
        tasks={"votes": 5, "records_per_task": 2},
        quality={"confidence": 0.9},
        straggler_mitigation=NO_HELP,
    )
    bench.answer(W1, 1, 1, after=1.0)
    said = bench.answer(W2, 1, 0, after=1.0)
    assert only(said, c.DeliverLabels) == []
    assert [assign.worker for assign in only(said, c.Assign)] == [W3]


def test_who_is_often_outvoted_is_believed_less(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 3, records=30, confidence=0.95, votes=3)
    while bench.holds:
        worker = next(iter(bench.holds))
        bench.answer(worker, 1 if worker == W3 else 0, after=1.0)
    views = {view.worker: view.accuracy for view in bench.engine.snapshot(bench.now).workers}
    assert views == {}  # the run is over: everybody was released
    election = bench.engine.state.election
    workers = bench.engine.state.pool.workers
    assert election.reliability(workers[W3]) < 0.4 < 0.9 < election.reliability(workers[W1])


def test_a_pool_too_small_for_the_votes_makes_do_with_its_answers(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 4, confidence=0.999, votes=4)
    bench.change("tasks.votes", 2)
    bench.change("pool.size", 2)
    for _ in range(20):
        bench.wait(1.0)
        bench.work()
    assert bench.phase == "finished"
    assert bench.engine.snapshot(bench.now).labels == 1


def test_w4_is_never_needed_when_three_decide(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 4, confidence=0.9, votes=3)
    bench.answer(W1, 1, after=1.0)
    bench.answer(W2, 0, after=1.0)
    bench.answer(W3, 0, after=1.0)
    assert W4 not in {assign.worker for assign in bench.everything_said(c.Assign)}


def test_the_posterior_is_bayes_rule() -> None:
    label, probability = posterior([*zip(labels(2, 2, 0), (0.9, 0.6, 0.8), strict=True)], 3)
    likelihoods = (0.05 * 0.2 * 0.8, 0.05 * 0.2 * 0.1, 0.9 * 0.6 * 0.1)
    assert label == 2
    assert probability == pytest.approx(likelihoods[2] / sum(likelihoods))


def test_a_stranger_is_as_reliable_as_the_pool_and_nobody_is_infallible() -> None:
    reliability = Reliability()
    assert reliability.of(0, 0) == pytest.approx(0.85)
    reliability.add(980, 980)
    assert reliability.of(0, 0) == 0.98
    assert reliability.of(10_000, 10_000) == 0.98
    assert reliability.of(0, 100) < 0.05


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (RunConfig(quality=QualityConfig(confidence=0.9)), "tasks.votes"),
        (
            RunConfig(
                quality=QualityConfig(confidence=0.9),
                tasks=TasksConfig(votes=3),
                straggler_mitigation=MitigationConfig(coupling="coupled"),
            ),
            "decoupled",
        ),
    ],
)
def test_what_adaptive_votes_need_is_said(config: RunConfig, key: str) -> None:
    (problem,) = problems(config)
    assert problem.startswith("quality.confidence: ")
    assert key in problem
