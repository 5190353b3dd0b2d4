"""Objectives of maintenance: latency (the paper), or one of its extensions (CLAMShell §4.2).

An objective judges one worker; flagged workers are replaced, worst first. All but ``latency`` need
a few observations and use a one-sided test at the configured significance.
"""

from collections.abc import Callable
from math import sqrt

from msgspec import Struct

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEstimator, Verdict
from clamshell_tui.core.lifeguard.tails import binomial_cdf, chi_square_sf, student_t_sf
from clamshell_tui.policies import Policies

_MIN_CHECKED = 5  # judged labels before a worker's accuracy is tested
_MIN_SPREAD = 3  # completed assignments before their spread is tested


class Criteria(Struct, frozen=True):
    """The limits of a verdict. ``threshold`` in seconds per label."""

    config: MaintenanceConfig
    estimator: LatencyEstimator
    threshold: float
    n_classes: int = 2


Objective = Callable[[Worker, Criteria, float], Verdict | None]
"""(worker, criteria, age of the task in hand in s per label) -> verdict; None: stays."""


def latency(worker: Worker, criteria: Criteria, in_hand: float) -> Verdict | None:
    """Flag a worker slower than the threshold, by the latency estimator."""
    return criteria.estimator.judge(worker.evidence, criteria.threshold, in_hand)


def quality(worker: Worker, criteria: Criteria, in_hand: float) -> Verdict | None:
    """Flag a worker less accurate than ``min_accuracy``, on gold and against others' votes.

    The evidence is the exact binomial probability of no more right answers than these, if the
    worker were right as often as asked.
    """
    n = worker.checked
    if n < _MIN_CHECKED:
        return None
    share = (worker.gold_correct + worker.agreed) / n
    p = binomial_cdf(worker.gold_correct + worker.agreed, n, expected_share(worker, criteria))
    return Verdict(share, p, 1.0 - share) if p < criteria.config.significance else None


def expected_share(worker: Worker, criteria: Criteria) -> float:
    """Return the share of agreement expected of a worker with exactly ``min_accuracy``.

    Below ``min_accuracy`` where the reference itself may be wrong: agreement with a wrong consensus
    takes the same wrong answer.
    """
    floor, doubt = criteria.config.min_accuracy, worker.doubt / max(1, worker.checked)
    return min(floor, floor * (1.0 - doubt) + (1.0 - floor) / (criteria.n_classes - 1) * doubt)


def speed_quality(worker: Worker, criteria: Criteria, in_hand: float) -> Verdict | None:
    """Flag if the weighted sum of latency / threshold and error rate / allowed rate exceeds 1."""
    n, evidence = worker.checked, worker.evidence
    speed = criteria.estimator.estimate(evidence)
    if n < _MIN_CHECKED or speed is None or evidence.completed < _MIN_SPREAD:
        return None
    weight = criteria.config.speed_weight
    allowed = max(1e-6, 1.0 - expected_share(worker, criteria))
    wrong = 1.0 - worker.accuracy
    score = weight * speed / criteria.threshold + (1.0 - weight) * wrong / allowed
    speed_error = weight * evidence.deviation / criteria.threshold / sqrt(evidence.completed)
    wrong_error = (1.0 - weight) * sqrt(wrong * (1.0 - wrong) / n) / allowed
    # A sum of two estimates has no exact test: Student's t with the freedom of the smaller sample.
    freedom = min(n, evidence.completed) - 1
    p = student_t_sf((score - 1.0) / max(1e-9, sqrt(speed_error**2 + wrong_error**2)), freedom)
    return Verdict(score, p, score) if p < criteria.config.significance else None


def variance(worker: Worker, criteria: Criteria, in_hand: float) -> Verdict | None:
    """Flag if the latencies' standard deviation exceeds ``max_deviation`` (chi-square test)."""
    evidence, limit = worker.evidence, criteria.config.max_deviation
    n, deviation = evidence.completed, evidence.deviation
    if n < _MIN_SPREAD:
        return None
    p = chi_square_sf((n - 1) * (deviation / limit) ** 2, n - 1)
    return Verdict(deviation, p, deviation) if p < criteria.config.significance else None


OBJECTIVES: Policies[Objective] = Policies(
    "objective",
    {
        "latency": latency,
        "quality": quality,
        "speed-quality": speed_quality,
        "variance": variance,
    },
)

LIMITS: dict[str, Callable[[Criteria], float]] = {
    "latency": lambda criteria: criteria.threshold,
    "quality": lambda criteria: criteria.config.min_accuracy,
    "speed-quality": lambda criteria: 1.0,
    "variance": lambda criteria: criteria.config.max_deviation,
}
"""The limit that each objective's estimate is compared with, for reports."""
