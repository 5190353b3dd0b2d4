"""A measure of all cells as a table with bars, for the terminal."""

from collections.abc import Sequence
from math import isfinite

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.sweep.plan import Plan
from clamshell_tui.text import show

WIDTH = 30  # cells of the longest bar


def picture(
    plan: Plan, measure: str, found: Sequence[Interval | None], *, unicode: bool
) -> list[str]:
    """A line for each cell: its values, mean and 95 % interval, and a bar from zero to the mean."""
    rows = [(*(axis.key for axis in plan.axes), "mean", "95 %", "")]
    bars = _bars(found, "█" if unicode else "#")
    for cell, each, bar in zip(plan.cells, found, bars, strict=True):
        values = [show(value, 24) for _, value in cell.choice]
        rows.append((*values, *_figures(each), bar))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    seeds = "1 seed" if plan.seeds == 1 else f"{plan.seeds:,} seeds"
    lines = [f"{measure}, mean of {seeds} with its 95 % interval"]
    for *cells, bar in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=False)]
        lines.append("  ".join([*padded, bar]).rstrip())
    return lines


def _figures(found: Interval | None) -> tuple[str, str]:
    if found is None:
        return "-", "-"
    if not isfinite(found.low):
        return f"{found.mean:.4g}", "-"
    return f"{found.mean:.4g}", f"{found.low:.4g} .. {found.high:.4g}"


def _bars(found: Sequence[Interval | None], block: str) -> list[str]:
    """To one scale; none where a mean is below zero, as they would mislead."""
    means = [each.mean if each is not None else 0.0 for each in found]
    longest = max(means)
    if min(means) < 0 or not 0 < longest < float("inf"):
        return [""] * len(means)
    return [block * round(mean / longest * WIDTH) for mean in means]
