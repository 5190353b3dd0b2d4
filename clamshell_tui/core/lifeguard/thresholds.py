"""How slow is too slow? The rules behind ``maintenance.threshold = "auto"``.

A rule sees the latencies per label of all workers ever assessed, as means and standard deviations,
and how the run stands; it answers with PM_l in seconds per label.

``linear-deviations`` is the paper's (CLAMShell §4.2): k standard deviations below the mean. On
heavy tails that is below 0, and every worker is replaced again and again.

``deviations`` is the same on logarithms, where it is always positive.

``replacement-gain`` asks what a threshold is worth. A new worker's mean latency m is log-normal. Of
those who are tried, the share F below the threshold is kept; the others are found out after a few
tasks, so that a slot sees (1 - F) / F failed trials before somebody is kept who works at the rate
E[1 / m | m < threshold]. The rule takes the threshold with the most labels per slot until the run
is over: a long run is choosy, a short one keeps whom it has. How fast recruits come is left out:
the worst go first, against a trained reserve only, and a term for it evicted too few.
"""

from collections.abc import Callable, Collection
from math import exp, inf, sqrt

from msgspec import Struct

from clamshell_tui.core.lifeguard.tails import normal_sf

_LEAST = 0.001  # seconds per label: a threshold is positive, and no worker is below this one
_TRIAL = 3.0  # tasks until somebody slow is found out
_GRID = tuple(-2.0 + 0.125 * step for step in range(37))  # in standard deviations


class Outlook(Struct, frozen=True):
    """How the run stands: slots, records per task, labels to come."""

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
    """Of the log latencies of two workers or more."""
    return Latencies(*_moments([exp(each) for each in logs]), *_moments(logs))


def _moments(values: Collection[float]) -> tuple[float, float]:
    n = len(values)
    mean = sum(values) / n
    return mean, sqrt(sum((each - mean) ** 2 for each in values) / (n - 1))


Rule = Callable[[Latencies, float, Outlook], float]
"""(latencies, k, outlook) -> seconds per label; inf: keep everybody."""


def linear_deviations(seen: Latencies, k: float, outlook: Outlook) -> float:
    """k standard deviations below the mean, at least ``_LEAST``."""
    return max(_LEAST, seen.mean - k * seen.sd)


def deviations(seen: Latencies, k: float, outlook: Outlook) -> float:
    """k standard deviations below the mean of the logarithms."""
    return exp(seen.log_mean - k * seen.log_sd)


def replacement_gain(seen: Latencies, k: float, outlook: Outlook) -> float:
    """The threshold with the most labels per slot until the run is over; ``k`` is not used."""
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
