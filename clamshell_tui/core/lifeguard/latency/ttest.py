"""The paper's estimators: the plain mean, and TermEst, each with a one-sided t-test.

**Empirical** (CLAMShell §4.2): the mean of the completed assignments. Under straggler mitigation
the slow ones are terminated, so it flatters.

**TermEst** (§4.3): of N assignments a worker completed N_c with mean l_c and lost N_t = N - N_c to
workers whose mean latency is l_f. The lost ones would have taken

    l_term = l_f (N + alpha) / (N_c + alpha),        l = (N_t / N) l_term + (N_c / N) l_c.

The model behind it says l_term >= l_f always, and that a slow worker is never estimated below the
fast one who terminated it; sampling noise can still drive l_term below the mean of what the same
worker completed, which the model excludes (who is terminated is slower there, not faster). So
l_term is **clipped** from below at l_c when there is one. The test treats the N_t lost assignments
as observations at l_term: the sample's mean is then exactly l, and its spread is the completed
ones' around it. Fewer than two completed ones have no spread, and a test that took it for 0 was
certain after one answer (p = 3e-12); then the spread is taken to be the mean, as for waiting times.

The oracle: a worker's true mean latency, as the simulator knows it; a baseline for the others.

Live nobody foretells anything, and nobody is evicted.
"""

from math import sqrt

from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence, Verdict
from clamshell_tui.core.lifeguard.tails import student_t_critical, student_t_sf

ALPHA = 1.0  # the paper's smoothing term (Figure 14)


class Empirical:
    """Mean over the completed assignments only."""

    def __init__(self, significance: float, min_observations: int) -> None:
        self._significance = significance
        self._min_observations = min_observations

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        """The empirical mean."""
        return evidence.mean

    def peek(self, evidence: LatencyEvidence) -> float | None:
        """The same: nothing is put off here."""
        return self.estimate(evidence)

    def p_value(self, evidence: LatencyEvidence, threshold: float) -> float | None:
        """Of "mean <= threshold", one-sided; None with fewer than two observations."""
        n, mean, squares = self._sample(evidence)
        if n < 2:
            return None
        error = sqrt(max(squares, 1e-12 * mean * mean) / (n - 1) / n)
        t = (mean - threshold) / error
        return student_t_sf(t, n - 1)

    def _sample(self, evidence: LatencyEvidence) -> tuple[int, float, float]:
        """Size, mean and sum of squared deviations of what is tested."""
        n, mean = evidence.completed, evidence.mean or 0.0
        return n, mean, evidence.squares - n * mean * mean

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """Reject "mean <= threshold" at the level of significance; the age in hand says nothing."""
        n, mean, squares = self._sample(evidence)
        if n < self._min_observations or mean <= threshold:
            return None
        error = sqrt(max(squares, 1e-12 * mean * mean) / (n - 1) / n)
        t = (mean - threshold) / error
        if t <= student_t_critical(self._significance, n - 1):
            return None
        return Verdict(mean, student_t_sf(t, n - 1), mean)


class TermEst(Empirical):
    """Completed and terminated assignments, the latter at their estimated latency."""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        """The mean with terminated assignments put back in."""
        return self._sample(evidence)[1] if evidence.assignments else None

    def _sample(self, evidence: LatencyEvidence) -> tuple[int, float, float]:
        lost = evidence.terminated
        if not lost:
            return super()._sample(evidence)
        n, done = evidence.assignments, evidence.completed
        fast = evidence.terminators / lost
        imputed = fast * (n + ALPHA) / (done + ALPHA)
        if done:
            imputed = max(imputed, evidence.total / done)
        total = evidence.total + lost * imputed
        spread = evidence.deviation if done > 1 else total / n
        return n, total / n, spread**2 * (n - 1)


class Oracle:
    """Never wrong, from the first moment on."""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        """The true mean."""
        return evidence.foretold

    def peek(self, evidence: LatencyEvidence) -> float | None:
        """The same."""
        return evidence.foretold

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """Whoever is slower than the threshold; probability 1."""
        mean = evidence.foretold
        return Verdict(mean, 1.0, mean) if mean is not None and mean > threshold else None
