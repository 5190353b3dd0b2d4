"""The crowd of a run as far as it was seen: enough to let the same people work again."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from math import exp, sqrt
from random import Random
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker, WorkerState
from clamshell_tui.core.engine import Engine
from clamshell_tui.errors import InputError
from clamshell_tui.experiments.crowd_fit.lognormal import Fit, fit_pool
from clamshell_tui.experiments.crowd_fit.observations import ObservedCrowd, observe
from clamshell_tui.experiments.crowd_fit.recruitment import RecruitmentSeen, recruitment_seen
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.populations.trace import COLUMNS, NOTES, RecordedWorker

_POOL_LABELS = 4.0  # labels, right as often as the pool's, that an accuracy is smoothed by
_UNJUDGED_ACCURACY = 0.95  # accuracy where nothing at all can be judged
_LONGEST, _SHORTEST = 1e6, 0.001  # s per label, within what a trace may say
_MICROS_A_MINUTE = 1e6 / 60
_ABANDONED = frozenset({AssignmentState.LEFT, AssignmentState.LOST})


class SeenWorker(Struct, frozen=True):
    """One worker. ``log_mean`` and ``log_sd`` are of the seconds per label; ``error`` and
    ``log_sd_error`` are the standard errors of ``log_mean`` and of the logarithm of ``log_sd``."""

    worker: str
    log_mean: float
    log_sd: float
    error: float
    log_sd_error: float
    accuracy: float
    empirical_mean: float | None
    empirical_std: float | None
    completed: int
    terminated: int
    right: int
    judged: int


class FittedCrowd(Struct, frozen=True):
    """All workers in the order of joining, and the events around the work.

    ``failed`` people did not pass the qualification. ``abandoned`` of ``tasks`` assignments were
    left for good in the middle. ``instructions`` is the median time to read them, in seconds.
    """

    workers: tuple[SeenWorker, ...]
    failed: int
    abandoned: int
    tasks: int
    instructions: float
    recruitment: RecruitmentSeen | None

    @property
    def mean(self) -> float:
        """Median over the workers of their mean seconds per label."""
        return median(_recorded(each, each.log_mean, each.log_sd).mean for each in self.workers)


def see(engine: Engine, truth: Mapping[int, int], crowd: CrowdConfig) -> FittedCrowd:
    """The crowd behind ``engine``; ``truth`` and ``crowd`` as for ``observations.observe``.

    Raises InputError if no worker has completed an assignment yet.
    """
    known = dict(truth)
    known.update(engine.state.gold.items())
    observed = observe(engine, known, crowd)
    if not any(each.sample.answers for each in observed):
        raise InputError("no worker has completed a task in this run. Try again when one has")
    fits = fit_pool([each.sample for each in observed])
    right, judged = sum(each.right for each in observed), sum(each.judged for each in observed)
    pool_accuracy = right / judged if judged else _UNJUDGED_ACCURACY
    workers = [_worker(*pair, pool_accuracy) for pair in zip(observed, fits, strict=True)]
    states = [assignment.state for assignment in engine.state.assignments]
    people = engine.state.pool.workers.values()
    return FittedCrowd(
        tuple(workers),
        failed=sum(each.state is WorkerState.REJECTED and each.gold_asked > 0 for each in people),
        abandoned=sum(each in _ABANDONED for each in states),
        tasks=len(states),
        instructions=_instructions(engine, [fit.mean for fit in fits], crowd),
        recruitment=recruitment_seen(engine),
    )


def _worker(seen: ObservedCrowd, fit: Fit, pool_accuracy: float) -> SeenWorker:
    latencies = seen.latencies
    n = len(latencies)
    mean = sum(latencies) / n if n else None
    deviation = None
    if mean is not None and n > 1:
        deviation = sqrt(sum((latency - mean) ** 2 for latency in latencies) / (n - 1))
    return SeenWorker(
        seen.worker,
        *fit,
        accuracy=(seen.right + _POOL_LABELS * pool_accuracy) / (seen.judged + _POOL_LABELS),
        empirical_mean=mean,
        empirical_std=deviation,
        completed=n,
        terminated=seen.terminated,
        right=seen.right,
        judged=seen.judged,
    )


def _instructions(engine: Engine, means: Sequence[float], crowd: CrowdConfig) -> float:
    """Training is paid by the minute, so its length is on the books; less the gold records."""
    per_minute = engine.state.config.pay.per_minute
    trained = [each for each in engine.state.pool.workers.values() if each.gold_asked]
    if not trained or not per_minute:
        return crowd.instructions
    seconds = [_trained_for(each, per_minute) - len(each.gold) * median(means) for each in trained]
    return max(0.0, median(seconds))


def _trained_for(worker: Worker, per_minute: float) -> float:
    return worker.earned[PayKind.TRAINING] / (per_minute * _MICROS_A_MINUTE)


# To be simulated


def as_config(crowd: CrowdConfig, seen: FittedCrowd, *, fresh: bool) -> CrowdConfig:
    """The ``[crowd]`` table of the people seen: fresh ones like them, or themselves in order."""
    recruitment = crowd.recruitment if seen.recruitment is None else seen.recruitment.model
    return replace(
        crowd,
        population="trace",
        trace="workers.csv",
        trace_distribution="lognormal",
        trace_order="random" if fresh else "in-order",
        worker=(),
        behaviours={},
        script=(),
        fatigue=0.0,  # it is in the means already
        abandonment=min(1.0, (seen.abandoned + 0.5) / (seen.tasks + 50)),
        instructions=min(_LONGEST, seen.instructions),
        recruitment=recruitment,
    )


def recorded(seen: FittedCrowd) -> list[RecordedWorker]:
    """The workers as the estimates have them."""
    return [_recorded(each, each.log_mean, each.log_sd) for each in seen.workers]


def drawn(seen: FittedCrowd, rng: Random, *, fresh: bool) -> list[RecordedWorker]:
    """Draw workers that the observations allow as well.

    Each worker's parameters are drawn within their errors. With ``fresh`` the crowd itself is drawn
    too (a bootstrap sample), because the next people to join are others; people with a failed
    qualification are among them, always wrong.
    """
    workers = rng.choices(seen.workers, k=len(seen.workers)) if fresh else seen.workers
    found = [_drawn(each, rng)._replace(worker=str(n)) for n, each in enumerate(workers)]
    if fresh:
        found += [found[0]._replace(worker=f"failed {n}", accuracy=0.0) for n in range(seen.failed)]
    return found


def _drawn(seen: SeenWorker, rng: Random) -> RecordedWorker:
    log_mean = rng.gauss(seen.log_mean, seen.error)
    log_sd = seen.log_sd * exp(rng.gauss(0.0, seen.log_sd_error))
    size = seen.judged + _POOL_LABELS
    accuracy = rng.betavariate(seen.accuracy * size + 0.01, (1 - seen.accuracy) * size + 0.01)
    return _recorded(seen, log_mean, log_sd)._replace(accuracy=accuracy)


def _recorded(seen: SeenWorker, log_mean: float, log_sd: float) -> RecordedWorker:
    fit = Fit(log_mean, min(log_sd, 2.0), 0.0, 0.0)
    mean = min(_LONGEST, max(_SHORTEST, fit.mean))
    return RecordedWorker(seen.worker, mean, min(_LONGEST, fit.deviation), seen.accuracy)


# As a file


def to_csv(seen: FittedCrowd) -> str:
    """What ``crowd.trace`` of a scenario reads: the columns it needs, and ``NOTES``."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *NOTES])
    for each in seen.workers:
        worker = _recorded(each, each.log_mean, each.log_sd)
        notes = [getattr(each, name) for name in NOTES]
        writer.writerow(map(_cell, [*worker, *notes]))
    return text.getvalue()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
