"""Rules for ``maintenance.threshold = "auto"``: the latency from which a worker is replaced.

A rule gets means and standard deviations of the latencies per label of all workers ever assessed,
and the state of the run. It returns PM_l in seconds per label.

``linear-deviations`` is the paper's (CLAMShell §4.2): k standard deviations below the mean. On
heavy tails that is below 0, and every worker is replaced again and again.

``deviations`` is the same on logarithms, where it is always positive.

``replacement-gain`` maximises labels. A new worker's mean latency m is log-normal. The share F of
recruits below the threshold is kept; the others are detected after a few tasks. So a slot has
(1 - F) / F failed trials before it gets a worker with the rate E[1 / m | m < threshold]. The rule
takes the threshold with the most labels per slot until the end of the run: a long run is choosy, a
short one keeps its workers. The speed of recruitment is left out: evictions need a trained reserve
and start with the worst worker, and with a term for it too few were evicted.
"""

from collections.abc import Callable, Collection
from math import exp, inf, sqrt

from msgspec import Struct

from clamshell_tui.core.lifeguard.tails import normal_sf

_LEAST = 0.001  # seconds per label: a threshold is positive, and no worker is below this one
_TRIAL = 3.0  # tasks until a slow worker is detected
_GRID = tuple(-2.0 + 0.125 * step for step in range(37))  # in standard deviations


class Outlook(Struct, frozen=True):
    """State of the run: slots, records per task, labels still wanted."""

    slots: int
    records_per_task: int
    labels_left: int


class Latencies(Struct, frozen=True):
    """Mean and standard deviation over workers, of seconds per label and of their logarithms."""

    mean: float
    sd: float
    log_mean: float
    log_sd: float


def latencies(logs: Collection[float]) -> Latencies:
    """Return the moments for the log latencies of at least two workers."""
    return Latencies(*_moments([exp(each) for each in logs]), *_moments(logs))


def _moments(values: Collection[float]) -> tuple[float, float]:
    n = len(values)
    mean = sum(values) / n
    return mean, sqrt(sum((each - mean) ** 2 for each in values) / (n - 1))


Rule = Callable[[Latencies, float, Outlook], float]
"""(latencies, k, outlook) -> seconds per label; inf: keep all workers."""


def linear_deviations(seen: Latencies, k: float, outlook: Outlook) -> float:
    """Return the mean minus k standard deviations, at least ``_LEAST``."""
    return max(_LEAST, seen.mean - k * seen.sd)


def deviations(seen: Latencies, k: float, outlook: Outlook) -> float:
    """Return the mean minus k standard deviations, on logarithms."""
    return exp(seen.log_mean - k * seen.log_sd)


def replacement_gain(seen: Latencies, k: float, outlook: Outlook) -> float:
    """Return the threshold with the most labels per slot until the end; ``k`` is not used."""
    mean, spread = seen.log_mean, seen.log_sd
    if spread <= 0.0 or not outlook.labels_left:
        return inf
    average = exp(-mean + spread * spread / 2.0)  # E[1 / m]
    horizon = outlook.labels_left / (outlook.slots * average)
    best, most = inf, horizon * average
    for z in _GRID:
        kept = normal_sf(-z)
        rate = average * normal_sf(-(z + spread)) / kept  # E[1 / m | kept]
        tried = (1.0 - kept) / kept
        slow = exp(mean + spread * spread / 2.0) * normal_sf(z - spread) / (1.0 - kept)
        trials = tried * _TRIAL * outlook.records_per_task  # labels made in failed trials
        rest = horizon - trials * slow
        labels = trials + rest * rate
        if rest > 0.0 and labels > most:
            best, most = exp(mean + z * spread), labels
    return best


AUTO_RULES: dict[str, Rule] = {
    "deviations": deviations,
    "linear-deviations": linear_deviations,
    "replacement-gain": replacement_gain,
}
