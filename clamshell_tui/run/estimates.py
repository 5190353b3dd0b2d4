"""Latency estimates of each worker for display, kept apart from the engine.

The engine reads evidence only when a decision needs it, and each read has an effect on the
estimator. A reader of the run therefore keeps its own evidence and may query every estimator at any
time without changing a decision.

A posterior starts from the pool's mean at the moment it is made. Here that is the first observation
of the worker, never the first query: otherwise an estimate would depend on when a screen or a
keyframe asked, and two replicas of one run would show different figures.
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
    """One worker's mean latency in seconds per label, by three estimators; None without data.

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
    """Evidence by worker, from each assignment that ended."""

    def __init__(self, config: MaintenanceConfig) -> None:
        self._empirical = Empirical(config.significance, config.min_observations)
        self._termest = TermEst(config.significance, config.min_observations)
        self._censored = Censored(config.evict_probability)
        self._evidence: dict[WorkerId, LatencyEvidence] = {}
        self._estimates: dict[WorkerId, tuple[float, LatencyEstimates]] = {}  # with their threshold

    def completed(self, assignment: Assignment) -> None:
        """Add an assignment whose answer counted, unless the coordinator stood still meanwhile."""
        if assignment.stopped:
            return
        assert assignment.ended is not None
        took = max(assignment.ended - assignment.started, _SHORTEST) / len(assignment.task.records)
        evidence = self._of(assignment.worker.id)
        evidence.add_completed(took)
        self._censored.observe_pool(took)
        self._censored.posterior(evidence)

    def terminated(self, assignment: Assignment) -> None:
        """Add an assignment that another worker's answer ended, likewise."""
        if assignment.stopped:
            return
        assert assignment.ended is not None
        elapsed = (assignment.ended - assignment.started) / len(assignment.task.records)
        winner = _winner(assignment)
        mean = None if winner is None else self._of(winner).mean
        evidence = self._of(assignment.worker.id)
        evidence.add_terminated(elapsed, mean or 0.0)
        self._censored.posterior(evidence)

    def estimates(self, worker: WorkerId, threshold: float) -> LatencyEstimates:
        """Return all estimates of a worker; cached until the next observation."""
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
    """Return the worker whose answer ended this assignment."""
    answers = assignment.task.answers
    return answers[-1].worker if answers else None


def ended_by(assignment: Assignment, at: float) -> AssignmentState:
    """Return the state of an assignment at a moment after its start."""
    ended = inf if assignment.ended is None else assignment.ended
    return assignment.state if ended <= at else AssignmentState.ACTIVE
