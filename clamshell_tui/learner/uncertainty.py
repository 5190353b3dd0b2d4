"""Uncertainty sampling: how unsure a model is of each record (CLAMShell §5; Settles 2009, §3.1).

Each measure takes probabilities ``(n_records, n_classes)`` whose rows sum to 1 and returns scores
``(n_records,)`` of the same dtype: the higher, the less sure. Nothing else about the scale is
promised. With two classes all three rank alike.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.policies import Policies

Probabilities = NDArray[np.floating]
Scores = NDArray[np.floating]


def entropy(probabilities: Probabilities) -> Scores:
    """Shannon entropy in nats; an impossible class adds nothing."""
    smallest = np.finfo(probabilities.dtype).tiny
    logarithms = np.log(np.maximum(probabilities, smallest))
    scores: Scores = -np.einsum("ij,ij->i", probabilities, logarithms)
    return scores


def margin(probabilities: Probabilities) -> Scores:
    """Minus the lead of the likeliest class over the second."""
    runner_up, best = np.partition(probabilities, -2, axis=1)[:, -2:].T
    scores: Scores = runner_up - best
    return scores


def least_confidence(probabilities: Probabilities) -> Scores:
    """One minus the probability of the likeliest class."""
    scores: Scores = 1 - probabilities.max(axis=1)
    return scores


UNCERTAINTY: Policies[Callable[[Probabilities], Scores]] = Policies(
    "uncertainty",
    {"entropy": entropy, "margin": margin, "least-confidence": least_confidence},
)
