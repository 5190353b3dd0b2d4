"""``custom``, ``two-class`` and ``fast-local``: populations with few parameters."""

from math import exp
from random import Random

from clamshell_tui.workforce.config import CrowdConfig, CustomConfig
from clamshell_tui.workforce.draws import beta, standard_normal
from clamshell_tui.workforce.latency import latency_of
from clamshell_tui.workforce.person import Person

_FAST_LOCAL = CustomConfig(
    mean=1.5, spread=0.15, deviation=0.4, accuracy=0.97, accuracy_spread=0.01
)


def custom(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """The population of ``[crowd.custom]``."""
    return _sample(rng, config.custom, n_classes, factor=1.0)


def two_class(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """As ``custom``, but a share of the workers is slower by a given factor."""
    slow = rng.random() < config.slow_share
    return _sample(rng, config.custom, n_classes, factor=config.slow_factor if slow else 1.0)


def fast_local(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """Testers at their own terminals: 1.5 s per label, nearly all alike."""
    return _sample(rng, _FAST_LOCAL, n_classes, factor=1.0)


def _sample(rng: Random, parameters: CustomConfig, n_classes: int, *, factor: float) -> Person:
    """Draw a mean, log-normal around ``parameters.mean``, and a deviation in proportion."""
    spread = parameters.spread
    pace = factor * exp(spread * standard_normal(rng) - spread**2 / 2)
    latency = latency_of(
        parameters.distribution, parameters.mean * pace, parameters.deviation * pace
    )
    accuracy = beta(rng, parameters.accuracy, parameters.accuracy_spread)
    return Person(latency, accuracy, n_classes, parameters.confusion)
