"""What was observed of each worker's speed, kept apart from the engine.

The engine reads evidence only when a decision needs it, and when it reads has consequences; so a
watcher keeps evidence of its own, and may ask all estimators as often as it likes.
"""

from math import inf, isfinite, log

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence
from clamshell_tui.core.lifeguard.latency.ttest import Empirical, TermEst

_SHORTEST = 1e-3  # seconds, as in the engine


class LatencyEstimates:
    """One worker's mean latency in seconds per label, by three estimators; None: nothing known.

    ``p_value`` is TermEst's, of "the mean is at most the threshold"; ``slow`` is the censored
    posterior's P(mean > threshold). Both are None without a finite threshold.
    """

    __slots__ = ("censored", "empirical", "p_value", "slow", "termest")

    def __init__(self) -> None:
        self.empirical: float | None = None
        self.termest: float | None = None
        self.censored: float | None = None
        self.p_value: float | None = None
        self.slow: float | None = None


class ObservedWorkers:
    """Evidence by worker, fed with every assignment that ended."""

    def __init__(self, config: MaintenanceConfig) -> None:
        self._empirical = Empirical(config.significance, config.min_observations)
        self._termest = TermEst(config.significance, config.min_observations)
        self._censored = Censored(config.evict_probability)
        self._evidence: dict[WorkerId, LatencyEvidence] = {}
        self._estimates: dict[WorkerId, tuple[float, LatencyEstimates]] = {}  # for which threshold

    def completed(self, assignment: Assignment) -> None:
        """An assignment was answered, and the answer counted."""
        assert assignment.ended is not None
        took = max(assignment.ended - assignment.started, _SHORTEST) / len(assignment.task.records)
        self._of(assignment.worker.id).add_completed(took)
        self._censored.observe_pool(took)

    def terminated(self, assignment: Assignment) -> None:
        """Another answer to the same task ended an assignment."""
        assert assignment.ended is not None
        elapsed = (assignment.ended - assignment.started) / len(assignment.task.records)
        winner = _winner(assignment)
        mean = None if winner is None else self._of(winner).mean
        self._of(assignment.worker.id).add_terminated(elapsed, mean or 0.0)

    def estimates(self, worker: WorkerId, threshold: float) -> LatencyEstimates:
        """What all estimators say now; computed once per observation."""
        evidence = self._evidence.get(worker)
        if evidence is None:
            return LatencyEstimates()
        known = self._estimates.get(worker)
        if known is not None and known[0] == threshold:
            return known[1]
        found = self._estimated(evidence, threshold)
        self._estimates[worker] = threshold, found
        return found

    def _of(self, worker: WorkerId) -> LatencyEvidence:
        self._estimates.pop(worker, None)
        evidence = self._evidence.get(worker)
        if evidence is None:
            evidence = self._evidence[worker] = LatencyEvidence()
        return evidence

    def _estimated(self, evidence: LatencyEvidence, threshold: float) -> LatencyEstimates:
        found = LatencyEstimates()
        found.empirical = self._empirical.estimate(evidence)
        found.termest = self._termest.estimate(evidence)
        found.censored = self._censored.estimate(evidence)
        if isfinite(threshold) and threshold > 0:
            found.p_value = self._termest.p_value(evidence, threshold)
            found.slow = self._censored.posterior(evidence).above(log(threshold))
        return found


def _winner(assignment: Assignment) -> WorkerId | None:
    """Who answered the task that somebody else was stopped at."""
    answers = assignment.task.answers
    return answers[-1].worker if answers else None


def ended_by(assignment: Assignment, at: float) -> AssignmentState:
    """What an assignment was at a moment since it began: still active, or how it had ended."""
    ended = inf if assignment.ended is None else assignment.ended
    return assignment.state if ended <= at else AssignmentState.ACTIVE
