"""Final consensus of a run: Dawid-Skene over all its answers, late ones included.

EM (Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM
algorithm"): a record's class is hidden and is k with probability p[k]; worker w names class l for
a record of class k with probability pi[w, k, l]. It begins with the shares of the votes. Late
answers are votes as good as any.

The classic form is worse than a majority where answers are few: a matrix of confusion has more
entries than a worker has answers, and a worker who named a class twice rules others out. So a
worker's unknown entries follow from the known ones, in two steps: the worker's share of right
answers is drawn to the pool's, and each row of the matrix to that share with the errors evenly
spread. A few answers thus show how often a worker is right, and many which classes the worker
mistakes. That share is never below guessing: among many guessers, a few experts may seem to
be wrong always.

The shares of the classes are estimated with the rest. Without them a rare class, whose row of every
matrix is made of other classes' errors, takes records from a frequent one: at 95:5 that is 8 to 20
points worse than the majority. They are smoothed towards equal shares.

Only records with several answers are evidence. One answer agrees with nothing: an estimate that
learns from it confirms itself, and calls a rare class an error or half of an even split the other
class. A record with a single answer is judged by what the others showed.

It looks at all answers at once, so it belongs at the end of a run, not into the engine.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.run.tables import Tables


class _Estimated(NamedTuple):
    """Dawid-Skene's estimate for the records with a delivered label, in their order."""

    classes: list[str]
    estimate: "DawidSkeneEstimate"


def _estimated(tables: Tables) -> _Estimated | None:
    """None if all answers name one class."""
    records = {record: index for index, record in enumerate(tables.labels)}
    classes: dict[str, int] = {}
    workers: dict[str, int] = {}
    opinions: list[Opinion] = []
    for row in tables.work_answers:
        if row.record in records:
            name = tables.assignments[row.assignment].worker
            worker = workers.setdefault(name, len(workers))
            label = classes.setdefault(row.label, len(classes))
            opinions.append(Opinion(worker, records[row.record], label))
    if len(classes) < 2:
        return None
    estimate = dawid_skene(
        opinions, n_workers=len(workers), n_records=len(records), n_classes=len(classes)
    )
    return _Estimated(list(classes), estimate)


def final_labels(tables: Tables) -> dict[int, str]:
    """Record -> class, for every record with a delivered label.

    Costs an import of numpy and time in proportion to the answers: for the end of a run.
    """
    found = _estimated(tables)
    if found is None:
        return {record: row.label for record, row in tables.labels.items()}
    chosen = found.estimate.labels.tolist()
    return {
        record: found.classes[index] for record, index in zip(tables.labels, chosen, strict=True)
    }


def final_probabilities(tables: Tables) -> dict[int, float]:
    """Record -> probability of its delivered label; empty if no record has several answers."""
    answers = Counter(row.record for row in tables.work_answers)
    found = _estimated(tables) if max(answers.values(), default=0) > 1 else None
    if found is None:
        return {}
    places = {name: place for place, name in enumerate(found.classes)}
    rows = zip(tables.labels.values(), found.estimate.probabilities.tolist(), strict=True)
    return {row.record: shares[places[row.label]] for row, shares in rows if row.label in places}


def final_accuracy(tables: Tables) -> float | None:
    """Share of the final labels that are right, where the truth is known; None if nowhere."""
    known = {record: row.truth for record, row in tables.labels.items() if row.truth is not None}
    if not known:
        return None
    final = final_labels(tables)
    return sum(final[record] == truth for record, truth in known.items()) / len(known)


_FIRST_GUESS = 0.85  # share of right answers in the pool, the paper's pass mark ...
_GUESS_WEIGHT = 20.0  # ... which is worth so many answers
_POOL_WEIGHT = 5.0  # answers that the pool is worth against a worker's own
_CEILING = 0.98  # upper limit of a worker's accuracy: a consensus is not the truth
_EVEN_WEIGHT = 30.0  # answers of one class that evenly spread errors are worth
_CLASS_WEIGHT = 30.0  # records that equal shares of the classes are worth
_ROUNDS = 100
_SETTLED = 1e-4  # largest change of a probability in a round that is the last one


class Opinion(NamedTuple):
    """One answer to one record; workers, records and classes are numbered from 0."""

    worker: int
    record: int
    label: int


class DawidSkeneEstimate(NamedTuple):
    """``probabilities``: ``(n_records, n_classes)``, rows sum to 1; the shares of the classes where
    there is no answer.

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
) -> DawidSkeneEstimate:
    """Estimate by EM until it settles; the order of the opinions does not matter."""
    answers = np.array(opinions, dtype=np.int64).reshape(-1, 3)
    worker, record, label = answers.T
    several = np.bincount(record, minlength=n_records) > 1
    evidence = answers[several[record]]
    probabilities = _vote_shares(record, label, n_records, n_classes)
    for _ in range(_ROUNDS):
        confusion = _confusion(evidence, probabilities, n_workers)
        updated = np.tile(np.log(_class_shares(probabilities[several])), (n_records, 1))
        np.add.at(updated, record, np.log(confusion[worker, :, label]))
        updated = np.exp(updated - updated.max(axis=1, keepdims=True))
        updated /= updated.sum(axis=1, keepdims=True)
        moved = np.abs(updated - probabilities).max(initial=0.0)
        probabilities = updated
        if moved < _SETTLED:
            break
    return DawidSkeneEstimate(probabilities, confusion)


def _confusion(
    answers: NDArray[np.int64], probabilities: NDArray[np.float64], n_workers: int
) -> NDArray[np.float64]:
    """Of each worker, from rows of worker, record and class; see :class:`DawidSkeneEstimate`."""
    worker, record, label = answers.T
    n_classes = probabilities.shape[1]
    named = np.zeros((n_workers, n_classes, n_classes))  # by class named, then true class
    np.add.at(named, (worker, label), probabilities[record])
    correct = _sums(probabilities[record, label], worker, n_workers)
    given = _sums(np.ones(len(worker)), worker, n_workers)
    accuracies = _accuracies(correct, given, 1.0 / n_classes)
    counts = named.transpose(0, 2, 1) + _EVEN_WEIGHT * _even_confusion(accuracies, n_classes)
    confusion: NDArray[np.float64] = counts / counts.sum(axis=2, keepdims=True)
    return confusion


def _class_shares(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each class among records with these probabilities, ``(n_classes,)``."""
    n_records, n_classes = probabilities.shape
    counts = probabilities.sum(axis=0) + _CLASS_WEIGHT / n_classes
    shares: NDArray[np.float64] = counts / (n_records + _CLASS_WEIGHT)
    return shares


def _vote_shares(
    record: NDArray[np.int64], label: NDArray[np.int64], n_records: int, n_classes: int
) -> NDArray[np.float64]:
    shares = np.full((n_records, n_classes), 1e-2)
    np.add.at(shares, (record, label), 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _sums(
    values: NDArray[np.float64], worker: NDArray[np.int64], n_workers: int
) -> NDArray[np.float64]:
    """Of the values of each worker's answers, ``(n_workers,)``."""
    return np.bincount(worker, weights=values, minlength=n_workers).astype(np.float64)


def _accuracies(
    correct: NDArray[np.float64], answers: NDArray[np.float64], guess: float
) -> NDArray[np.float64]:
    """Each worker's share of right answers, drawn to the pool's, ``(n_workers,)``."""
    pool = (correct.sum() + _GUESS_WEIGHT * _FIRST_GUESS) / (answers.sum() + _GUESS_WEIGHT)
    shares = (correct + _POOL_WEIGHT * pool) / (answers + _POOL_WEIGHT)
    accuracies: NDArray[np.float64] = np.clip(shares, guess, _CEILING)
    return accuracies


def _even_confusion(accuracies: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Confusion matrices of workers with these accuracies: equal classes, errors evenly spread."""
    wrong = (1.0 - accuracies) / (n_classes - 1)
    matrices = np.repeat(wrong, n_classes * n_classes).reshape(-1, n_classes, n_classes)
    matrices[:, range(n_classes), range(n_classes)] = accuracies[:, np.newaxis]
    return matrices
