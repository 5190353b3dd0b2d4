"""The learner: labels in, model and ranking of candidates out (CLAMShell §5)."""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.core.config import LearningConfig
from clamshell_tui.learner.accuracy import CrossValidation, TrainingSet, measured
from clamshell_tui.learner.candidates import Candidates, Indices
from clamshell_tui.learner.estimators import (
    Estimator,
    Labels,
    Matrix,
    Weights,
    fit,
    make_estimator,
    probabilities,
    quietly,
)
from clamshell_tui.learner.names import ESTIMATORS, LearnerError
from clamshell_tui.learner.scaling import Scaler, as_float32
from clamshell_tui.learner.uncertainty import UNCERTAINTY, Scores

CHUNK = 16_384  # rows scored per call: bounds the memory of kNN and SVC; shorter chunks cost calls


@dataclass(frozen=True)
class TrainedModel:
    """Result of a retraining.

    ``ranking`` holds candidates, most uncertain first. ``accuracy`` is None while it cannot be
    measured; ``estimated`` means by cross-validation against the crowd's labels. ``uncertainty`` is
    the quartiles over the sample, minimum to maximum, on the measure's own scale; ``by_class`` the
    share of each class's held-out records that the model gets right, empty without such records.
    """

    ranking: tuple[int, ...]
    labels_used: int
    accuracy: float | None
    estimated: bool
    uncertainty: tuple[float, ...] = ()
    by_class: tuple[float, ...] = ()


class Learner:
    """One run's model. The same calls in the same order give the same results.

    ``features`` is ``(n_records, n_features)``, dense or csr; the model is fitted in float32.
    ``ranking_size`` is how many candidates a ranking names at most. ``holdout`` is features and
    true classes of records that are never labelled. ``excluded`` records are never candidates,
    such as gold. Raises ScenarioError when the estimator cannot work on such features.
    """

    def __init__(
        self,
        features: Matrix,
        n_classes: int,
        config: LearningConfig,
        *,
        seed: int,
        ranking_size: int,
        holdout: tuple[Matrix, Labels] | None = None,
        excluded: Iterable[int] = (),
    ) -> None:
        self._config = config
        self._n_classes = n_classes
        self._ranking_size = ranking_size
        self._rng = np.random.default_rng(seed)
        self._blank: Callable[[], Estimator] = partial(make_estimator, config, seed % 2**32)
        self._model: Estimator = None  # the latest, fitted
        self._blank()  # raises for a wrong name now, not at the first fit
        features = as_float32(features)
        self._scaler = Scaler(features, ESTIMATORS[config.estimator], config.estimator)
        self._features = self._scaler.scaled(features)
        self._candidates = Candidates(features.shape[0])
        self._candidates.remove(excluded)
        self._holdout = self._known(holdout)
        self._cross_validation = CrossValidation()
        self._records: list[int] = []
        self._labels: list[int] = []
        self._active: list[bool] = []

    def add_labels(
        self, records: Sequence[int], labels: Sequence[int], active: Sequence[bool]
    ) -> None:
        """Take consensus labels in the order of delivery; their records are candidates no more."""
        if not len(records) == len(labels) == len(active):
            raise ValueError("records, labels and active differ in length")
        if not all(0 <= label < self._n_classes for label in labels):
            raise ValueError(f"a label of {list(labels)} is no index of {self._n_classes} classes")
        self._records += records
        self._labels += labels
        self._active += active
        self._candidates.remove(records)

    def exclude(self, records: Iterable[int]) -> None:
        """Never rank these records: gold, or set aside."""
        self._candidates.remove(records)

    def train(self, labels: int | None = None) -> TrainedModel:
        """Fit on the first ``labels`` labels delivered (all by default) and rank a sample.

        Raises LearnerError if no model can be made of these labels; an earlier one still predicts.
        """
        data = self._training_set(len(self._labels) if labels is None else labels)
        with quietly():
            model = self._fit(data)
            ranking, uncertainty = self._rank(model)
            accuracy, estimated, by_class = self._accuracy(model, data)
        self._model = model
        return TrainedModel(ranking, len(data.labels), accuracy, estimated, uncertainty, by_class)

    def predict(self, features: Matrix) -> NDArray[np.floating]:
        """Return probabilities ``(n, n_classes)`` of the latest model, columns by class index."""
        if self._model is None:
            raise LearnerError("there is no model yet")
        with quietly():
            return probabilities(self._model, self._scaler.scaled(features), self._n_classes)

    def predict_records(self, records: Sequence[int]) -> tuple[list[int], list[float]]:
        """Return the latest model's likeliest class for records, and its probability for each.

        Raises LearnerError without a model, or for records that came after it.
        Probabilities are rounded, to be written to the journal.
        """
        if self._model is None or max(records, default=0) >= self._features.shape[0]:
            raise LearnerError("there is no model of these records yet")
        with quietly():
            found = probabilities(self._model, self._features[list(records)], self._n_classes)
        return found.argmax(axis=1).tolist(), found.max(axis=1).astype(float).round(4).tolist()

    def _training_set(self, count: int) -> TrainingSet:
        labels = np.array(self._labels[:count], dtype=np.int64)
        if len(np.unique(labels)) < 2:
            raise LearnerError("all labels so far are of one class" if count else "no labels yet")
        records = np.array(self._records[:count], dtype=np.int64)
        active = np.array(self._active[:count], dtype=bool)
        return TrainingSet(self._features[records], labels, active, self._weights(active))

    def _weights(self, active: NDArray[np.bool_]) -> Weights | None:
        """Weight active records r and passive ones 1 - r, mean 1; None means all alike.

        The paper's "kp" is read as k / p, the active fraction r. With r of 0 or 1, or with records
        of one kind only, one kind would be all there is: no weights then.
        """
        hint = self._config.difficulty
        if hint is not None and not active.all():
            weights: Weights = np.where(active, 1.0 - hint, 1.0)
            weights /= weights.mean()
            return weights
        r = self._config.active_fraction
        alike = r in {0, 0.5, 1} or active.all() or not active.any()
        if self._config.weighting == "none" or alike:
            return None
        weights = np.where(active, r, 1 - r)
        weights /= weights.mean()
        return weights

    def _fit(self, data: TrainingSet) -> Estimator:
        """Return a new model, warm from the last one's coefficients where the classes are the same.

        A warm fit takes a few L-BFGS steps instead of dozens. The last model stays as it is, in
        case this fit fails.
        """
        last = self._model
        warm = ESTIMATORS[self._config.estimator].warm and last is not None
        if warm and np.array_equal(last.classes_, np.unique(data.labels)):
            model = deepcopy(last)
        else:
            model = self._blank()
        fit(model, data.features, data.labels, data.weights)
        return model

    def _rank(self, model: Estimator) -> tuple[tuple[int, ...], tuple[float, ...]]:
        sample = np.sort(self._candidates.sample(self._config.candidates, self._rng))
        scores = self._scores(model, sample)
        ranking = tuple(sample[_largest(scores, self._ranking_size)].tolist())
        return ranking, _quartiles(scores)

    def _scores(self, model: Estimator, records: Indices) -> Scores:
        """Return how uncertain the model is of each record, ``(len(records),)``."""
        n_records = self._features.shape[0]
        if len(records) > n_records / 2:  # reading all rows in order beats gathering most of them
            everything = [self._features[i : i + CHUNK] for i in range(0, n_records, CHUNK)]
            return self._uncertainty(model, everything)[records]
        gathered = (self._features[records[i : i + CHUNK]] for i in range(0, len(records), CHUNK))
        return self._uncertainty(model, gathered)

    def _uncertainty(self, model: Estimator, chunks: Iterable[Matrix]) -> Scores:
        measure = UNCERTAINTY[self._config.uncertainty]
        scores = [measure(probabilities(model, chunk, self._n_classes)) for chunk in chunks]
        return np.concatenate(scores) if scores else np.empty(0, dtype=np.float32)

    def _accuracy(
        self, model: Estimator, data: TrainingSet
    ) -> tuple[float | None, bool, tuple[float, ...]]:
        """Return the accuracy, whether it is an estimate, and the accuracy by class if not."""
        if self._holdout is not None:
            accuracy, by_class = measured(model, *self._holdout, self._n_classes)
            return accuracy, False, by_class
        estimate = self._cross_validation.estimate(self._blank, data, self._n_classes, self._rng)
        return estimate, estimate is not None, ()

    def _known(self, holdout: tuple[Matrix, Labels] | None) -> tuple[Matrix, Labels] | None:
        """Return the held-out records whose true class is known, scaled; None if there are none."""
        if holdout is None:
            return None
        features, truth = holdout
        known = truth >= 0
        return (self._scaler.scaled(features[known]), truth[known]) if known.any() else None


def _quartiles(scores: Scores) -> tuple[float, ...]:
    """Return minimum, quartiles and maximum, rounded for display; empty without scores."""
    if not len(scores):
        return ()
    return tuple(np.quantile(scores, (0.0, 0.25, 0.5, 0.75, 1.0)).round(4).tolist())


def _largest(scores: Scores, count: int) -> Indices:
    """Return the indices of the ``count`` largest scores, largest first, the earlier of equals."""
    if count < len(scores):
        chosen = np.sort(np.argpartition(-scores, count)[:count])
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")]
