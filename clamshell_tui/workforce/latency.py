"""Latency models that several populations share: how long a worker needs for a task.

One draw decides the pace of a whole task, so the latency of n records has n times the mean and n
times the deviation of one record. This is the model of CLAMShell §6.1, and the cause of stragglers.
"""

import math
from random import Random
from typing import Protocol

from clamshell_tui.workforce.draws import (
    STANDARD_NORMAL,
    log_normal_parameters,
    normal_quantile,
)


class Latency(Protocol):
    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        """Draw the time to label ``n_records`` after ``worked`` earlier records; above 0."""
        ...

    def mean_per_label(self, n_records: int) -> float:
        """Return the true mean of ``seconds / n_records`` after any warm-up."""
        ...


class FixedLatency:
    __slots__ = ("_mean",)

    def __init__(self, mean: float) -> None:
        self._mean = mean

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        return n_records * self._mean

    def mean_per_label(self, n_records: int) -> float:
        return self._mean


class LogNormalLatency:
    """Log-normal with the given mean and standard deviation, in seconds per label."""

    __slots__ = ("_log_mean", "_log_sd", "_mean")

    def __init__(self, mean: float, deviation: float) -> None:
        self._mean = mean
        self._log_mean, self._log_sd = log_normal_parameters(mean, deviation)

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        return n_records * math.exp(self._log_mean + self._log_sd * normal_quantile(rng.random()))

    def mean_per_label(self, n_records: int) -> float:
        return self._mean


class TruncatedNormalLatency:
    """N(mean, deviation^2) on condition that it is positive, in seconds per label.

    The paper draws from the plain normal, which is negative for 14 % of its medical population and
    exaggerates the effect of mitigation. After truncation, the true mean exceeds the parameter
    ``mean`` by deviation pdf(mean / deviation) / cdf(mean / deviation), of the standard normal.
    """

    __slots__ = ("_deviation", "_mean", "_negative")

    def __init__(self, mean: float, deviation: float) -> None:
        self._mean = mean
        self._deviation = deviation
        self._negative = STANDARD_NORMAL.cdf(-mean / deviation)

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        while True:  # accepts at least every second draw, as the mean is above 0
            drawn = self._mean + self._deviation * normal_quantile(rng.random())
            if drawn > 0:
                return n_records * drawn

    def mean_per_label(self, n_records: int) -> float:
        density = STANDARD_NORMAL.pdf(self._mean / self._deviation)
        return self._mean + self._deviation * density / (1 - self._negative)


class GammaLatency:
    """Gamma with the given mean and standard deviation, in seconds per label."""

    __slots__ = ("_mean", "_scale", "_shape")

    def __init__(self, mean: float, deviation: float) -> None:
        self._mean = mean
        self._shape = (mean / deviation) ** 2
        self._scale = deviation**2 / mean

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        while True:  # a very skewed gamma sometimes underflows to 0
            drawn = rng.gammavariate(self._shape, self._scale)
            if drawn > 0:
                return n_records * drawn

    def mean_per_label(self, n_records: int) -> float:
        return self._mean


def latency_of(distribution: str, mean: float, deviation: float) -> Latency:
    """Return the latency of one worker, by a name of ``config.Distribution``."""
    if deviation == 0 or distribution == "fixed":
        return FixedLatency(mean)
    return _DISTRIBUTIONS[distribution](mean, deviation)


_DISTRIBUTIONS: dict[str, type[LogNormalLatency | TruncatedNormalLatency | GammaLatency]] = {
    "lognormal": LogNormalLatency,
    "normal": TruncatedNormalLatency,
    "gamma": GammaLatency,
}
