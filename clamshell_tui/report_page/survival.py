"""A distribution of durations of which some are only known to be longer than what was seen."""

from collections import Counter
from collections.abc import Sequence


def kaplan_meier(done: Sequence[float], bounds: Sequence[float]) -> list[tuple[float, float]]:
    """The share that took at most so long, at each duration in ``done``, in order.

    ``bounds`` are durations after which somebody stopped looking (Kaplan and Meier, JASA 1958).
    Without any it is the empirical distribution.
    """
    ended, lost = Counter(done), Counter(bounds)
    at_risk, lasting = len(done) + len(bounds), 1.0
    curve: list[tuple[float, float]] = []
    for duration in sorted(ended.keys() | lost.keys()):
        if ended[duration]:
            lasting *= 1.0 - ended[duration] / at_risk
            curve.append((duration, 1.0 - lasting))
        at_risk -= ended[duration] + lost[duration]
    return curve


def quantile(curve: Sequence[tuple[float, float]], share: float) -> float | None:
    """The shortest duration that at least ``share`` took at most; None if it is never reached."""
    return next((duration for duration, reached in curve if reached >= share - 1e-12), None)
