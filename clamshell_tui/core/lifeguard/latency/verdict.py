"""What an estimator or an objective says of a worker."""

from typing import NamedTuple, Protocol

from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence


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
