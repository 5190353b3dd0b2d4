r"""Output of a sweep: a row for each run, or mean and interval for each cell and measure.

Files are byte-identical for the same runs: rows in the order of the cells and seeds, numbers as the
shortest text that reads back as the same number, ``\n`` after each line, empty for unknown.
:func:`picture` shows one measure of all cells in the terminal, as a table with bars.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Any

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.experiments.intervals import Interval, interval
from clamshell_tui.experiments.sweep.kept import KeptCells
from clamshell_tui.experiments.sweep.plan import SweepCell, SweepPlan
from clamshell_tui.experiments.sweep.trial import Value, measures
from clamshell_tui.runfile import output_path as places
from clamshell_tui.text import show

Row = tuple[Value, ...]
RUNS = ("seed", "seconds", "labels.delivered")  # columns that every table of runs has
MEANS = ("measure", "runs", "mean", "low", "high")
_KINDS = (".csv", ".parquet")


def check_place(path: Path, *, overwrite: bool, columns: Sequence[str]) -> None:
    """Hours of work must not end with a table that has no place, or no library to write it.

    A file that is there is only replaced if it is a table with these columns.
    """
    if path.suffix.lower() not in _KINDS:
        raise InputError(f"{show(path.name)}: no such kind of table. Name it .csv or .parquet")
    if path.suffix.lower() == ".parquet":
        _pyarrow("pyarrow")
        ours = _has_columns(columns)
    else:
        ours = places.has_columns(*columns)
    places.check_place(path, overwrite=overwrite, ours=ours, kind="such a table of a sweep")


def write_runs(path: Path, plan: SweepPlan, kept: KeptCells) -> None:
    """One row for each cell and seed: the values on the axes, the seed, all measures."""
    names = [*(axis.key for axis in plan.axes), "seed", *measures()]
    _write(path, names, _runs(plan, kept), len(plan.axes))


def write_means(path: Path, plan: SweepPlan, kept: KeptCells) -> None:
    """One row for each cell and measure: over how many runs, the mean, and its 95 % interval.

    Runs without the measure do not count for it.
    """
    names = [*(axis.key for axis in plan.axes), *MEANS]
    rows = (
        (*_values(cell), name, len(found), *(interval(found) if found else (None,) * 3))
        for cell in plan.cells
        for name, found in zip(measures(), _by_measure(plan, kept, cell), strict=True)
    )
    _write(path, names, rows, len(plan.axes) + 1)


def means(plan: SweepPlan, kept: KeptCells, measure: str) -> list[Interval | None]:
    """Interval of each cell; None where no run has the measure."""
    place = measures().index(measure)
    found = [_by_measure(plan, kept, cell)[place] for cell in plan.cells]
    return [interval(values) if values else None for values in found]


def _runs(plan: SweepPlan, kept: KeptCells) -> Iterator[Row]:
    for cell in plan.cells:
        for seed in range(plan.seeds):
            yield (*_values(cell), seed, *kept.values(cell.name, seed))


def _values(cell: SweepCell) -> tuple[str, ...]:
    return tuple([value for _, value in cell.choice])


def _by_measure(plan: SweepPlan, kept: KeptCells, cell: SweepCell) -> list[list[float]]:
    runs = [kept.values(cell.name, seed) for seed in range(plan.seeds)]
    columns = zip(*runs, strict=True)
    return [[each for each in column if isinstance(each, int | float)] for column in columns]


# Files


def _write(path: Path, names: Sequence[str], rows: Iterable[Row], texts: int) -> None:
    """The first ``texts`` columns are text, in Parquet numbers where all of them are."""
    with places.appearing(path) as hidden:
        if path.suffix.lower() == ".csv":
            with hidden.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(names)
                writer.writerows([_text(value) for value in row] for row in rows)
            return
        columns = list(zip(*rows, strict=True))
        typed = [_typed(column) if n < texts else column for n, column in enumerate(columns)]
        table = _pyarrow("pyarrow").table(dict(zip(names, map(_arrow, typed), strict=True)))
        _pyarrow("pyarrow.parquet").write_table(table, hidden)


def _has_columns(columns: Sequence[str]) -> Callable[[Path], bool]:
    """Whether a file is a Parquet table with these columns."""

    def ours(path: Path) -> bool:
        try:
            return set(columns) <= set(_pyarrow("pyarrow.parquet").read_schema(path).names)
        except _pyarrow("pyarrow").ArrowInvalid:
            return False

    return ours


def _text(value: Value) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def _typed(column: Sequence[Value]) -> Sequence[Value]:
    """Whole numbers, numbers, or the text that they were given as."""
    for kind in (int, float):
        try:
            return [kind(str(value)) for value in column]
        except ValueError:
            continue
    return column


def _arrow(column: Sequence[Value]) -> Any:
    """Of floats unless all are whole; a column of nothing is one of floats too."""
    arrow = _pyarrow("pyarrow")
    known = [value for value in column if value is not None]
    if any(isinstance(value, str) for value in known):
        return arrow.array(column, arrow.string())
    whole = bool(known) and all(isinstance(value, int) for value in known)
    return arrow.array(column, arrow.int64() if whole else arrow.float64())


def _pyarrow(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise EnvironmentFaultError(
            "a .parquet table needs pyarrow, which is not installed. "
            "pip install 'clamshell-tui[parquet]', or name a .csv file"
        ) from error


WIDTH = 30  # cells of the longest bar


def picture(
    plan: SweepPlan,
    measure: str,
    found: Sequence[Interval | None],
    *,
    unicode: bool,
    width: int | None = None,
) -> list[str]:
    """A line for each cell: its values, mean and 95 % interval, and a bar from zero to the mean.

    Bars are shorter where a line would exceed ``width``.
    """
    rows = [(*(axis.key for axis in plan.axes), "mean", "95 %")]
    for cell, each in zip(plan.cells, found, strict=True):
        rows.append((*(show(value, 24) for _, value in cell.choice), *_figures(each)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = WIDTH if width is None else width - sum(widths) - len("  ") * len(widths)
    bars = ["", *_bars(found, "█" if unicode else "#", max(0, min(WIDTH, room)))]
    seeds = "1 seed" if plan.seeds == 1 else f"{plan.seeds:,} seeds"
    lines = [f"{measure}, mean of {seeds} with its 95 % interval"]
    for cells, bar in zip(rows, bars, strict=True):
        padded = [text.rjust(wide) for text, wide in zip(cells, widths, strict=True)]
        lines.append("  ".join([*padded, bar]).rstrip())
    return lines


def _figures(found: Interval | None) -> tuple[str, str]:
    if found is None:
        return "-", "-"
    if not isfinite(found.low):
        return f"{found.mean:.4g}", "-"
    return f"{found.mean:.4g}", f"{found.low:.4g} .. {found.high:.4g}"


def _bars(found: Sequence[Interval | None], block: str, width: int) -> list[str]:
    """To one scale; none where a mean is below zero, as they would mislead."""
    means = [each.mean if each is not None else 0.0 for each in found]
    longest = max(means)
    if min(means) < 0 or not 0 < longest < float("inf"):
        return [""] * len(means)
    return [block * round(mean / longest * width) for mean in means]
