"""Quality: consensus of votes, agreement between workers, reliability of each worker."""

from collections.abc import Callable, Iterable, Sequence
from math import log

from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.policies import Policies

_POOL_WEIGHT = 20.0  # weight of the pool's prior accuracy, in labels
_WORKER_WEIGHT = 5.0  # weight of the pool's accuracy against the worker's own labels, in labels
_CEILING = 0.98
_SHARES_WEIGHT = 20.0  # weight of equal class shares as a prior, in records
LIKELY = 0.6  # probability of a class from which other votes are judged by it

Votes = Sequence[tuple[ClassIndex, float]]
"""The answers to one record in the order they came: class, and accuracy of the worker (0..1)."""

Consensus = Callable[[Votes, int], tuple[ClassIndex, float]]
"""Votes and number of classes -> the label, and the share of the votes' weight it got (0..1)."""


def majority(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """Return the class with most votes; of equals, the one named first."""
    return _heaviest([(label, 1.0) for label, _ in votes])


def weighted_majority(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """Return the class with the largest weight of votes, weighted by log-odds.

    A worker with accuracy a among C classes weighs ln(a (C - 1) / (1 - a)), the log-likelihood
    ratio when errors are spread evenly; a vote no better than a guess weighs next to nothing.
    """
    return _heaviest(
        [
            (label, max(0.01, log(accuracy * (n_classes - 1) / (1.0 - accuracy))))
            for label, accuracy in votes
        ]
    )


def median(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """Return the middle step of a scale, the lower of two; its support is the share that named it.

    No worker weighs more than another, so one who always names an end moves it by a step at most.
    """
    steps = sorted(label for label, _ in votes)
    middle = steps[(len(steps) - 1) // 2]
    return middle, steps.count(middle) / len(steps)


class ClassCounts:
    """Estimated number of records per class so far, with equal shares as the prior.

    Each record counts by the probabilities of its classes, not by its label: errors would inflate
    the count of a rare class.
    """

    __slots__ = ("counts", "total")

    def __init__(self, n_classes: int) -> None:
        self.counts = [_SHARES_WEIGHT / n_classes] * n_classes
        self.total = _SHARES_WEIGHT

    def add(self, votes: Votes) -> None:
        """Count a record by its votes."""
        odds, unnamed = odds_of(votes, self)
        whole = sum(odds.values()) + unnamed
        for label, value in odds.items():
            self.counts[label] += value / whole
            self.total += value / whole

    def add_unanimous(self, label: ClassIndex, accuracies: Sequence[float]) -> None:
        """Count a record whose votes all name one class."""
        share = self.unanimous(label, accuracies)
        self.counts[label] += share
        self.total += share

    def unanimous(self, label: ClassIndex, accuracies: Sequence[float]) -> float:
        """Return the probability of a class that all votes name, as :func:`posterior` does."""
        odds = self.counts[label]
        unnamed, others = max(0.0, self.total - odds), len(self.counts) - 1
        for accuracy in accuracies:
            odds = odds * accuracy * others / (1.0 - accuracy)
        return odds / (odds + unnamed)


def posterior(votes: Votes, classes: ClassCounts) -> tuple[ClassIndex, float]:
    """Return the likeliest class among the votes and its probability, errors evenly spread.

    A worker with accuracy a among C classes multiplies the odds of the class named against each
    other one by a (C - 1) / (1 - a); before any vote they are as the classes are frequent. With 5 %
    of a class, two votes for it by workers with an accuracy of 90 % make 81 %, not 99 %.
    """
    odds, unnamed = odds_of(votes, classes)
    best = max(odds, key=odds.__getitem__)
    return best, odds[best] / (sum(odds.values()) + unnamed)


def odds_of(votes: Votes, classes: ClassCounts) -> tuple[dict[ClassIndex, float], float]:
    """Return the odds of each class named and of all others together, on the counts' scale."""
    counts, others = classes.counts, len(classes.counts) - 1
    odds: dict[ClassIndex, float] = {}
    unnamed = classes.total
    for label, accuracy in votes:
        before = odds.get(label)
        if before is None:
            before = counts[label]
            unnamed -= before
        odds[label] = before * accuracy * others / (1.0 - accuracy)
    return odds, max(0.0, unnamed)


class Reliability:
    """Accuracy of workers, each estimate shrunk to the pool's.

    ``worker.accuracy`` starts at a half, which would make first votes worthless. Here a worker
    starts at the pool's accuracy, and the pool at 0.85, the paper's pass mark. The upper bound is
    0.98, because a consensus is not the truth.
    """

    __slots__ = ("agreed", "compared")

    def __init__(self) -> None:
        self.agreed = 0.85 * _POOL_WEIGHT
        self.compared = _POOL_WEIGHT

    def add(self, agreed: int, compared: int) -> None:
        self.agreed += agreed
        self.compared += compared

    def of_each(self, workers: Iterable[Worker], least: float) -> list[float]:
        """Return the estimate for each worker by the labels judged so far, at least ``least``."""
        weight = _WORKER_WEIGHT
        prior = weight * (self.agreed / self.compared)
        found: list[float] = []
        for worker in workers:
            right = worker.gold_correct + worker.agreed + prior
            estimate = right / (worker.gold_asked + worker.compared + weight)
            if estimate > _CEILING:
                estimate = _CEILING
            elif estimate < least:
                estimate = least
            found.append(estimate)
        return found


def likely_class(votes: Votes, classes: ClassCounts) -> tuple[ClassIndex, float] | None:
    """Return the class that is likely enough by these votes to judge another vote, or None.

    It is None for draws, and for votes of workers that guess or are known to be wrong.
    """
    found = posterior(votes, classes) if votes else None
    return found if found is not None and found[1] >= LIKELY else None


CONSENSUS: Policies[Consensus] = Policies(
    "consensus", {"majority": majority, "weighted-majority": weighted_majority, "median": median}
)


def _heaviest(weighted: list[tuple[ClassIndex, float]]) -> tuple[ClassIndex, float]:
    weights: dict[ClassIndex, float] = {}
    for label, weight in weighted:
        weights[label] = weights.get(label, 0.0) + weight
    best = max(weights, key=weights.__getitem__)
    return best, weights[best] / sum(weights.values())


class Agreement:
    """Krippendorff's alpha for nominal labels, kept up to date one record at a time.

    alpha = 1 - D_o / D_e: observed over expected disagreement, 1 = perfect, 0 = chance. Any number
    of answers per record; records with fewer than two say nothing. With n_c pairable labels of
    class c and n in all, D_e = 1 - sum n_c (n_c - 1) / (n (n - 1)). (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability", nominal data.)
    """

    __slots__ = ("counts", "disagreement", "total")

    def __init__(self, n_classes: int) -> None:
        self.counts = [0] * n_classes
        self.total = 0
        self.disagreement = 0.0

    def add(self, labels: Sequence[ClassIndex]) -> None:
        """Count all answers to one record."""
        m = len(labels)
        if m < 2:
            return
        self.total += m
        if labels.count(labels[0]) == m:
            self.counts[labels[0]] += m
            return
        agreeing = 0
        for label in set(labels):
            n = labels.count(label)
            self.counts[label] += n
            agreeing += n * (n - 1)
        self.disagreement += (m * (m - 1) - agreeing) / (m - 1)

    @property
    def alpha(self) -> float | None:
        """The coefficient; None (undefined) until two labels differ in class."""
        n = self.total
        if n < 2:
            return None
        expected = n * (n - 1) - sum(c * (c - 1) for c in self.counts)
        if expected == 0:
            return None
        return 1.0 - (self.disagreement / n) * (n * (n - 1)) / expected


class OrdinalAgreement:
    """Krippendorff's alpha for the steps of a scale, kept up to date one record at a time.

    alpha = 1 - D_o / D_e over the coincidences o_ck of all pairs of answers to a record. Two steps
    c < k differ by (sum of n_g from c to k, less half of n_c and of n_k) squared: by the number of
    labels between them. (Krippendorff 2011, ordinal data.)
    """

    __slots__ = ("coincidences",)

    def __init__(self, n_classes: int) -> None:
        self.coincidences = [[0.0] * n_classes for _ in range(n_classes)]

    def add(self, labels: Sequence[ClassIndex]) -> None:
        """Count all answers to one record."""
        m = len(labels)
        if m < 2:
            return
        for one, label in enumerate(labels):
            row = self.coincidences[label]
            for other, second in enumerate(labels):
                if one != other:
                    row[second] += 1.0 / (m - 1)

    @property
    def alpha(self) -> float | None:
        """The coefficient; None (undefined) until two labels differ."""
        counts = [sum(row) for row in self.coincidences]
        n = sum(counts)
        observed = expected = 0.0
        for low, row in enumerate(self.coincidences):
            between = counts[low] / 2
            for high in range(low + 1, len(counts)):
                between += counts[high]
                distance = (between - counts[high] / 2) ** 2
                observed += row[high] * distance
                expected += counts[low] * counts[high] * distance
        return 1.0 - (n - 1) * observed / expected if expected else None
