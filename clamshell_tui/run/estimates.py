"""Latency estimates of each worker for display, kept apart from the engine.

The engine reads evidence only when a decision needs it, and each read has an effect on the
estimator. A reader of the run therefore keeps its own evidence and may query every estimator at any
time without changing a decision.

A posterior starts from the pool's mean at the moment it is made. Here that is the first observation
of the worker, never the first query: otherwise an estimate would depend on when a screen or a
keyframe asked, and two replicas of one run would show different figures.
"""

from math import isfinite, log

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence
from clamshell_tui.core.lifeguard.latency.ttest import Empirical, TermEst
from clamshell_tui.run.tables import AssignmentRow

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
        self._evidence: dict[str, LatencyEvidence] = {}
        self._stopped = 0.0  # when the coordinator last stood still
        self._estimates: dict[str, tuple[float, LatencyEstimates]] = {}  # with their threshold

    def stood_still(self, at: float) -> None:
        """Ignore the assignments that are live now: the coordinator could not hear their ends."""
        self._stopped = at

    def completed(self, row: AssignmentRow, records: int) -> None:
        """Add an assignment whose answer counted, of a task with so many records."""
        if row.started_at < self._stopped:
            return
        assert row.ended_at is not None
        took = max(row.ended_at - row.started_at, _SHORTEST) / records
        evidence = self._of(row.worker)
        evidence.add_completed(took)
        self._censored.observe_pool(took)
        self._begin(evidence)

    def terminated(self, row: AssignmentRow, records: int, *, winner: str) -> None:
        """Add an assignment that the answer of ``winner`` ended."""
        if row.started_at < self._stopped:
            return
        assert row.ended_at is not None
        elapsed = (row.ended_at - row.started_at) / records
        mean = self._of(winner).mean
        evidence = self._of(row.worker)
        evidence.add_terminated(elapsed, mean or 0.0)
        self._begin(evidence)

    def _begin(self, evidence: LatencyEvidence) -> None:
        if evidence.posterior is None:
            self._censored.posterior(evidence)

    def estimates(self, worker: str, threshold: float) -> LatencyEstimates:
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

    def _of(self, worker: str) -> LatencyEvidence:
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
