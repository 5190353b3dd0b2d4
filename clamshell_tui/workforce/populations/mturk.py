"""``mturk``: fitted to the main figures of the paper, with warm-up and lapses of attention."""

import math
from math import exp
from random import Random

from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.draws import log_normal, normal_quantile
from clamshell_tui.workforce.person import Person

WARM_AFTER = 100  # records; the rest of the warm-up, 0.6 exp(-100 / 8) = 2e-6, is ignored
LAPSE_TAIL = 1.1  # exponent of the Pareto tail of a lapse
LONGEST_LAPSE = 300.0


class MturkLatency:
    """A record takes m exp(0.33 z - 0.054) (1 + 0.6 exp(-k / 8)), k = records done before.

    With probability ``lapse_chance`` it takes min(5 m U^(-1/1.1), 300) s more, and a task adds
    0.8 exp(0.3 z) s. ``pace`` is m, in seconds.
    """

    __slots__ = ("_lapse_chance", "pace")

    def __init__(self, pace: float, lapse_chance: float) -> None:
        self.pace = pace
        self._lapse_chance = lapse_chance

    def seconds(self, n_records: int, worked: int, rng: Random) -> float:
        random = rng.random
        pace = self.pace
        lapse_chance = self._lapse_chance
        total = 0.8 * exp(0.3 * normal_quantile(random()))
        for done in range(worked, worked + n_records):
            record = pace * exp(0.33 * normal_quantile(random()) - 0.054)
            if done < WARM_AFTER:
                record *= 1.0 + 0.6 * exp(done / -8.0)
            if random() < lapse_chance:
                record += self._lapse(1.0 - random())
            total += record
        return total

    def _lapse(self, uniform: float) -> float:
        return min(5.0 * self.pace * math.pow(uniform, -1.0 / LAPSE_TAIL), LONGEST_LAPSE)

    def mean_per_label(self, n_records: int) -> float:
        record = self.pace * exp(0.33**2 / 2 - 0.054)
        task = 0.8 * exp(0.3**2 / 2)
        return record + self._lapse_chance * self._mean_lapse() + task / n_records

    def _mean_lapse(self) -> float:
        """E[min(X, b)] of a Pareto X from a on: a + integral of (a / x)^tail over a..b."""
        start = 5.0 * self.pace
        if start >= LONGEST_LAPSE:
            return LONGEST_LAPSE
        power = 1.0 - LAPSE_TAIL
        rest = (math.pow(LONGEST_LAPSE, power) - math.pow(start, power)) / power
        return start + math.pow(start, LAPSE_TAIL) * rest


def mturk(rng: Random, config: CrowdConfig, n_classes: int) -> Person:
    """m = 5 exp(0.6 z); lapse chance min(0.25, 0.02 (m / 5) Gamma(2, 1/2)); Beta(96, 2) accuracy.

    3 % are careless: with two classes, 50 to 75 % right; in general, between chance and half-way
    from chance to certainty.
    """
    pace = log_normal(rng, 5.0, 0.6)
    lapse_chance = min(0.25, 0.02 * pace / 5.0 * rng.gammavariate(2.0, 0.5))
    accuracy = rng.betavariate(96.0, 2.0)
    if rng.random() < 0.03:
        chance = 1.0 / n_classes
        accuracy = chance + (1.0 - chance) * rng.uniform(0.0, 0.5)
    return Person(MturkLatency(pace, lapse_chance), accuracy, n_classes)
