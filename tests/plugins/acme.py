"""A package with a policy of each kind, installed by the tests as ``acme-policies 1.2.0``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.crowd_platform.quality import Votes
from clamshell_tui.core.crowd_platform.work import Task, Worker
from clamshell_tui.core.ids import ClassIndex, WorkerId
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEstimator, Verdict
from clamshell_tui.core.lifeguard.latency.ttest import TermEst
from clamshell_tui.core.lifeguard.objectives import Criteria
from clamshell_tui.core.open_work import OpenWork
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.report.export import RunExport
from clamshell_tui.workforce.behaviour import Attempt, Behaviour
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.latency import latency_of
from clamshell_tui.workforce.person import Person


def newest(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """Route to the task that was first assigned last."""
    tasks = [task for task in work if task.open_to(worker)]
    return max(tasks, key=lambda task: (task.started or 0.0, task.id), default=None)


class Skipping:
    """Routing that lets a share of the chances pass."""

    class Config(Struct, frozen=True):
        share: float = 0.5

    def __init__(self, config: Config) -> None:
        self.share = config.share

    def __call__(self, work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
        return None if rng.random() < self.share else newest(work, worker, rng)


def idle(worker: Worker, criteria: Criteria, in_hand: float) -> Verdict | None:
    """Flag a worker whose task in hand is ten times slower than the threshold."""
    slow = in_hand > 10.0 * criteria.threshold
    return Verdict(in_hand, 0.01, in_hand) if slow else None


def cautious(config: MaintenanceConfig) -> LatencyEstimator:
    return TermEst(config.significance / 10.0, 10)


def last_word(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """The class that was named last."""
    label = votes[-1][0]
    return label, sum(vote == label for vote, _ in votes) / len(votes)


def gini(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    scores: NDArray[np.floating] = 1.0 - (probabilities**2).sum(axis=1)
    return scores


class NaiveBayes(GaussianNB):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator; its parameters stand in learning.parameters."""


class Hesitant(Behaviour):
    """Takes twice as long as others."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        found = super().attempt(truth, waited=waited, interrupted=interrupted)
        return found._replace(seconds=2.0 * found.seconds)


class Students:
    """A population whose accuracy is an option."""

    class Config(Struct, frozen=True):
        accuracy: float = 0.9

    def __init__(self, config: Config) -> None:
        self.accuracy = config.accuracy

    def __call__(self, rng: Random, config: CrowdConfig, n_classes: int) -> Person:
        mean = 2.0 + 2.0 * rng.random()
        return Person(latency_of("lognormal", mean, 0.5 * mean), self.accuracy, n_classes)


class Stripes:
    """A dataset: two classes, apart in their only feature."""

    class Config(Struct, frozen=True):
        records: int = 60

    def __init__(self, config: Config) -> None:
        self.records = config.records

    def __call__(self, *, base: Path, seed: int) -> Dataset:
        truth = np.arange(self.records) % 2
        noise = np.random.default_rng(seed).normal(size=self.records)
        return Dataset(
            name="stripes",
            ids=[f"s{number}" for number in range(self.records)],
            features=(4.0 * truth + noise).astype(np.float32).reshape(-1, 1),
            classes=("left", "right"),
            truth=truth.astype(np.int64),
        )


def listing(export: RunExport) -> Mapping[str, Any]:
    """An exporter: one line for each label."""
    labels = export.table("labels")
    place = [column.name for column in labels.columns].index("label")
    return {"labels.txt": "".join(f"{row[place]}\n" for row in labels.rows)}


def broken() -> None:
    """Stands for a module that cannot be imported."""
