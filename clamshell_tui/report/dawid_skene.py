"""Dawid-Skene: labels and workers' confusion, estimated together from all answers of a run.

The classic EM (Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using
the EM algorithm"): a record's class is hidden, worker w names class l for a record of class k with
probability pi[w, k, l]. It begins with the shares of the votes, and pi is smoothed towards a worker
who is mostly right, so that a few answers decide little. Late answers are votes as good as any.

It looks at all answers at once, so it belongs at the end of a run, not into the engine.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SMOOTHING = 1.0  # answers that a worker is taken to have given in each class, beforehand
_RIGHT = 0.7  # share of those that were right
_ROUNDS = 100
_SETTLED = 1e-4  # largest change of a probability in a round that is the last one


class Opinion(NamedTuple):
    """One answer to one record; workers, records and classes are numbered from 0."""

    worker: int
    record: int
    label: int


class Estimate(NamedTuple):
    """``probabilities``: ``(n_records, n_classes)``, rows sum to 1; records nobody answered: prior.

    ``confusion``: ``(n_workers, n_classes, n_classes)``, true class by class named, rows sum to 1.
    """

    probabilities: NDArray[np.float64]
    confusion: NDArray[np.float64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The likeliest class of each record, ``(n_records,)``."""
        labels: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return labels


def dawid_skene(
    opinions: Sequence[Opinion], *, n_workers: int, n_records: int, n_classes: int
) -> Estimate:
    """Estimate by EM until it settles; the order of the opinions does not matter."""
    worker, record, label = np.array(opinions, dtype=np.int64).reshape(-1, 3).T
    probabilities = _vote_shares(record, label, n_records, n_classes)
    prior_counts = _prior_counts(n_classes)
    confusion = np.tile(prior_counts, (n_workers, 1, 1))
    for _ in range(_ROUNDS):
        named = np.zeros((n_workers, n_classes, n_classes))  # by class named, then true class
        np.add.at(named, (worker, label), probabilities[record])
        counts = named.transpose(0, 2, 1) + prior_counts
        confusion = counts / counts.sum(axis=2, keepdims=True)
        share = probabilities.sum(axis=0) + 1.0
        log_odds = np.tile(np.log(share / share.sum()), (n_records, 1))
        np.add.at(log_odds, record, np.log(confusion[worker, :, label]))
        updated = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        updated /= updated.sum(axis=1, keepdims=True)
        moved = np.abs(updated - probabilities).max(initial=0.0)
        probabilities = updated
        if moved < _SETTLED:
            break
    return Estimate(probabilities, confusion)


def _vote_shares(
    record: NDArray[np.int64], label: NDArray[np.int64], n_records: int, n_classes: int
) -> NDArray[np.float64]:
    shares = np.full((n_records, n_classes), 1e-2)
    np.add.at(shares, (record, label), 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _prior_counts(n_classes: int) -> NDArray[np.float64]:
    wrong = (1.0 - _RIGHT) / (n_classes - 1)
    counts: NDArray[np.float64] = _SMOOTHING * np.where(np.eye(n_classes) > 0, _RIGHT, wrong)
    return counts
