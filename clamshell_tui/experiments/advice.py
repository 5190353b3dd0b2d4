"""Advice: simulate many settings on one crowd, find the frontier of time and cost, choose one.

Every setting is simulated with the same seeds, and a seed brings the same people to every setting,
so that differences between settings are surer than the figures themselves. Where the best setting
lies at the edge of the tried values, values beyond it are proposed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import product
from math import inf, isclose
from statistics import quantiles

from msgspec import Struct

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments import fast_simulation
from clamshell_tui.experiments.baseline import Basis, changed, simulate
from clamshell_tui.experiments.crowd_fit.crowd import FittedCrowd, recorded
from clamshell_tui.experiments.fast_simulation import FastOutcome, FastWork
from clamshell_tui.experiments.intervals import Interval, interval, one_run, one_share, paired_ratio
from clamshell_tui.experiments.processes import in_processes
from clamshell_tui.text import show
from clamshell_tui.workforce.crowd import SimulatedCrowd

DUPLICATES = "duplicates"
"""Stands for several keys of a scenario: ``off`` or a number or ``unlimited``."""

BATCHES = "batches"
"""Stands for two keys of a scenario: ``continuous``, or R of batches with a barrier."""

VOTES = "votes"
"""Stands for two keys of a scenario: a number of votes, or the confidence of adaptive ones."""

AXES = ("pool.size", BATCHES, "maintenance.threshold", DUPLICATES)
_CONTINUOUS = "continuous"
_MOST_VOTES = 7  # of adaptive ones
_SAMPLED = 200  # people, to see how quick a population is

Choice = tuple[tuple[str, str], ...]
"""The value on each axis, as text."""


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


# The settings to try


def axes(basis: Basis, *, accuracy: float | None = None) -> dict[str, list[str]]:
    """Values around the current ones: pool sizes, R, thresholds by how quick the crowd is.

    With an ``accuracy`` to reach, numbers of votes too.
    """
    scenario = basis.scenario
    size, votes = scenario.pool.size, scenario.tasks.votes
    votes = votes if accuracy is None else max(votes, _MOST_VOTES)
    sizes = sorted({max(1, votes, round(size * factor)) for factor in (0.5, 1, 1.5, 2)})
    middle, slow = _quartiles(basis)
    thresholds = sorted({_round(middle), _round(slow), inf})
    now = scenario.maintenance.threshold
    shown = [_text(each) for each in thresholds]
    if _text(now) not in shown:
        shown.insert(0, _text(now))
    batches = ["1", "2"]
    if scenario.learning.retraining == "async":  # which the other needs
        batches.insert(0, _CONTINUOUS)
    found = {} if accuracy is None else {VOTES: _numbers_of_votes(basis, accuracy)}
    return found | {
        "pool.size": [str(each) for each in sizes],
        BATCHES: _with(_batches(basis), batches),
        "maintenance.threshold": shown,
        DUPLICATES: _with(_duplicates(basis), ["off", "1", "2", "unlimited"]),
    }


def _quartiles(basis: Basis) -> tuple[float, float]:
    """Median and upper quartile, over the workers, of the mean seconds per label."""
    if basis.seen is not None:
        means = [worker.mean for worker in recorded(basis.seen)]
    else:
        crowd = SimulatedCrowd(basis.scenario.crowd, n_classes=len(basis.classes), seed=1)
        n = basis.scenario.tasks.records_per_task
        means = [crowd.recruit().mean_seconds_per_label(n) for _ in range(_SAMPLED)]
    if len(means) < 2:
        return means[0], means[0]
    _, middle, slow = quantiles(means, n=4, method="inclusive")
    return middle, slow


def _round(value: float) -> float:
    return float(f"{value:.2g}")


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _with(value: str, values: list[str]) -> list[str]:
    return values if value in values else [*values, value]


def _duplicates(basis: Basis) -> str:
    mitigation = basis.scenario.straggler_mitigation
    if not mitigation.enabled:
        return "off"
    voted = basis.scenario.tasks.votes > 1
    return str(mitigation.vote_duplicates if voted else mitigation.max_duplicates)


def _batches(basis: Basis) -> str:
    tasks = basis.scenario.tasks
    return _text(tasks.pool_batch_ratio) if tasks.batching == "barrier" else tasks.batching


def _votes(basis: Basis) -> str:
    confidence = basis.scenario.quality.confidence
    return str(basis.scenario.tasks.votes) if confidence is None else f"{confidence:g}"


def _numbers_of_votes(basis: Basis, accuracy: float) -> list[str]:
    """Fixed numbers, and adaptive votes at the accuracy and half-way from there to 1."""
    fixed = ["1", "3", "5"] if basis.scenario.quality.confidence is None else []
    levels = sorted({max(0.6, accuracy), (1.0 + accuracy) / 2.0})
    return _with(_votes(basis), [*fixed, *[f"{level:.3g}" for level in levels if level < 1.0]])


_OF_RUN = {DUPLICATES: _duplicates, BATCHES: _batches, VOTES: _votes}


def current(basis: Basis, keys: Iterable[str]) -> Choice:
    """The choice that the run was made with, on these axes; ScenarioError for an unknown key."""
    found = []
    for key in keys:
        if key in _OF_RUN:
            found.append((key, _OF_RUN[key](basis)))
            continue
        value: object = basis.scenario
        for part in key.split("."):
            if not hasattr(value, part):
                raise ScenarioError(f'no key "{show(key)}" to vary. Name one, such as pool.size')
            value = getattr(value, part)
        found.append((key, _text(value if isinstance(value, float) else str(value))))
    return tuple(found)


def settings(choice: Choice) -> list[str]:
    """The ``section.key=value`` settings of a choice."""
    found: list[str] = []
    for key, value in choice:
        if key == DUPLICATES:
            found += _for_duplicates(value)
        elif key == BATCHES:
            found += _for_batches(value)
        elif key == VOTES:
            found += _for_votes(value)
        else:
            found.append(f"{key}={value}")
    return found


def _for_duplicates(value: str) -> tuple[str, ...]:
    if value == "off":
        return ("straggler_mitigation.enabled=false",)
    if value != "unlimited" and not (value.isascii() and value.isdigit() and int(value) > 0):
        raise _no_value(DUPLICATES, value, "off, a number from 1, or unlimited")
    return (
        "straggler_mitigation.enabled=true",
        f"straggler_mitigation.max_duplicates={value}",
        f"straggler_mitigation.vote_duplicates={value}",
    )


def _for_batches(value: str) -> tuple[str, ...]:
    if value == _CONTINUOUS:
        return (f"tasks.batching={value}",)
    if not _ratio_of_a_batch(value):
        raise _no_value(BATCHES, value, "continuous, or a number: R, above 0 and up to 100")
    return ("tasks.batching=barrier", f"tasks.pool_batch_ratio={value}")


def _for_votes(value: str) -> tuple[str, ...]:
    number = _number(value)
    if number is not None and 0.5 < number < 1.0:
        return (f"tasks.votes={_MOST_VOTES}", f"quality.confidence={value}")
    if number is None or not 1.0 <= number < inf or not number.is_integer():
        raise _no_value(VOTES, value, "a number from 1, or a confidence from 0.5 to 1")
    return (f"tasks.votes={value}",)


def _ratio_of_a_batch(text: str) -> bool:
    try:
        return 0.0 < float(text) <= 100.0
    except ValueError:
        return False


def _no_value(axis: str, value: str, known: str) -> ScenarioError:
    return ScenarioError(f"--vary {axis}={show(value)} cannot be tried. Write {known}")


def choices(varied: Mapping[str, Sequence[str]], now: Choice) -> list[Choice]:
    """Every combination, and the current one if it is not among them."""
    keys = list(varied)
    found = [tuple(zip(keys, values, strict=True)) for values in product(*varied.values())]
    return found if any(same(each, now) for each in found) else [now, *found]


def same(a: Choice, b: Choice) -> bool:
    """Whether two choices mean the same: 8 and 8.0 do."""
    return all(_alike(x, y) for (_, x), (_, y) in zip(a, b, strict=True))


def _alike(x: str, y: str) -> bool:
    try:
        return x == y or isclose(float(x), float(y))
    except ValueError:
        return False


# Trying it


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
_NUMBERS = {"off": 0.0, "unlimited": inf}


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
    numbers = sorted({each for each in map(_number, tried) if each is not None})
    value = _number(best)
    if value is None or len(numbers) < 2 or not 0.0 < value < inf:
        return []
    if value not in (numbers[0], numbers[-1]):
        return []
    factors = _LOWER if value == numbers[0] else _HIGHER
    return [value * factor for factor in factors]


def _number(value: str) -> float | None:
    try:
        return _NUMBERS[value] if value in _NUMBERS else float(value)
    except ValueError:
        return None


def _possible(basis: Basis, key: str, step: float) -> str | None:
    """The step as a value of the key, rounded if it must be whole; None if it cannot be one."""
    for text in (f"{step:g}", str(round(step))):
        with suppress(ScenarioError):
            changed(basis, settings(((key, text),)))
            return text
    return None
