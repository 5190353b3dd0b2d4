"""``live``, ``live-light``, ``live-heavy``: a live pool with interrupted workers."""

from math import exp, log, sqrt
from random import Random

from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.draws import normal_expectation, normal_quantile, standard_normal
from clamshell_tui.workforce.person import Person

SETTING_UP = 1.0  # s per task


class LiveLatency:
    """A task of n records takes t = 1 + n base e, and perhaps an interruption.

    e is log-normal with mean 1 and variance 0.3^2 + 0.6^2 / n (the worker's form of the day, and
    the records' own differences averaged). With probability 1 - exp(-hazard t) the worker is
    interrupted for ``interruption`` exp(z) s more. ``base`` is in s per record, ``hazard`` per s.
    """

    __slots__ = ("_base", "_hazard", "_interruption")

    def __init__(self, base: float, hazard: float, interruption: float) -> None:
        self._base = base
        self._hazard = hazard
        self._interruption = interruption

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        random = rng.random
        variance = log(1.09 + 0.36 / n_records)  # of the logarithm: log(1 + variance of e)
        noise = exp(sqrt(variance) * normal_quantile(random()) - variance / 2)
        working = SETTING_UP + n_records * self._base * noise
        if random() < exp(-self._hazard * working):
            return working
        return working + self._interruption * exp(normal_quantile(random()))

    def mean_per_label(self, n_records: int) -> float:
        variance = log(1.09 + 0.36 / n_records)
        work = n_records * self._base

        def undisturbed(z: float) -> float:
            noise = exp(sqrt(variance) * z - variance / 2)
            return exp(-self._hazard * (SETTING_UP + work * noise))

        interrupted = 1 - normal_expectation(undisturbed)
        return (SETTING_UP + work + interrupted * self._interruption * exp(0.5)) / n_records


def live(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """About half of the workers are slower than 8 s per label."""
    return _sample(rng, n_classes, scale=2.6, sigma=1.25, calm=300.0, interruption=50.0)


def live_light(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """Fewer slow workers, fewer and shorter interruptions than ``live``."""
    return _sample(rng, n_classes, scale=2.2, sigma=1.1, calm=400.0, interruption=40.0)


def live_heavy(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """More slow workers, more and longer interruptions than ``live``."""
    return _sample(rng, n_classes, scale=3.0, sigma=1.4, calm=250.0, interruption=60.0)


def _sample(
    rng: Random, n_classes: int, *, scale: float, sigma: float, calm: float, interruption: float
) -> Person:
    """base = 3.5 + scale exp(sigma z); on average ``calm`` s of work between interruptions."""
    base = 3.5 + scale * exp(sigma * standard_normal(rng))
    hazard = exp(0.8 * standard_normal(rng) - 0.32) / calm
    accuracy = max(0.5, rng.betavariate(18.0, 2.0))
    return Person(LiveLatency(base, hazard, interruption), accuracy, n_classes)
