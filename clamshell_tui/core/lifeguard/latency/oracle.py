"""The oracle: a worker's true mean latency, as the simulator knows it; a baseline for the others.

Live nobody foretells anything, and nobody is evicted.
"""

from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence
from clamshell_tui.core.lifeguard.latency.verdict import Verdict


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
