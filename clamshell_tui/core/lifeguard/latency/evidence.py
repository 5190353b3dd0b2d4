"""Observed latencies of a worker, and the interface of the estimators that judge them."""

from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple, Protocol


@dataclass(slots=True, eq=False)
class LatencyEvidence:
    """Running sums over a worker's assignments, all in seconds per label.

    ``unread`` holds observations that the censored posterior does not contain yet: a latency, or
    minus the elapsed time of an assignment that another worker's answer ended. They are read on
    demand, because most estimates are never asked for.
    """

    completed: int = 0
    total: float = 0.0
    squares: float = 0.0
    terminated: int = 0
    terminators: float = 0.0  # sum, over terminations, of the terminating worker's mean latency
    unread: list[float] = field(default_factory=list)
    posterior: object | None = None  # the censored estimator's, once requested
    foretold: float | None = None  # the true mean, known to a simulator only
    reassess: bool = False  # changed since the last check, or flagged and not replaced yet

    def add_completed(self, latency: float) -> None:
        self.completed += 1
        self.total += latency
        self.squares += latency * latency
        self.unread.append(latency)
        self.reassess = True

    def add_terminated(self, elapsed: float, terminator_mean: float) -> None:
        """Count an assignment that a worker with this mean latency ended after ``elapsed``."""
        self.terminated += 1
        self.terminators += terminator_mean
        self.unread.append(-elapsed)
        self.reassess = True

    @property
    def assignments(self) -> int:
        """Completed and terminated assignments (N in the paper)."""
        return self.completed + self.terminated

    @property
    def mean(self) -> float | None:
        """Mean latency of the completed assignments; None before the first."""
        return self.total / self.completed if self.completed else None

    @property
    def deviation(self) -> float:
        """Sample standard deviation of the completed ones; 0 before the second."""
        n = self.completed
        if n < 2:
            return 0.0
        return sqrt(max(0.0, self.squares - self.total * self.total / n) / (n - 1))


class Verdict(NamedTuple):
    """Why a worker should be evicted; the largest ``severity`` first.

    ``evidence`` is a p-value (t-test and friends) or a posterior probability (censored).
    """

    estimate: float
    evidence: float
    severity: float


class LatencyEstimator(Protocol):
    """Estimates a worker's mean latency and tests it against a threshold."""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        """Return the mean latency in seconds per label; None without evidence."""

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """Return a verdict if the worker is significantly slower than ``threshold`` (s per label).

        ``in_hand`` is the age of the worker's current task in seconds per label; 0: none.
        """
