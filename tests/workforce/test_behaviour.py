"""Behaviours do what they say."""

from math import inf
from random import Random
from statistics import fmean, median
from typing import Any

import pytest

from clamshell_tui.workforce.behaviour import BEHAVIOURS, Attempt, Behaviour, Ending
from clamshell_tui.workforce.config import (
    AdversaryConfig,
    CrowdConfig,
    QuitterConfig,
    SkipperConfig,
    SleeperConfig,
    SpammerConfig,
    TiringConfig,
    WandererConfig,
)
from clamshell_tui.workforce.latency import Latency, latency_of
from clamshell_tui.workforce.person import Person

TRUTH = (0, 1, 2, 3, 0)


def worker(
    behaviour: str = "honest", *, latency: Latency | None = None, seed: int = 1, **settings: Any
) -> Behaviour:
    """Return a worker of 2 s per label that answers correctly and, by default, never abandons."""
    person = Person(latency or latency_of("fixed", 2.0, 0.0), 1.0, n_classes=4)
    config = CrowdConfig(**{"abandonment": 0.0, **settings})
    return BEHAVIOURS[behaviour](person, config, Random(seed))


def attempts(
    somebody: Behaviour, count: int, *, waited: float = 0.0, interrupted: bool = False
) -> list[Attempt]:
    return [somebody.attempt(TRUTH, waited=waited, interrupted=interrupted) for _ in range(count)]


class Recorder:
    """A latency that notes how many records were done before each task."""

    def __init__(self) -> None:
        self.worked: list[int] = []

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        self.worked.append(worked)
        return 1.0

    def mean_per_label(self, n_records: int) -> float:
        return 1.0 / n_records


def test_an_honest_worker_answers_after_the_work() -> None:
    assert worker().attempt(TRUTH, waited=0.0, interrupted=False) == Attempt(
        10.0, TRUTH, Ending.ANSWER
    )


def test_waiting_costs_a_reaction_and_can_be_switched_off() -> None:
    assert min(a.seconds for a in attempts(worker(), 200, waited=30.0)) > 10.9
    assert {a.seconds for a in attempts(worker(reaction=False), 200, waited=30.0)} == {10.0}


def test_a_termination_costs_a_notice_and_it_can_be_switched_off() -> None:
    told = [a.seconds - 10.0 for a in attempts(worker(), 2000, interrupted=True)]
    assert median(told) == pytest.approx(2.0, rel=0.1)
    untold = attempts(worker(termination_notice=False), 200, interrupted=True)
    assert {a.seconds for a in untold} == {10.0}


def test_a_termination_notice_is_read_while_waiting() -> None:
    patient = attempts(worker(reaction=False), 200, waited=60.0, interrupted=True)
    assert {a.seconds for a in patient} == {10.0}


def test_only_answered_records_count_as_experience() -> None:
    recorder = Recorder()
    somebody = worker(latency=recorder)
    for interrupted in (False, False, True, True, False):
        somebody.attempt(TRUTH, waited=0.0, interrupted=interrupted)
    assert recorder.worked == [0, 5, 5, 5, 10]


def test_training_counts_as_experience_and_takes_longer_than_the_records_alone() -> None:
    recorder = Recorder()
    somebody = worker(latency=recorder, instructions=20.0)
    trained = somebody.train(TRUTH)
    somebody.attempt(TRUTH, waited=0.0, interrupted=False)
    assert recorder.worked == [0, 5]
    assert trained.seconds > 5.0
    assert trained.labels == TRUTH


def test_the_median_worker_reads_the_instructions_in_the_given_time() -> None:
    readings = [worker(seed=seed).train(TRUTH).seconds - 10.0 for seed in range(2000)]
    assert median(readings) == pytest.approx(20.0, rel=0.05)


def test_abandoning_workers_leave_in_the_middle_of_the_task() -> None:
    left = [a for a in attempts(worker(abandonment=0.25), 4000) if a.ending is Ending.LEAVE]
    assert len(left) / 4000 == pytest.approx(0.25, abs=0.03)
    assert all(0 < a.seconds <= 10.0 and a.labels == () for a in left)
    assert fmean(a.seconds for a in left) == pytest.approx(5.0, rel=0.06)


def test_about_one_task_in_a_hundred_is_abandoned_by_default() -> None:
    config = CrowdConfig()
    honest = Behaviour(Person(latency_of("fixed", 2, 0), 1.0, 4), config, Random(2))
    endings = [a.ending for a in attempts(honest, 20_000)]
    assert endings.count(Ending.LEAVE) / 20_000 == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize(
    "somebody",
    [worker(fatigue=0.5), worker("tiring", fatigue=0.2, tiring=TiringConfig(per_hour=0.3))],
    ids=["the crowd's fatigue", "and a tiring worker's own"],
)
def test_an_hour_of_work_slows_down_by_the_fatigue(somebody: Behaviour) -> None:
    done = attempts(somebody, 700)
    hour = next(index for index in range(len(done)) if sum(a.seconds for a in done[:index]) >= 3600)
    assert done[0].seconds == 10.0
    assert done[hour].seconds == pytest.approx(15.0, rel=0.01)


def test_terminated_work_tires_nobody() -> None:
    assert {
        a.seconds
        for a in attempts(worker(fatigue=1.0, termination_notice=False), 50, interrupted=True)
    } == {10.0}


def test_a_random_spammer_is_right_by_chance_only() -> None:
    spammer = worker("spammer")
    answers = [a.labels for a in attempts(spammer, 4000)]
    right = fmean(x == y for labels in answers for x, y in zip(labels, TRUTH, strict=True))
    assert right == pytest.approx(0.25, abs=0.015)
    assert spammer.accuracy == 0.25


def test_a_constant_spammer_always_gives_the_same_class() -> None:
    spammer = worker("spammer", spammer=SpammerConfig(answers="constant"))
    labels = {label for a in attempts(spammer, 200) for label in a.labels}
    assert len(labels) == 1


def test_spammers_are_quick_whoever_they_are() -> None:
    spammer = worker("spammer", spammer=SpammerConfig(seconds=0.5))
    assert fmean(a.seconds for a in attempts(spammer, 4000)) == pytest.approx(2.5, rel=0.03)
    assert spammer.mean_seconds_per_label(5) == pytest.approx(0.5)


def test_a_careful_spammer_passes_the_qualification_and_a_careless_one_does_not() -> None:
    gold = (0, 1, 2, 3) * 5
    assert worker("spammer").train(gold).labels == gold
    careless = worker("spammer", spammer=SpammerConfig(careful_in_training=False)).train(gold)
    right = sum(x == y for x, y in zip(careless.labels, gold, strict=True))
    assert right < 15
    assert careless.seconds < 40.0


def test_a_wanderer_disconnects_in_the_middle_of_a_task_and_returns() -> None:
    wanderer = worker("wanderer", wanderer=WandererConfig(chance=0.3, away=60.0))
    gone = [a for a in attempts(wanderer, 4000) if a.ending is Ending.DISCONNECT]
    assert len(gone) / 4000 == pytest.approx(0.3, abs=0.03)
    assert median(a.away for a in gone) == pytest.approx(60.0, rel=0.08)
    assert all(a.seconds <= 10.0 and a.labels == () for a in gone)


def test_a_wanderer_who_never_returns_is_away_for_ever() -> None:
    wanderer = worker("wanderer", wanderer=WandererConfig(chance=1.0, returns=0.0))
    assert {a.away for a in attempts(wanderer, 50)} == {inf}


def test_a_quitter_leaves_after_so_many_answers() -> None:
    quitter = worker("quitter", quitter=QuitterConfig(tasks=3))
    assert [a.ending for a in attempts(quitter, 4)] == [Ending.ANSWER] * 3 + [Ending.LEAVE]


def test_a_quitter_at_once_does_not_begin_the_task_after_the_last_one() -> None:
    quitter = worker("quitter", quitter=QuitterConfig(tasks=1, at_once=True))
    answered, left = attempts(quitter, 2)
    assert answered.ending is Ending.ANSWER
    assert left.ending is Ending.LEAVE
    assert 0 < left.seconds < 0.01


def test_terminated_tasks_do_not_bring_a_quitter_nearer_to_leaving() -> None:
    quitter = worker("quitter", quitter=QuitterConfig(tasks=1))
    endings = [a.ending for a in attempts(quitter, 5, interrupted=True)]
    assert endings == [Ending.ANSWER] * 5


def test_a_sleeper_stops_answering_for_ever() -> None:
    sleeper = worker("sleeper", sleeper=SleeperConfig(tasks=2))
    done = attempts(sleeper, 4)
    assert [a.ending for a in done[:2]] == [Ending.ANSWER] * 2
    assert done[2:] == [Attempt(inf, (), Ending.SLEEP)] * 2


def test_a_skipper_gives_tasks_back_and_learns_nothing_from_them() -> None:
    skipper = worker("skipper", skipper=SkipperConfig(chance=1.0))
    assert {(a.ending, a.labels) for a in attempts(skipper, 20)} == {(Ending.SKIP, ())}
    assert skipper.worked == 0


ADVERSARIES = {
    "skip-and-answer": Ending.SKIP,
    "instant-garbage": Ending.ANSWER,
    "leave-and-return": Ending.LEAVE,
    "sleeper-for-pay": Ending.SLEEP,
}


@pytest.mark.parametrize(("name", "ending"), ADVERSARIES.items())
def test_an_adversary_is_honest_until_the_first_tasks_are_answered(
    name: str, ending: Ending
) -> None:
    done = attempts(worker(name, adversary=AdversaryConfig(tasks=3, seconds=0.2)), 6)
    assert done[:3] == [Attempt(10.0, TRUTH, Ending.ANSWER)] * 3
    assert {a.ending for a in done[3:]} == {ending}
    assert {a.seconds for a in done[3:]} == {inf if ending is Ending.SLEEP else 0.2}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_an_adversary_passes_the_qualification_and_answers_at_random(name: str) -> None:
    adversary = worker(name)
    assert adversary.train(TRUTH).labels == TRUTH
    answers = [a.labels or a.afterthought for a in attempts(adversary, 4000)]
    right = fmean(x == y for labels in answers for x, y in zip(labels, TRUTH, strict=True))
    assert right == pytest.approx(0.25, abs=0.015)


def test_who_leaves_and_returns_is_back_after_the_given_time() -> None:
    leaver = worker("leave-and-return", adversary=AdversaryConfig(away=7.0))
    assert {a.away for a in attempts(leaver, 5)} == {7.0}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_only_an_answer_carries_labels_and_everything_takes_time(name: str) -> None:
    for attempt in attempts(worker(name, abandonment=0.1), 300, waited=1.0):
        assert attempt.seconds > 0
        assert len(attempt.labels) == (5 if attempt.ending is Ending.ANSWER else 0)
        assert not (attempt.labels and attempt.afterthought)
