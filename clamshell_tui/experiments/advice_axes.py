"""Settings that ``advise`` tries: axes of values around the current ones, and their choices.

Some axes stand for several keys of a scenario: duplicates, batches, votes.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import inf, isclose
from statistics import quantiles

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.baseline import Basis
from clamshell_tui.experiments.crowd_fit.crowd import recorded
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
_NUMBERS = {"off": 0.0, "unlimited": inf}


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
    votes = number(value)
    if votes is not None and 0.5 < votes < 1.0:
        return (f"tasks.votes={_MOST_VOTES}", f"quality.confidence={value}")
    if votes is None or not 1.0 <= votes < inf or not votes.is_integer():
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


def number(value: str) -> float | None:
    try:
        return _NUMBERS[value] if value in _NUMBERS else float(value)
    except ValueError:
        return None
