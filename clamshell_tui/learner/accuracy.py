"""Accuracy of the model: measured on held-out records, or estimated by cross-validation."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.learner.estimators import (
    Estimator,
    Labels,
    Matrix,
    Weights,
    fit,
    probabilities,
)
from clamshell_tui.learner.names import LearnerError

FOLDS = 3
MIN_PER_CLASS = FOLDS  # of at least two classes, so that most folds see both
MIN_SCORED = 30  # passive labels: below that the estimate would jump by several percent
GROWTH = 1.25  # new estimate when there are a quarter more labels


@dataclass(frozen=True)
class TrainingSet:
    """Labelled records: features ``(n, n_features)``, and per record label, kind and weight."""

    features: Matrix
    labels: Labels
    active: NDArray[np.bool_]
    weights: Weights | None

    def part(self, chosen: NDArray[np.bool_]) -> "TrainingSet":
        weights = None if self.weights is None else self.weights[chosen]
        return TrainingSet(self.features[chosen], self.labels[chosen], self.active[chosen], weights)


class CrossValidation:
    """Accuracy against the crowd's own labels, estimated now and then.

    Each estimate fits ``FOLDS`` models from scratch. Doing that only after a quarter more labels
    keeps the total a small multiple of the last estimate, however often the model is
    retrained; in between the last estimate stands. Active records are harder than the pool they
    come from, so the passive ones alone are scored as soon as there are enough.
    """

    def __init__(self) -> None:
        self._accuracy: float | None = None
        self._labels = 0

    def estimate(
        self,
        blank: Callable[[], Estimator],
        data: TrainingSet,
        n_classes: int,
        rng: np.random.Generator,
    ) -> float | None:
        """Return the estimate; ``blank`` makes unfitted copies. None while labels are too few."""
        if len(data.labels) >= self._labels * GROWTH and _enough(data.labels):
            self._labels = len(data.labels)
            # A fold may fail where the whole does not: too few neighbours, one class only.
            with suppress(LearnerError):
                self._accuracy = _cross_validated(blank, data, n_classes, rng)
        return self._accuracy


def measured(
    model: Estimator, features: Matrix, truth: Labels, n_classes: int
) -> tuple[float, tuple[float, ...]]:
    """Return the shares of held-out records that the model gets right: of all, and by class.

    Those by class are rounded, because they are for display only, and -1 for a class without any.
    """
    right = probabilities(model, features, n_classes).argmax(axis=1) == truth
    of_class = np.bincount(truth, minlength=n_classes)
    shares = np.bincount(truth, weights=right, minlength=n_classes) / np.maximum(of_class, 1)
    by_class = tuple(np.where(of_class > 0, shares.round(4), -1.0).tolist())
    return float(right.mean()), by_class


def _enough(labels: Labels) -> bool:
    return bool((np.bincount(labels) >= MIN_PER_CLASS).sum() >= 2)


def _cross_validated(
    blank: Callable[[], Estimator], data: TrainingSet, n_classes: int, rng: np.random.Generator
) -> float:
    folds = _stratified_folds(data.labels, rng)
    correct = np.zeros(len(folds), dtype=bool)
    for fold in range(FOLDS):
        inside, outside = data.part(folds != fold), data.part(folds == fold)
        model = blank()
        fit(model, inside.features, inside.labels, inside.weights)
        guesses = probabilities(model, outside.features, n_classes).argmax(axis=1)
        correct[folds == fold] = guesses == outside.labels
    passive = ~data.active
    return float(correct[passive].mean() if passive.sum() >= MIN_SCORED else correct.mean())


def _stratified_folds(labels: Labels, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a fold for each record; each class is dealt out in turn, so rare ones need no rule."""
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    folds = np.empty(len(labels), dtype=np.int64)
    folds[by_class] = np.arange(len(labels)) % FOLDS
    return folds
