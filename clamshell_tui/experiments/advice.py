"""Advice: simulate many settings on one crowd, find the frontier of time and cost, choose one.

Every setting is simulated with the same seeds, and a seed brings the same people to every setting,
so that differences between settings are surer than the figures themselves. Where the best setting
lies at the edge of the tried values, values beyond it are proposed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from math import inf

from msgspec import Struct

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments import fast_simulation
from clamshell_tui.experiments.advice_axes import VOTES, Choice, number, same, settings
from clamshell_tui.experiments.baseline import Basis, changed, simulate
from clamshell_tui.experiments.crowd_fit.crowd import FittedCrowd
from clamshell_tui.experiments.fast_simulation import FastOutcome, FastWork
from clamshell_tui.experiments.intervals import Interval, interval, one_run, one_share, paired_ratio
from clamshell_tui.experiments.processes import in_processes


class Point(Struct, frozen=True):
    """One choice: intervals for a single run, and the 95 % interval of each mean."""

    choice: Choice
    seconds: Interval
    dollars: Interval
    batch: Interval
    correct: Interval
    mean_seconds: Interval
    mean_dollars: Interval
    mean_correct: Interval
    loss: float  # beta * hours + (1 - beta) * dollars
    frontier: bool  # no other choice is both quicker and cheaper

    @property
    def name(self) -> str:
        """``pool.size=15 duplicates=2``."""
        return " ".join(f"{key}={value}" for key, value in self.choice)


class Advice(Struct, frozen=True):
    """All points in the order of the choices; ``current`` and ``best`` are places in it.

    ``time_ratio`` and ``cost_ratio`` compare the best with the current one, pair by pair.
    ``accuracy`` is the share of right labels that was asked for; unless ``reached``, no point has
    it, and the best is the most accurate one.
    """

    points: tuple[Point, ...]
    current: int
    best: int
    beta: float
    labels: int
    time_ratio: Interval
    cost_ratio: Interval
    accuracy: float | None = None
    reached: bool = True


def outcomes(
    basis: Basis, tried: Sequence[Choice], seeds: int, jobs: int
) -> Iterator[list[FastOutcome]]:
    """The outcomes of each choice, by seed, in this order whatever the number of jobs.

    Raises ScenarioError for a choice that is none before anything is run.
    """
    works = [changed(basis, settings(choice)) for choice in tried]
    runs = partial(_runs, seen=basis.seen, fresh=basis.fresh, seeds=seeds)
    if jobs == 1:
        return map(runs, works)
    return in_processes(runs, works, jobs, ordered=True, preload=(fast_simulation.__name__,))


def _runs(
    work: FastWork, *, seen: FittedCrowd | None, fresh: bool, seeds: int
) -> list[FastOutcome]:
    return [simulate(work, seen, seed, fresh=fresh) for seed in range(1, seeds + 1)]


def advise(
    tried: Sequence[Choice],
    found: Sequence[Sequence[FastOutcome]],
    now: Choice,
    *,
    beta: float,
    accuracy: float | None = None,
) -> Advice:
    """The points of all choices, and the one of least loss.

    The loss is beta * hours + (1 - beta) * dollars (CLAMShell §2.2, its sign put right); the hours
    are from the first task to the last label. With ``accuracy``, only choices count whose mean
    share of right labels is at least that, with the lower end of its 95 % interval.
    """
    means = [_means(runs) for runs in found]
    best_first = sorted(range(len(tried)), key=lambda n: _loss(*means[n], beta))
    frontier = _frontier(means)
    points = tuple(
        [
            _point(choice, runs, _loss(*mean, beta), n in frontier)
            for n, (choice, runs, mean) in enumerate(zip(tried, found, means, strict=True))
        ]
    )
    here = next(n for n, choice in enumerate(tried) if same(choice, now))
    right = [n for n in best_first if points[n].mean_correct.low >= (accuracy or 0.0)]
    best = right[0] if right else max(best_first, key=lambda n: points[n].mean_correct.mean)
    return Advice(
        points,
        here,
        best,
        beta,
        found[here][0].labels,
        _ratio([run.seconds for run in found[best]], [run.seconds for run in found[here]]),
        _ratio([run.dollars for run in found[best]], [run.dollars for run in found[here]]),
        accuracy,
        bool(right),
    )


def _ratio(best: Sequence[float], now: Sequence[float]) -> Interval:
    return paired_ratio([max(each, 1e-9) for each in best], [max(each, 1e-9) for each in now])


def _means(runs: Sequence[FastOutcome]) -> tuple[float, float]:
    n = len(runs)
    return sum(run.seconds for run in runs) / n, sum(run.dollars for run in runs) / n


def _loss(seconds: float, dollars: float, beta: float) -> float:
    return beta * seconds / 3600 + (1 - beta) * dollars


def _frontier(means: Sequence[tuple[float, float]]) -> set[int]:
    """Places of the points that no other is at least as quick and as cheap as."""
    found: set[int] = set()
    cheapest = inf
    for place in sorted(range(len(means)), key=lambda n: means[n]):
        if means[place][1] < cheapest:
            cheapest = means[place][1]
            found.add(place)
    return found


def _point(choice: Choice, runs: Sequence[FastOutcome], loss: float, frontier: bool) -> Point:
    seconds, dollars = [run.seconds for run in runs], [run.dollars for run in runs]
    return Point(
        choice,
        one_run(seconds),
        one_run(dollars),
        one_run([run.batch or 0.0 for run in runs]),
        one_share([run.correct or 0.0 for run in runs]),
        interval(seconds),
        interval(dollars),
        interval([run.correct or 0.0 for run in runs]),
        loss,
        frontier,
    )


_GOOD_BATCH = (10, 40)  # active records that converge alike in the paper (§5.2)


def active_batch(basis: Basis, choice: Choice) -> int | None:
    """Actively chosen records of a batch, if they are fewer or more than the paper's 10 to 40."""
    learning, config = basis.scenario.learning, changed(basis, settings(choice)).config
    if not learning.enabled or learning.selector == "passive":
        return None
    slots = max(1, round(config.pool.size / config.tasks.pool_batch_ratio))
    records = max(1, round(learning.active_fraction * slots)) * config.tasks.records_per_task
    low, high = _GOOD_BATCH
    return None if low <= records <= high else records


_LOWER, _HIGHER = (0.5, 0.75), (1.5, 2.0)  # as far beyond as the axes of advise reach by themselves


def beyond(advice: Advice, basis: Basis) -> dict[str, list[str]]:
    """By axis, the best value and those to try beyond it; only axes with an edge and a beyond."""
    found = {}
    for place, (key, best) in enumerate(advice.points[advice.best].choice):
        if key == VOTES:
            continue  # numbers and confidences have no common order
        tried = {point.choice[place][1] for point in advice.points}
        texts = {_possible(basis, key, step) for step in _steps(best, tried)} - {None, best}
        further = [text for text in texts if text is not None]
        if further:
            found[key] = sorted([best, *further], key=float)
    return found


def _steps(best: str, tried: Iterable[str]) -> list[float]:
    """Numbers beyond ``best`` if it is the lowest or the highest of several."""
    numbers = sorted({each for each in map(number, tried) if each is not None})
    value = number(best)
    if value is None or len(numbers) < 2 or not 0.0 < value < inf:
        return []
    if value not in (numbers[0], numbers[-1]):
        return []
    factors = _LOWER if value == numbers[0] else _HIGHER
    return [value * factor for factor in factors]


def _possible(basis: Basis, key: str, step: float) -> str | None:
    """The step as a value of the key, rounded if it must be whole; None if it cannot be one."""
    for text in (f"{step:g}", str(round(step))):
        with suppress(ScenarioError):
            changed(basis, settings(((key, text),)))
            return text
    return None
