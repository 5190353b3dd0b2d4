"""Fit recruitment times to the moments when places became free and workers joined.

Two models stand against each other, by Akaike's criterion: *places*, each taken on its own after a
log-normal time; and a *stream* of joiners, exponential times apart while any place is free. Places
that are still free count as "at least this long". A joiner is assumed to take the place that was
free for longest.
"""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import ceil, exp, log, pi, sqrt
from typing import NamedTuple

from msgspec import Struct

from clamshell_tui.core.config import slots_at_first
from clamshell_tui.core.crowd_platform.work import Worker, WorkerState
from clamshell_tui.core.engine import Engine
from clamshell_tui.experiments.crowd_fit.lognormal import Fit, Sample, fit_pool, log_survival
from clamshell_tui.workforce.config import RecruitmentModel

_SHORTEST = 0.01  # seconds
_WIDEST = 2.5  # sd of the log: what ``RecruitmentModel`` allows, and some room
_FEW = 3  # joiners that say next to nothing


class RecruitmentSeen(Struct, frozen=True):
    """The model, and from how many joiners it was fitted."""

    model: RecruitmentModel
    joined: int


class _Places(NamedTuple):
    delays: list[float]
    waiting: list[float]  # places still free: for how long
    crowds: list[int]  # how many places were free when each joiner came
    wanted: float  # seconds during which any was free


def recruitment_seen(engine: Engine) -> RecruitmentSeen | None:
    """None if fewer than three people came: then there is nothing to go by."""
    workers = [worker for worker in engine.state.pool.workers.values() if not _turned_away(worker)]
    if len(workers) < _FEW:
        return None
    places = _places(engine, workers)
    fit = fit_pool([Sample(_logs(places.delays), _logs(places.waiting))])[0]
    apart = max(_SHORTEST, places.wanted / len(workers))
    stream = -len(workers) * (log(apart) + 1)
    if stream - 1 > _likelihood(places, fit) - 2:  # less one for each parameter
        model = RecruitmentModel(distribution="exponential", mean=apart)
    else:
        sigma = min(_WIDEST, fit.log_sd)
        mean = max(_SHORTEST, exp(fit.log_mean + sigma**2 / 2))
        model = RecruitmentModel(distribution="lognormal", mean=mean, spread=sigma)
    return RecruitmentSeen(model, len(workers))


def _turned_away(worker: Worker) -> bool:
    return worker.state is WorkerState.REJECTED and worker.ended == worker.joined


def _places(engine: Engine, workers: Sequence[Worker]) -> _Places:
    """Match people to places; a place is advertised from the next posting on."""
    config = engine.state.config
    every = config.recruitment.every
    free = [0.0] * (slots_at_first(config) + config.pool.reserve)
    gone = sorted(worker.ended for worker in workers if worker.ended is not None)
    heapify(free)
    delays: list[float] = []
    crowds: list[int] = []
    wanted, since = 0.0, 0.0
    for worker in workers:  # in the order of joining
        while gone and gone[0] < worker.joined:
            heappush(free, gone.pop(0))
        if not free:  # the pool was made larger
            continue
        opened = heappop(free)
        advertised = min(worker.joined, ceil(opened / every) * every)
        delays.append(max(_SHORTEST, worker.joined - advertised))
        crowds.append(1 + sum(each <= worker.joined for each in free))
        wanted += max(0.0, worker.joined - max(since, advertised))
        since = worker.joined
    until = max((worker.joined for worker in workers), default=0.0)
    waiting = [until - each for each in free if until - each > _SHORTEST]
    return _Places(delays, waiting, crowds, wanted)


def _likelihood(places: _Places, fit: Fit) -> float:
    """Of the joining times; which of the free places was taken does not matter."""
    mu, sigma = fit.log_mean, fit.log_sd
    logs = _logs(places.delays)
    densities = [-(((x - mu) / sigma) ** 2) / 2 - log(sigma * sqrt(2 * pi)) - x for x in logs]
    survivals = [log_survival((x - mu) / sigma) for x in _logs(places.waiting)]
    return sum(densities) + sum(survivals) + sum(map(log, places.crowds))


def _logs(values: Iterable[float]) -> tuple[float, ...]:
    return tuple([log(max(_SHORTEST, value)) for value in values])
