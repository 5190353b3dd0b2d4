"""Arrival of workers after postings.

A posting advertises seats until it expires or is replaced: the engine posts the number of seats
still wanted every 3 minutes. The driver passes each posting to the recruiter, which returns the
arrival times of further workers; at each of these times, ``arrived`` returns whether a seat is
left::

    PostRecruitment(seats, expires)  ->  for at in recruiter.posted(seats, expires, now): plan(at)
    at one of these times            ->  if recruiter.arrived(now): a worker joins

Workers on the way from an earlier posting count against the seats of a later one, so posting the
same seats again recruits no more of them. A worker is turned away if the posting is filled, expired
or replaced by a smaller one.
"""

from collections.abc import Callable
from math import exp
from random import Random

from clamshell_tui.workforce.config import RecruitmentModel
from clamshell_tui.workforce.draws import log_normal, standard_normal

_LIVE = (180.0, 0.6, 30.0)  # median, sigma, minimum
_MEDICAL = (36 * 60.0, 9 * 60.0, 5 * 60.0)  # mean, deviation, minimum: the paper's §2.1
_MTURK_MEAN = 90.0
_LOCAL = (1.5, 0.3, 0.5)


class Recruiter:
    """Draws arrival times for posted seats.

    Each seat is taken independently, ``delay`` seconds after it was posted. With ``stream``,
    workers arrive one after another, ``delay`` seconds apart.
    """

    def __init__(self, delay: Callable[[], float], *, stream: bool = False) -> None:
        self._delay = delay
        self._stream = stream
        self._seats = 0
        self._expires = 0.0
        self._on_the_way = 0
        self._last = 0.0

    def posted(self, seats: int, expires: float, now: float) -> list[float]:
        """Return the arrival times of workers in addition to those already on the way."""
        self._seats = seats
        self._expires = expires
        newcomers = max(0, seats - self._on_the_way)
        self._on_the_way += newcomers
        return [self._arrival(now) for _ in range(newcomers)]

    def arrived(self, now: float) -> bool:
        """Take a seat at a time that ``posted`` returned; return False if none is left."""
        self._on_the_way -= 1
        if self._seats == 0 or now > self._expires:
            return False
        self._seats -= 1
        return True

    def _arrival(self, now: float) -> float:
        if not self._stream:
            return now + self._delay()
        self._last = max(self._last, now) + self._delay()
        return self._last


def recruiter_for(population: str, model: RecruitmentModel | None, rng: Random) -> Recruiter:
    """Return the recruiter of the scenario's own model, else of the population."""
    if model is not None:
        return _own(model, rng)
    if population == "mturk":
        return Recruiter(lambda: rng.expovariate(1 / _MTURK_MEAN), stream=True)
    if population in ("medical", "medical-normal"):
        return Recruiter(_normal(rng, *_MEDICAL))
    return Recruiter(_log_normal(rng, *(_LOCAL if population == "fast-local" else _LIVE)))


def _own(model: RecruitmentModel, rng: Random) -> Recruiter:
    if model.distribution == "exponential":
        return Recruiter(lambda: max(model.minimum, rng.expovariate(1 / model.mean)), stream=True)
    if model.distribution == "normal":
        deviation = model.mean / 4 if model.spread is None else model.spread
        return Recruiter(_normal(rng, model.mean, deviation, model.minimum))
    sigma = 0.6 if model.spread is None else model.spread
    median = model.mean * exp(-(sigma**2) / 2)
    return Recruiter(_log_normal(rng, median, sigma, model.minimum))


def _log_normal(rng: Random, median: float, sigma: float, minimum: float) -> Callable[[], float]:
    return lambda: max(minimum, log_normal(rng, median, sigma))


def _normal(rng: Random, mean: float, deviation: float, minimum: float) -> Callable[[], float]:
    return lambda: max(minimum, mean + deviation * standard_normal(rng))
