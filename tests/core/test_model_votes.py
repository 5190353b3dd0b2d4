"""The model as a voter, and records that are hard for everybody (``quality.confidence``)."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any, NamedTuple

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.crowd_platform.hard_records import SEES, HardShare
from clamshell_tui.core.crowd_platform.model_voter import ModelVoter
from clamshell_tui.core.crowd_platform.quality import ClassCounts
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, only

Ballot = list[tuple[ClassIndex, float]]


def ballot(*votes: tuple[int, float]) -> Ballot:
    return [(ClassIndex(label), accuracy) for label, accuracy in votes]


def enumerated(votes: Ballot, prior: Sequence[float], share: float) -> tuple[list[float], float]:
    """Sum over class, hardness and common wrong class, vote by vote."""
    n = len(prior)
    easy, hard = [0.0] * n, [0.0] * n
    for label in range(n):
        easy[label] = (1 - share) * prior[label]
        for vote, accuracy in votes:
            easy[label] *= accuracy if vote == label else (1 - accuracy) / (n - 1)
        for wrong in set(range(n)) - {label}:
            chance = share * prior[label] / (n - 1)
            for vote, _ in votes:
                chance *= SEES if vote == label else (1 - SEES if vote == wrong else 0.0)
            hard[label] += chance
    whole = sum(easy) + sum(hard)
    return [(a + b) / whole for a, b in zip(easy, hard, strict=True)], sum(hard) / whole


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_posterior_of_a_record_that_may_be_hard_is_the_sum_over_all_cases(
    n_classes: int,
) -> None:
    counts = ClassCounts(n_classes)
    for label in (0, 0, 0, 1):
        counts.add(ballot((label, 0.9)))
    prior = [count / counts.total for count in counts.counts]
    share = HardShare()
    for votes in product(range(n_classes), repeat=3):
        given = ballot(*zip(votes, (0.9, 0.7, 0.95), strict=True))
        odds, unnamed, hard = share.odds(given, counts)
        whole = sum(odds.values()) + unnamed
        expected, expected_hard = enumerated(given, prior, share.value)
        assert {k: v / whole for k, v in odds.items()} == pytest.approx(
            {label: expected[label] for label in set(votes)}
        )
        assert hard == pytest.approx(expected_hard)


def votes_on(rng: Random, hard: bool, count: int = 4) -> Ballot:
    """Votes on a record of class 0; the common wrong class is 1 of three."""
    found = []
    for _ in range(count):
        if hard:
            label = 0 if rng.random() < SEES else 1
        else:
            label = 0 if rng.random() < 0.95 else rng.choice((1, 2))
        found.append((label, 0.95))
    return ballot(*found)


@pytest.mark.parametrize("true_share", [0.0, 0.1, 0.3])
def test_the_share_of_hard_records_is_found(true_share: float) -> None:
    rng, share, counts = Random(1), HardShare(), ClassCounts(3)
    for _ in range(3000):
        votes = votes_on(rng, rng.random() < true_share)
        share.add(share.odds(votes, counts)[2])

    assert share.value == pytest.approx(true_share, abs=0.025)


def compared(voter: ModelVoter, rng: Random, claimed: float, right: float, count: int) -> None:
    """Let the voter see a model of two classes, one vote by a worker of accuracy 0.9 each."""
    for _ in range(count):
        truth = rng.randrange(2)
        prediction = truth if rng.random() < right else 1 - truth
        vote = truth if rng.random() < 0.9 else 1 - truth
        agreed = vote == prediction
        ratio = 9.0 if agreed else 1 / 9.0
        voter.observe((ClassIndex(prediction), claimed), ratio, agreed, 0.9)


@pytest.mark.parametrize(("claimed", "right"), [(0.99, 0.7), (0.6, 0.9), (0.95, 0.95), (0.9, 0.5)])
def test_a_prediction_is_believed_as_often_as_such_are_right(claimed: float, right: float) -> None:
    voter = ModelVoter(2)
    compared(voter, Random(2), claimed, right, 3000)

    for label in (0, 1):
        assert voter.believed((ClassIndex(label), claimed)) == pytest.approx(right, abs=0.06)
    assert voter.believed((ClassIndex(0), 0.3)) == 0.5, "of this kind, none was seen"
    assert not voter.failed


def test_a_model_that_got_worse_is_switched_off_and_a_steady_one_is_not() -> None:
    steady = 0
    for seed in range(100):
        voter = ModelVoter(2)
        compared(voter, Random(seed), 0.9, 0.9, 400)
        steady += voter.failed
    assert steady <= 2  # each looks again after each record
    voter = ModelVoter(2)
    compared(voter, Random(3), 0.9, 0.95, 400)
    compared(voter, Random(4), 0.9, 0.5, 100)
    assert voter.failed
    assert voter.believed((ClassIndex(0), 0.9)) == 0.5


def test_it_leads_only_once_it_was_found_to_be_right() -> None:
    good, poor = ModelVoter(2), ModelVoter(2)
    compared(good, Random(5), 0.9, 0.95, 40)
    assert not good.leads
    compared(good, Random(5), 0.9, 0.95, 200)
    compared(poor, Random(5), 0.9, 0.6, 240)
    assert good.leads
    assert not poor.leads


VOTING: dict[str, Any] = {
    "tasks": {"votes": 5},
    "quality": {"confidence": 0.9, "model_votes": True},
    "learning": {"enabled": True},
    "straggler_mitigation": {"enabled": False},
}


def test_a_prediction_of_no_record_is_refused(pool_of: PoolOf) -> None:
    bench = pool_of(5, records=2, **VOTING)
    for event in (
        e.RecordsPredicted((RecordId(9),), (ClassIndex(0),), (0.9,)),
        e.RecordsPredicted((RecordId(0),), (ClassIndex(7),), (0.9,)),
        e.RecordsPredicted((RecordId(0),), (ClassIndex(0),), (1.9,)),
        e.RecordsPredicted((RecordId(0),), (), (0.9,)),
    ):
        with pytest.raises(InvalidEventError, match="a prediction of no record"):
            bench.engine.handle(event, bench.now)


def test_a_model_that_is_not_yet_believed_changes_nothing(pool_of: PoolOf) -> None:
    bench = pool_of(5, records=1, **VOTING)
    bench.handle(e.RecordsPredicted((RecordId(0),), (ClassIndex(0),), (1.0,)))
    assert only(bench.answer(W1, 1, after=1.0), c.DeliverLabels) == []
    (delivered,) = only(bench.answer(next(iter(bench.holds)), 1, after=1.0), c.DeliverLabels)
    assert delivered.support[0] == pytest.approx(0.85**2 / (0.85**2 + 0.15**2))


class Figures(NamedTuple):
    """Of a run: votes a label, share of right labels, mean support."""

    votes: float
    right: float
    claimed: float


def mean_of(folder: Path, seeds: int, extra: str = "") -> Figures:
    """Mean over these seeds, with 10 % of the records hard for everybody."""
    found = []
    for seed in range(seeds):
        text = (
            f"seed = {seed}\nlearning.holdout = 0.2\npool = {{size = 10, reserve = 2}}\n"
            'dataset = {kind = "digits", records = 600}\ncrowd.population = "mturk"\n'
            "crowd.hard_records = 0.1\ntasks.votes = 7\nquality.confidence = 0.97\n" + extra
        )
        scenario = parse_scenario(text, "test")
        tables = run_scenario(scenario, folder, out=folder / "run.db", overwrite=True).tables
        labels = tables.labels.values()
        found.append(
            Figures(
                sum(row.counted for row in tables.answers) / len(labels),
                mean(row.label == row.truth for row in labels),
                mean(row.support for row in labels),
            )
        )
    return Figures(*map(mean, zip(*found, strict=True)))


@pytest.fixture(scope="module", params=[1, pytest.param(3, marks=pytest.mark.slow)])
def seeds(request: pytest.FixtureRequest) -> int:
    """How many runs a figure is the mean of."""
    return int(request.param)


@pytest.fixture(scope="module")
def alone(seeds: int, tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return mean_of(tmp_path_factory.mktemp("alone"), seeds)


def test_the_models_vote_makes_labels_better_and_a_replay_agrees(
    alone: Figures, seeds: int, tmp_path: Path
) -> None:
    voted = mean_of(tmp_path, seeds, "quality.model_votes = true\n")
    with open_run(tmp_path / "run.db") as file:
        verify(file)

    assert voted.votes < 0.97 * alone.votes
    assert voted.right > alone.right


def test_support_is_calibrated_where_records_are_hard(
    alone: Figures, seeds: int, tmp_path: Path
) -> None:
    allowed = mean_of(tmp_path, seeds, "quality.hard_records = true\n")

    assert alone.claimed - alone.right > 0.04
    assert abs(allowed.claimed - allowed.right) < 0.025
