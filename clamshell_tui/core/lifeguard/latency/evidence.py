"""What is known of one worker's speed: every assignment's latency, or a bound on it.

What an estimator or an objective says of a worker.
"""

from math import sqrt
from typing import NamedTuple, Protocol

from msgspec import Struct


class LatencyEvidence(Struct, eq=False):
    """Running sums over a worker's assignments, all in seconds per label.

    ``unread`` holds what the censored estimator has not taken in yet: a latency, or minus the
    elapsed time of an assignment that was ended by somebody else's answer. Reading is put off until
    somebody asks, because most observations are never asked for.
    """

    completed: int = 0
    total: float = 0.0
    squares: float = 0.0
    terminated: int = 0
    terminators: float = 0.0  # sum, over terminations, of the terminating worker's mean latency
    unread: list[float] = []
    posterior: object | None = None  # the censored estimator's, once it was asked
    foretold: float | None = None  # the true mean, if a simulator told
    news: bool = False  # something was added since the maintainer last looked

    def add_completed(self, latency: float) -> None:
        """An assignment took this long."""
        self.completed += 1
        self.total += latency
        self.squares += latency * latency
        self.unread.append(latency)
        self.news = True

    def add_terminated(self, elapsed: float, terminator_mean: float) -> None:
        """An assignment was ended after ``elapsed`` by a worker with this mean latency."""
        self.terminated += 1
        self.terminators += terminator_mean
        self.unread.append(-elapsed)
        self.news = True

    @property
    def assignments(self) -> int:
        """N in the paper: completed and terminated ones."""
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
    """Why a worker should go; the largest ``severity`` first.

    ``evidence`` is a p-value (t-test and friends) or a posterior probability (censored).
    """

    estimate: float
    evidence: float
    severity: float


class LatencyEstimator(Protocol):
    """How slow is this worker, and is it significantly slower than a threshold?"""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        """Mean latency in seconds per label; None when nothing is known yet."""

    def peek(self, evidence: LatencyEvidence) -> float | None:
        """The latest estimate, changing nothing: watching a run must not alter it."""

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """A verdict if the worker is significantly slower than ``threshold`` (s per label).

        ``in_hand`` is the age of the task that the worker has now, in seconds per label; 0: none.
        """
