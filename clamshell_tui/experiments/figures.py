"""Panels and series for the figures, out of the columns of a table and the runs behind it."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite

from msgspec.structs import replace

from clamshell_tui.experiments.intervals import Interval, interval
from clamshell_tui.experiments.table import PaperColumn, PaperTable, Runs, value
from clamshell_tui.report.chart import ChartSeries, Kind, Panel


def column_panel(
    table: PaperTable,
    runs: Runs,
    column: PaperColumn,
    x_title: str,
    places: Mapping[float, str],
    *,
    log: bool = False,
) -> Panel:
    """A column as lines, one for each group, over the rows; ``places`` are the rows' own."""
    return replace(_panel(table, runs, column, x_title, places, "line"), y_log=log)


def row_panel(table: PaperTable, runs: Runs, column: PaperColumn) -> Panel:
    """A column as bars, one for each group, over the rows by name."""
    places = {float(n): row.name for n, row in enumerate(table.rows)}
    return _panel(table, runs, column, table.row_title, places, "bars")


def _panel(
    table: PaperTable,
    runs: Runs,
    column: PaperColumn,
    x_title: str,
    places: Mapping[float, str],
    kind: Kind,
) -> Panel:
    less = "times less" if column.ratio and not column.inverse else "times as much"
    lines = [
        series(group, list(places), [value(runs, group, row, column) for row in table.rows], kind)
        for group in table.groups
    ]
    return Panel(
        column.name,
        x_title,
        less if column.ratio else column.heading,
        tuple(lines),
        x_names=places,
        band=_band(column),
        level=1.0 if column.ratio else None,
    )


def _band(column: PaperColumn) -> tuple[float, float] | None:
    """The range that the paper reports of every row of a column."""
    claim = column.paper.get("")
    return None if claim is None or inf in (claim.high, -claim.low) else (claim.low, claim.high)


def series(
    name: str, xs: Sequence[float], found: Sequence[Interval | None], kind: Kind = "line"
) -> ChartSeries:
    """Means with their intervals where they have any; places without a mean are left out."""
    known = [(x, each) for x, each in zip(xs, found, strict=True) if each is not None]
    return ChartSeries(
        name,
        tuple(x for x, _ in known),
        tuple(each.mean for _, each in known),
        tuple(each.low if isfinite(each.low) else each.mean for _, each in known),
        tuple(each.high if isfinite(each.high) else each.mean for _, each in known),
        kind,
    )


def means(
    runs: Runs,
    group: str,
    arm: str,
    key: str,
    at: Sequence[float],
    name: str,
    kind: Kind = "line",
) -> ChartSeries:
    """A series of values that each run keeps as ``KEY @AT``, with their intervals."""
    return series(name, at, [mean_of(runs, group, arm, f"{key} @{place:g}") for place in at], kind)


def mean_of(runs: Runs, group: str, arm: str, key: str) -> Interval | None:
    """Mean over the runs that have the measure; None if none has."""
    known = [each for each in runs.values(group, arm, key) if each is not None]
    return interval(known) if known else None
