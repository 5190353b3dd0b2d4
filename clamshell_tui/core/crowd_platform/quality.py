"""Quality: votes into labels, agreement between workers, accuracy of each of them."""

from collections.abc import Callable, Sequence
from math import log

from clamshell_tui.core.ids import ClassIndex

Votes = Sequence[tuple[ClassIndex, float]]
"""The answers to one record in the order they came: class, and accuracy of the worker (0..1)."""

Consensus = Callable[[Votes, int], tuple[ClassIndex, float]]
"""Votes and number of classes -> the label, and the share of the votes' weight it got (0..1)."""


def majority(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """The class with most votes; of equals, the one that was named first."""
    return _heaviest([(label, 1.0) for label, _ in votes])


def weighted_majority(votes: Votes, n_classes: int) -> tuple[ClassIndex, float]:
    """The class with most evidence: each vote weighs the log-odds of its worker being right.

    A worker with accuracy a among C classes weighs ln(a (C - 1) / (1 - a)), the log-likelihood
    ratio when errors are spread evenly; who does no better than guessing weighs next to nothing.
    """
    return _heaviest(
        [
            (label, max(0.01, log(accuracy * (n_classes - 1) / (1.0 - accuracy))))
            for label, accuracy in votes
        ]
    )


CONSENSUS: dict[str, Consensus] = {"majority": majority, "weighted-majority": weighted_majority}


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
        """Take in all answers to one record."""
        m = len(labels)
        if m < 2:
            return
        agreeing = 0
        for label in set(labels):
            n = labels.count(label)
            self.counts[label] += n
            agreeing += n * (n - 1)
        self.total += m
        self.disagreement += (m * (m - 1) - agreeing) / (m - 1)

    @property
    def alpha(self) -> float | None:
        """The coefficient; None before two records differ in class (it is undefined then)."""
        n = self.total
        if n < 2:
            return None
        expected = n * (n - 1) - sum(c * (c - 1) for c in self.counts)
        if expected == 0:
            return None
        return 1.0 - (self.disagreement / n) * (n * (n - 1)) / expected
