"""Votes until the labels are sure enough (``quality.confidence``)."""

from collections.abc import Sequence
from random import Random
from statistics import mean

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core.config import (
    MitigationConfig,
    QualityConfig,
    RunConfig,
    TasksConfig,
    problems,
)
from clamshell_tui.core.crowd_platform.election import Election
from clamshell_tui.core.crowd_platform.quality import ClassCounts, Reliability, posterior
from clamshell_tui.core.crowd_platform.work import Task, Vote, Worker
from clamshell_tui.core.ids import BatchId, RecordId, TaskId, WorkerId
from clamshell_tui.run.totals import totals
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
    assert bench.present() == []  # the run is over: all workers were released
    election = bench.engine.state.election
    workers = bench.engine.state.pool.workers
    assert election.reliability(workers[W3]) < 0.4 < 0.88 < election.reliability(workers[W1])


def test_a_pool_too_small_for_the_votes_makes_do_with_its_answers(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 4, confidence=0.999, votes=4)
    bench.change("tasks.votes", 2)
    bench.change("pool.size", 2)
    for _ in range(20):
        bench.wait(1.0)
        bench.work()
    assert bench.phase == "finished"
    assert totals(bench.engine, bench.now).labels == 1


def test_w4_is_never_needed_when_three_decide(pool_of: PoolOf) -> None:
    bench = adaptive(pool_of, 4, confidence=0.9, votes=3)
    bench.answer(W1, 1, after=1.0)
    bench.answer(W2, 0, after=1.0)
    bench.answer(W3, 0, after=1.0)
    assert W4 not in {assign.worker for assign in bench.all_commands(c.Assign)}


def test_the_posterior_is_bayes_rule() -> None:
    alike = ClassCounts(3)
    label, probability = posterior([*zip(labels(2, 2, 0), (0.9, 0.6, 0.8), strict=True)], alike)
    likelihoods = (0.05 * 0.2 * 0.8, 0.05 * 0.2 * 0.1, 0.9 * 0.6 * 0.1)
    assert label == 2
    assert probability == pytest.approx(likelihoods[2] / sum(likelihoods))


def test_the_posterior_knows_how_frequent_a_class_is() -> None:
    """The shares are 0.95 and 0.05; Bayes' rule by hand."""
    classes = ClassCounts(2)
    classes.counts, classes.total = [95.0, 5.0], 100.0
    votes = [*zip(labels(1, 1), (0.9, 0.9), strict=True)]
    wanted = 0.05 * 0.9**2 / (0.05 * 0.9**2 + 0.95 * 0.1**2)
    label, probability = posterior(votes, classes)
    assert label == 1
    assert probability == pytest.approx(wanted)


def test_a_record_counts_by_the_probabilities_of_its_classes() -> None:
    classes = ClassCounts(2)
    before = classes.counts[1]
    classes.add([*zip(labels(1, 0), (0.9, 0.8), strict=True)])
    odds = (0.9 / 0.1) / (0.8 / 0.2)
    assert classes.counts[1] - before == pytest.approx(odds / (1 + odds))
    assert classes.total == pytest.approx(sum(classes.counts))


def ballots(
    election: Election, shares: Sequence[float], accuracies: Sequence[float], seed: int
) -> list[tuple[int, int, float]]:
    """(truth, label, support) of 700 records with two to seven votes."""
    rng = Random(seed)
    found: list[tuple[int, int, float]] = []
    for record in range(700):
        truth = rng.choices(range(len(shares)), shares)[0]
        answers: list[Vote] = []
        task = Task(TaskId(record), BatchId(0), (RecordId(record),), frozenset(), 2, 7, answers)
        for voter in rng.sample(range(len(accuracies)), 7):
            wrong = (truth + rng.randrange(1, len(shares))) % len(shares)
            label = truth if rng.random() < accuracies[voter] else wrong
            answers.append(Vote(WorkerId(f"W{voter}"), labels(label)))
            if len(answers) > 1 and election.enough(task):
                break
        ((elected, support),) = election.decide(task, ())
        found.append((truth, elected, support))
    return found


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.8, 0.2], [0.95, 0.05], [0.8, 0.1, 0.1]], ids=str)
@pytest.mark.parametrize("spammers", [0, 2])
def test_support_is_the_share_of_right_labels_class_by_class(
    shares: list[float], spammers: int
) -> None:
    """Claimed against true; 0.97 was claimed for a class of 5 % and 0.64 was true."""
    accuracies = [0.7, 0.75, 0.8, 0.8, 0.85, 0.85, 0.9, 0.9, 0.92, 0.95][spammers:]
    accuracies += [1 / len(shares)] * spammers
    config = RunConfig(
        classes=tuple(map(str, range(len(shares)))),
        quality=QualityConfig(confidence=0.95),
        tasks=TasksConfig(votes=7),
    )
    found = []
    for seed in range(5):
        workers = {WorkerId(f"W{n}"): Worker(WorkerId(f"W{n}"), 0.0) for n in range(10)}
        found += ballots(Election(config, workers), shares, accuracies, seed)
    for label in range(len(shares)):
        chosen = [
            (truth == label, support) for truth, elected, support in found if elected == label
        ]
        claimed = mean(support for _, support in chosen)
        assert mean(right for right, _ in chosen) == pytest.approx(claimed, abs=0.06)


def test_a_stranger_is_as_reliable_as_the_pool_and_nobody_is_infallible() -> None:
    reliability = Reliability()

    def of(right: int, checked: int) -> float:
        return reliability.of_each([Worker(W1, 0.0, compared=checked, agreed=right)], 0.0)[0]

    assert of(0, 0) == pytest.approx(0.85)
    reliability.add(980, 980)
    assert of(0, 0) == 0.98
    assert of(10_000, 10_000) == 0.98
    assert of(0, 100) < 0.05


def test_unanimous_votes_count_and_are_judged_as_any_others() -> None:
    """To the last bit: journals are replayed by either path."""
    rng = Random(5)
    for n_classes in (2, 3, 30):
        quick, plain = ClassCounts(n_classes), ClassCounts(n_classes)
        for _ in range(200):
            label = rng.randrange(n_classes)
            accuracies = [rng.uniform(0.3, 0.98) for _ in range(rng.randint(1, 5))]
            votes = [*zip(labels(*[label] * len(accuracies)), accuracies, strict=True)]
            assert quick.unanimous(votes[0][0], accuracies) == posterior(votes, plain)[1]
            quick.add_unanimous(votes[0][0], accuracies)
            plain.add(votes)
            assert (quick.counts, quick.total) == (plain.counts, plain.total)


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
