"""Intervals of 95 %: confidence over seeds and ratios of paired runs, prediction for one run."""

from collections.abc import Sequence
from math import exp, inf, log, nan, sqrt
from typing import NamedTuple

from clamshell_tui.core.lifeguard.tails import student_t_critical

_ONE_SIDE = 0.025  # of a 95 % interval


class Interval(NamedTuple):
    """A mean and its 95 % confidence interval; infinite around a single value."""

    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of its width."""
        return (self.high - self.low) / 2.0

    def __str__(self) -> str:
        return f"{self.mean:.3g} +- {self.half:.2g}"


def interval(values: Sequence[float]) -> Interval:
    """Mean of independent values by Student's t; ValueError without any."""
    n = len(values)
    if not n:
        raise ValueError("the mean of no values")
    mean = sum(values) / n
    if n == 1:
        return Interval(mean, -inf, inf)
    error = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
    half = student_t_critical(_ONE_SIDE, n - 1) * error
    return Interval(mean, mean - half, mean + half)


def ratio_of_means(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Mean of the numerators over mean of the denominators, which are pairs, linearised.

    For counts, as single ones may be 0. Infinite around 0 / 0 and a single pair; ValueError
    without any.
    """
    n, below = len(numerators), sum(denominators)
    if not n:
        raise ValueError("the ratio of no values")
    if not below:
        return Interval(inf if sum(numerators) else nan, -inf, inf)
    ratio = sum(numerators) / below
    pairs = zip(numerators, denominators, strict=True)
    off = interval([(a - ratio * b) * n / below for a, b in pairs])  # its mean is 0
    return Interval(ratio, ratio + off.low, ratio + off.high)


def paired_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Geometric mean of the ratios of pairs, such as the same seed under two policies.

    Geometric, because then a ratio and its inverse agree. All values must be positive; ValueError
    otherwise.
    """
    if any(value <= 0 for value in (*numerators, *denominators)):
        raise ValueError("a ratio needs positive values")
    pairs = zip(numerators, denominators, strict=True)
    mean, low, high = interval([log(a / b) for a, b in pairs])
    return Interval(exp(mean), exp(low), exp(high) if high < inf else inf)


_LEAST = 1e-9


def one_run(values: Sequence[float]) -> Interval:
    """Mean of positive values, and the interval for the next one, on the scale of logarithms.

    Times and costs are skewed to the right, and never negative. Infinite from a single value.
    """
    mean = sum(values) / len(values)
    centre, half = _centre([log(max(_LEAST, value)) for value in values])
    return Interval(mean, exp(centre - half), exp(centre + half) if half < inf else inf)


def one_share(values: Sequence[float]) -> Interval:
    """The same for shares, on their own scale, within 0..1."""
    centre, half = _centre(values)
    return Interval(centre, max(0.0, centre - half), min(1.0, centre + half))


def _centre(values: Sequence[float]) -> tuple[float, float]:
    n = len(values)
    mean = sum(values) / n
    if n == 1:
        return mean, inf
    deviation = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return mean, student_t_critical(_ONE_SIDE, n - 1) * deviation * sqrt(1 + 1 / n)
