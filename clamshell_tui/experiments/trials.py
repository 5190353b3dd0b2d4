"""Trials: a policy against a baseline, over populations, with the same seeds on both sides."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

from joblib import Parallel, delayed
from msgspec import Struct

from clamshell_tui.experiments.cells import Measures, run_cell
from clamshell_tui.experiments.intervals import Interval, interval, paired_ratio

POPULATIONS: Mapping[str, tuple[str, ...]] = {
    "mturk": (),
    "live": (),
    "live-heavy": (),
    "live-light": (),
    # Fifty seconds per label are quick here: what is slow, and what has been forgotten, is too.
    "medical": ("maintenance.threshold=60", "tasks.lease=36000"),
}
"""Each population, with the settings that its pace calls for (before those of an arm)."""

Value = Callable[[Measures], float | None]


class Measure(Struct, frozen=True):
    """A column of a trial: the ratio of an arm's value to the baseline's, or the plain value."""

    name: str
    value: Value
    ratio: bool = True


class Trial(Struct, frozen=True):
    """The first arm is the baseline. ``scenario`` is TOML; arms are lists of settings."""

    title: str
    scenario: str
    arms: Mapping[str, tuple[str, ...]]
    measures: tuple[Measure, ...]
    populations: tuple[str, ...] = tuple(POPULATIONS)


class Row(Struct, frozen=True):
    """One arm in one population; an interval is None where too few runs had the value."""

    population: str
    arm: str
    cells: tuple[Interval | None, ...]


def run_trial(trial: Trial, seeds: Iterable[int], *, jobs: int = 1) -> list[Row]:
    """Run every (population, arm, seed), in this order whatever the number of jobs."""
    keys = list(product(trial.populations, trial.arms, seeds))
    measured = Parallel(n_jobs=jobs)(
        delayed(_run)(trial.scenario, population, trial.arms[arm], seed)
        for population, arm, seed in keys
    )
    grouped: dict[tuple[str, str], list[Measures]] = {}
    for (population, arm, _), measures in zip(keys, measured, strict=True):
        grouped.setdefault((population, arm), []).append(measures)
    return list(_rows(trial, grouped))


def _run(scenario: str, population: str, arm: Sequence[str], seed: int) -> Measures:
    settings = [f"crowd.population={population}", *POPULATIONS[population], *arm]
    return run_cell(scenario, settings, seed)


def _rows(trial: Trial, grouped: Mapping[tuple[str, str], list[Measures]]) -> Iterator[Row]:
    baseline = next(iter(trial.arms))
    for (population, arm), runs in grouped.items():
        base = grouped[population, baseline]
        yield Row(population, arm, tuple([_cell(each, runs, base) for each in trial.measures]))


def _cell(measure: Measure, runs: Sequence[Measures], base: Sequence[Measures]) -> Interval | None:
    """Only pairs of which both have a value count, and only if they are most of them."""
    pairs = [(measure.value(a), measure.value(b)) for a, b in zip(runs, base, strict=True)]
    known = [(a, b) for a, b in pairs if a is not None and (b is not None or not measure.ratio)]
    if 2 * len(known) <= len(pairs):
        return None
    if not measure.ratio:
        return interval([a for a, _ in known])
    positive = [(a, b) for a, b in known if b is not None and a > 0 and b > 0]
    return paired_ratio([a for a, _ in positive], [b for _, b in positive]) if positive else None


def render(trial: Trial, rows: Iterable[Row]) -> str:
    """The trial as a plain table."""
    names = [measure.name + ("" if measure.ratio else " (value)") for measure in trial.measures]
    widths = [max(16, len(name) + 2) for name in names]
    lines = [trial.title, f"{'population':<12}{'arm':<30}" + _line(names, widths)]
    for row in rows:
        cells = ["-" if cell is None else str(cell) for cell in row.cells]
        lines.append(f"{row.population:<12}{row.arm:<30}" + _line(cells, widths))
    return "\n".join(lines)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
