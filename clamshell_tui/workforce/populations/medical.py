"""``medical`` and ``medical-normal``: the paper's deployment of heavy tails (§2.1, §6.1).

The paper reports, over workers and per task of 5 records, the fastest mean (28.5 s), the median (4
minutes) and the 90th percentile (1.1 hours) of the mean, and the median (2 minutes) and the 90th
percentile (3 hours) of the standard deviation. No log-normal has such quantiles, so ours has two
pieces that meet at the median:

    X = median exp(s z),  z ~ N(0, 1),  s = s_low for z < 0 and s_high for z >= 0.

The median is exact, and each other quantile sets one side: s = log(x_q / median) / z_q. The 90th
percentiles give s_high, 2.19 for the mean and 3.51 for the deviation. The fastest of some hundred
workers is taken as the 1st percentile, which gives s_low = 0.92, and as the minimum. The paper
reports no small deviations; they get the same s_low.

The two are tied by a Gaussian copula: a rank correlation of 0.8 is a correlation of
2 sin(0.8 pi / 6) = 0.81 between the normals. Mean and deviation are capped at 4 and 3 hours.
"""

from math import exp, log, pi, sin, sqrt
from random import Random

from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.draws import normal_quantile, standard_normal
from clamshell_tui.workforce.latency import Latency, LogNormalLatency, TruncatedNormalLatency
from clamshell_tui.workforce.person import Person

RECORDS_PER_TASK = 5  # of the figures below, in seconds per task
FASTEST, MEDIAN_MEAN, P90_MEAN, LONGEST_MEAN = 28.5, 240.0, 3_960.0, 14_400.0
MEDIAN_DEVIATION, P90_DEVIATION, LARGEST_DEVIATION = 120.0, 10_800.0, 10_800.0
RANK_CORRELATION = 0.8

_Z90 = normal_quantile(0.9)
_LOW = log(FASTEST / MEDIAN_MEAN) / normal_quantile(0.01)
_HIGH_MEAN = log(P90_MEAN / MEDIAN_MEAN) / _Z90
_HIGH_DEVIATION = log(P90_DEVIATION / MEDIAN_DEVIATION) / _Z90
_CORRELATION = 2 * sin(RANK_CORRELATION * pi / 6)


def medical(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """Log-normal latencies."""
    mean, deviation = mean_and_deviation(rng)
    return _person(rng, LogNormalLatency(mean, deviation), n_classes)


def medical_normal(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """Normal latencies as in the paper, but truncated to positive values."""
    mean, deviation = mean_and_deviation(rng)
    return _person(rng, TruncatedNormalLatency(mean, deviation), n_classes)


def _person(rng: Random, latency: Latency, n_classes: int) -> Person:
    """Return a person with the accuracy of ``live``: the paper reports none here."""
    return Person(latency, max(0.5, rng.betavariate(18.0, 2.0)), n_classes)


def mean_and_deviation(rng: Random) -> tuple[float, float]:
    """Draw a worker's mean and standard deviation, in seconds per label."""
    z = standard_normal(rng)
    tied = _CORRELATION * z + sqrt(1 - _CORRELATION**2) * standard_normal(rng)
    mean = MEDIAN_MEAN * exp(z * (_LOW if z < 0 else _HIGH_MEAN))
    deviation = MEDIAN_DEVIATION * exp(tied * (_LOW if tied < 0 else _HIGH_DEVIATION))
    mean = min(max(mean, FASTEST), LONGEST_MEAN)
    return mean / RECORDS_PER_TASK, min(deviation, LARGEST_DEVIATION) / RECORDS_PER_TASK
