"""Statistics of a summary, on plain sequences; None where they are undefined."""

from collections.abc import Sequence
from math import sqrt


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def variance(values: Sequence[float]) -> float | None:
    """Return the sample variance (n - 1); None for fewer than two values."""
    if len(values) < 2:
        return None
    centre = sum(values) / len(values)
    return sum((value - centre) ** 2 for value in values) / (len(values) - 1)


def deviation(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation (n - 1)."""
    spread = variance(values)
    return None if spread is None else sqrt(spread)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the quantile at ``share`` (0..1), interpolated linearly."""
    if not values:
        return None
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def ratio(part: float, whole: float) -> float | None:
    """Return ``part / whole``; None for a ``whole`` of zero."""
    return part / whole if whole else None
