"""Maintenance by accuracy: evidence against a worker, and eviction without a replacement."""

from random import Random
from typing import Any

import pytest
from scipy import stats

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import QualityConfig, RunConfig, TasksConfig
from clamshell_tui.core.crowd_platform.election import Election
from clamshell_tui.core.crowd_platform.work import Task, Vote, Worker
from clamshell_tui.core.ids import BatchId, ClassIndex, TaskId, WorkerId
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.objectives import Criteria, quality
from clamshell_tui.run.totals import totals
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, Bench, labels, only, records

RIGHT = 1  # the known answer of every gold record here


def checked_pool(pool_of: PoolOf, size: int, spammers: set[WorkerId], **sections: Any) -> Bench:
    """Each task holds a gold record; the spammers have answered six of them, all wrong."""
    quality = {"gold_share": 0.5}
    maintenance = {"objective": "quality", "check_every": 1000.0, **sections.pop("maintenance", {})}
    bench = pool_of(
        size, records=0, last=False, quality=quality, maintenance=maintenance, **sections
    )
    bench.submit(200, gold=dict.fromkeys(range(4), RIGHT))
    for _ in range(6):
        for worker in list(bench.holds):
            if worker in bench.holds:  # not ended by another's answer
                bench.answer(worker, *([0 if worker in spammers else RIGHT] * 2), after=0.5)
    return bench


def checked(bench: Bench) -> list[c.Command]:
    """Wait for the next check, with a task in every hand."""
    said = bench.wait(1000.0)
    for worker in list(bench.holds):  # an evicted worker goes after the task in hand
        if worker in bench.holds:
            said += bench.answer(worker, RIGHT, RIGHT, after=0.1)
    return said


def gone(said: list[c.Command]) -> list[WorkerId]:
    return [evict.worker for evict in only(said, c.Evict)]


def test_a_proven_spammer_leaves_without_a_replacement(pool_of: PoolOf) -> None:
    bench = checked_pool(pool_of, 4, {W2})
    said = checked(bench)
    assert gone(said) == [W2]
    assert [(r.worker, r.reason) for r in only(said, c.Release)] == [(W2, "evicted")]
    assert bench.present() == ["W1", "W3", "W4"]


def test_the_slot_of_a_spammer_is_posted_again(pool_of: PoolOf) -> None:
    bench = checked_pool(pool_of, 4, {W2})
    checked(bench)
    bench.wait(180.0)
    assert bench.all_commands(c.PostRecruitment)[-1].seats == 1
    bench.join()
    assert bench.present() == ["W1", "W5", "W3", "W4"]


def test_as_many_stay_as_a_record_needs_votes(pool_of: PoolOf) -> None:
    spammers = {W1, W2, W3, W4}
    bench = checked_pool(pool_of, 4, spammers, tasks={"votes": 3})
    said = checked(bench)
    assert len(gone(said)) == 1
    assert len(bench.present()) == 3


def test_the_operator_is_asked_once_about_each_spammer_who_cannot_be_spared(
    pool_of: PoolOf,
) -> None:
    bench = checked_pool(pool_of, 3, {W3}, tasks={"votes": 3})
    asked = [warn for warn in only(checked(bench), c.Warn) if warn.code == "spammer"]
    assert ["dismiss W3" in warn.message for warn in asked] == [True]
    assert totals(bench.engine, bench.now).asking == (W3,)
    assert [warn for warn in only(checked(bench), c.Warn) if warn.code == "spammer"] == []
    assert bench.all_commands(c.Evict) == []
    bench.handle(e.WorkerDismissed(W3, "operator"))
    assert totals(bench.engine, bench.now).asking == ()


def test_whoever_is_away_cannot_stand_in_for_a_spammer(pool_of: PoolOf) -> None:
    bench = checked_pool(pool_of, 4, {W2}, tasks={"votes": 3}, pool={"grace": 9000.0})
    bench.disconnect(W4)
    assert gone(checked(bench)) == []
    assert totals(bench.engine, bench.now).asking == (W2,)


def test_a_spammer_of_whom_the_operator_was_asked_goes_when_a_replacement_is_trained(
    pool_of: PoolOf,
) -> None:
    bench = checked_pool(pool_of, 3, {W3}, tasks={"votes": 3}, pool={"reserve": 1})
    checked(bench)
    bench.join()
    assert gone(checked(bench)) == [W3]
    assert totals(bench.engine, bench.now).asking == ()
    assert bench.present() == ["W1", "W2", "W4"]


def test_by_the_papers_rule_a_spammer_waits_for_a_replacement(pool_of: PoolOf) -> None:
    bench = checked_pool(pool_of, 4, {W2}, maintenance={"shrink": False})
    assert gone(checked(bench)) == []


def test_nobody_slow_leaves_without_a_replacement(pool_of: PoolOf) -> None:
    maintenance = {
        "objective": "latency",
        "threshold": 0.001,
        "latency_estimator": "empirical",
    }
    bench = checked_pool(pool_of, 4, {W2}, maintenance=maintenance)
    assert gone(checked(bench)) == []


def test_a_vote_of_others_is_news_of_a_worker_who_has_answered_nothing_since(
    pool_of: PoolOf,
) -> None:
    """W1's answers are checked; those of the others, given afterwards, prove W1 wrong."""
    bench = pool_of(
        3,
        records=20,
        tasks={"votes": 3, "pool_batch_ratio": 0.05},
        maintenance={"objective": "quality", "check_every": 1000.0},
        pool={"reserve": 1},
    )
    for _ in range(12):
        bench.answer(W1, 1, after=0.1)
    bench.wait(1000.0 - bench.now)
    for _ in range(12):
        bench.answer(W2, 0, after=0.1)
        bench.answer(W3, 0, after=0.1)
    bench.join()
    assert gone(bench.wait(1000.0)) == [W1]


@pytest.mark.parametrize("objective", ["quality", "speed-quality"])
@pytest.mark.parametrize(
    ("votes", "share", "blind"), [(1, 0.0, True), (1, 0.5, False), (3, 0.0, False)]
)
def test_a_warning_says_when_nothing_judges_a_worker(
    pool_of: PoolOf, objective: str, votes: int, share: float, *, blind: bool
) -> None:
    bench = pool_of(
        3,
        records=0,
        last=False,
        tasks={"votes": votes},
        quality={"gold_share": share},
        maintenance={"objective": objective, "threshold": 8.0},
    )
    bench.submit(20, gold={0: 1})
    bench.wait(100.0)
    warned = [warn.code for warn in bench.all_commands(c.Warn)]
    assert warned == (["quality"] if blind else [])


def test_spot_checks_without_a_known_answer_are_none(pool_of: PoolOf) -> None:
    quality = {"gold_share": 0.5}
    bench = pool_of(3, quality=quality, maintenance={"objective": "quality"})
    bench.wait(100.0)
    (warn,) = bench.all_commands(c.Warn)
    assert "nothing to judge workers by" in warn.message


# -- the others' votes ----------------------------------------------------------------------------


def election(
    workers: int, votes: int, confidence: float | None = None, classes: int = 2
) -> tuple[Election, dict[WorkerId, Worker]]:
    config = RunConfig(
        classes=tuple("abcdefg"[:classes]),
        tasks=TasksConfig(votes=votes),
        quality=QualityConfig(confidence=confidence),
    )
    people = {WorkerId(f"W{n}"): Worker(WorkerId(f"W{n}"), 0.0) for n in range(1, workers + 1)}
    return Election(config, people), people


def task_of(given: dict[WorkerId, int], number: int = 0) -> Task:
    answers = [Vote(worker, labels(vote)) for worker, vote in given.items()]
    return Task(TaskId(number), BatchId(0), records(number), frozenset(), 0, len(answers), answers)


def test_a_worker_is_not_compared_with_the_own_vote() -> None:
    """Two agree and one does not: the two are not judged, for the votes of the others differ."""
    the_election, people = election(3, votes=3)
    the_election.decide(task_of({W1: 0, W2: 0, W3: 1}), {})
    assert [(people[w].agreed, people[w].compared) for w in (W1, W2, W3)] == [
        (0, 0),
        (0, 0),
        (0, 1),
    ]


def test_guessers_agree_with_each_other_as_often_as_chance_has_it() -> None:
    """With the own vote counted, three workers guessing among two classes agree in 75 %."""
    rng = Random(5)
    agreed = compared = 0
    for number in range(2000):
        the_election, people = election(3, votes=3)
        the_election.decide(task_of({w: rng.randrange(2) for w in people}, number), {})
        agreed += sum(worker.agreed for worker in people.values())
        compared += sum(worker.compared for worker in people.values())
    assert stats.binomtest(agreed // 3, compared // 3, 0.5).pvalue > 1e-4


def test_a_gold_record_judges_by_its_known_answer_alone() -> None:
    the_election, people = election(3, votes=3)
    the_election.decide(task_of({W1: 0, W2: 0, W3: 0}), records(0))
    assert [worker.compared for worker in people.values()] == [0, 0, 0]


def flagged(spammers: int, *, votes: int, tasks: int, seed: int) -> tuple[int, int]:
    """Count honest workers (90 % right) and spammers, among 15, that are ever flagged."""
    rng = Random(seed)
    the_election, people = election(15, votes)
    config = RunConfig().maintenance
    criteria = Criteria(config, LATENCY_ESTIMATORS["censored"](config), 8.0)
    for worker in people.values():  # all were careful in training
        worker.gold_asked = worker.gold_correct = 10
    bad = set(list(people)[:spammers])
    accuracy = {worker: 0.5 if worker in bad else 0.9 for worker in people}
    found: set[WorkerId] = set()
    for number in range(tasks):
        asked = rng.sample(list(people), votes)
        task = task_of({worker: int(rng.random() < accuracy[worker]) for worker in asked}, number)
        the_election.decide(task, {})
        found |= {w for w in asked if quality(people[w], criteria, 0.0) is not None}
    return len(found - bad), len(found & bad)


@pytest.mark.parametrize(("votes", "spammers", "found"), [(3, 3, 0.75), (3, 7, 0.75), (2, 7, 0.3)])
def test_spammers_are_found_and_honest_workers_are_not_blamed_for_them(
    votes: int, spammers: int, found: float
) -> None:
    """Judged after each vote, by doubtful others: no eviction improves the pool here.

    Of two votes, the other one is a spammer's every other time.
    """
    runs = [flagged(spammers, votes=votes, tasks=300, seed=seed) for seed in range(6)]
    assert sum(honest for honest, _ in runs) <= 1
    assert sum(bad for _, bad in runs) >= found * 6 * spammers


def test_a_pool_at_odds_never_believes_the_opposite_of_its_votes() -> None:
    """Twelve workers are right in some 75 %, three guess; no known answers, adaptive votes."""
    for seed in range(10):
        rng = Random(seed)
        the_election, people = election(15, 7, confidence=0.97)
        accuracy = {w: 0.5 if n < 3 else rng.uniform(0.67, 0.83) for n, w in enumerate(people)}
        correct = 0
        for number in range(400):
            given: dict[WorkerId, int] = {}
            for worker in rng.sample(list(people), 7):
                given[worker] = int(rng.random() < accuracy[worker])
                task = task_of(given, number)
                task.quorum = 7
                if len(given) > 1 and the_election.enough(task):
                    break
            ((label, _),) = the_election.decide(task, {})
            correct += label == ClassIndex(1)
        assert correct > 0.75 * 400
