"""The paper's estimators: the plain mean, and TermEst, each with a one-sided t-test.

**Empirical** (CLAMShell §4.2): the mean of the completed assignments. Under straggler mitigation
the slow ones are terminated, so the mean is biased downwards.

**TermEst** (§4.3): of N assignments a worker completed N_c with mean l_c and lost N_t = N - N_c to
workers whose mean latency is l_f. The lost ones would have taken

    l_term = l_f (N + alpha) / (N_c + alpha),        l = (N_t / N) l_term + (N_c / N) l_c.

In the model l_term >= l_f, and a slow worker is never estimated below the fast worker whose answer
ended the assignment. Sampling noise can still push l_term below l_c, the mean of the assignments
that the same worker completed. The model excludes this: terminated assignments are the slower ones.
So l_term is **clipped** from below at l_c if there is one. The test treats the N_t lost assignments
as observations at l_term. The sample's mean is then exactly l, and its spread is that of the
completed ones. Fewer than two completed ones have no spread, and a test with a spread of 0 was
certain after one answer (p = 3e-12); then the spread is set to the mean, as for waiting times.

**Oracle**: the true mean latency, known to the simulator; a baseline for the others. In a live run
there is no such knowledge, so no worker is evicted.
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
        return evidence.mean

    def p_value(self, evidence: LatencyEvidence, threshold: float) -> float | None:
        """Return the one-sided p-value of "mean <= threshold"; None below two observations."""
        n, mean, squares = self._sample(evidence)
        if n < 2:
            return None
        error = sqrt(max(squares, 1e-12 * mean * mean) / (n - 1) / n)
        t = (mean - threshold) / error
        return student_t_sf(t, n - 1)

    def _sample(self, evidence: LatencyEvidence) -> tuple[int, float, float]:
        """Return size, mean and sum of squared deviations of the tested sample."""
        n, mean = evidence.completed, evidence.mean or 0.0
        return n, mean, evidence.squares - n * mean * mean

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """Flag if "mean <= threshold" is rejected; ``in_hand`` is not used."""
        n, mean, squares = self._sample(evidence)
        if n < self._min_observations or mean <= threshold:
            return None
        error = sqrt(max(squares, 1e-12 * mean * mean) / (n - 1) / n)
        t = (mean - threshold) / error
        if t <= student_t_critical(self._significance, n - 1):
            return None
        return Verdict(mean, student_t_sf(t, n - 1), mean)


class TermEst(Empirical):
    """Mean over completed and terminated assignments, the latter imputed."""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
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
    """True mean, known from the start; simulation only."""

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        return evidence.foretold

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        mean = evidence.foretold
        return Verdict(mean, 1.0, mean) if mean is not None and mean > threshold else None
