"""Series for the figures, out of the columns of a table."""

from collections.abc import Sequence
from math import inf, nan

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.paper.panel import Kind, Panel, Series
from clamshell_tui.experiments.paper.runs import Runs
from clamshell_tui.experiments.paper.table import Column, Row, Table, value


def series(
    name: str,
    xs: Sequence[float],
    found: Sequence[Interval | None],
    kind: Kind = "line",
    colour: int | None = None,
) -> Series:
    """Means with their intervals where there are any; places without a mean are left out."""
    known = [(x, each) for x, each in zip(xs, found, strict=True) if each is not None]
    return Series(
        name,
        tuple(x for x, _ in known),
        tuple(each.mean for _, each in known),
        tuple(_finite(each.low, each.mean) for _, each in known),
        tuple(_finite(each.high, each.mean) for _, each in known),
        kind,
        colour,
    )


def by_group(
    table: Table,
    runs: Runs,
    column: Column,
    rows: Sequence[Row],
    xs: Sequence[float],
    kind: Kind = "line",
) -> tuple[Series, ...]:
    """One series for each group: the column's value in each row."""
    return tuple(
        series(group, xs, [value(runs, group, row, column) for row in rows], kind)
        for group in table.groups
    )


def band(column: Column) -> tuple[float, float] | None:
    """The range that the paper reports of every row of a column."""
    claim = column.paper.get("")
    return None if claim is None or inf in (claim.high, -claim.low) else (claim.low, claim.high)


def column_panel(
    table: Table,
    runs: Runs,
    column: Column,
    xs: Sequence[float],
    x_title: str,
    *,
    kind: Kind = "line",
    x_names: dict[float, str] | None = None,
) -> Panel:
    """A column against its rows, one series for each group, the paper's range shaded."""
    unit = "times less" if column.ratio and not column.inverse else "times more"
    return Panel(
        column.name,
        x_title,
        unit if column.ratio else column.heading,
        by_group(table, runs, column, table.rows, xs, kind),
        x_names=x_names or {},
        band=band(column),
    )


def _finite(bound: float, mean: float) -> float:
    return bound if -inf < bound < inf and bound == bound else mean if mean == mean else nan
