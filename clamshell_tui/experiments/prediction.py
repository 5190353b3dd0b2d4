"""Where one further run will fall: 95 % prediction intervals from simulated runs."""

from collections.abc import Sequence
from math import exp, inf, log, sqrt

from clamshell_tui.core.lifeguard.tails import student_t_critical
from clamshell_tui.experiments.intervals import Interval

_ONE_SIDE = 0.025  # of a 95 % interval
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
