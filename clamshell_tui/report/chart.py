"""What a figure shows, whoever draws it: panels of lines, points or bars, in plain numbers."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Kind = Literal["line", "points", "bars", "steps", "dashes"]


class ChartSeries(Struct, frozen=True):
    """Values with their 95 % intervals, where they have any. Bars stand side by side at an x."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    kind: Kind = "line"


class Panel(Struct, frozen=True):
    """One plot. ``x_names`` stand at their values in place of numbers.

    ``band`` is a range of y that the paper reports, and is shaded; ``level`` is a y to compare
    with, and is a line across.
    """

    title: str
    x_title: str
    y_title: str
    series: tuple[ChartSeries, ...]
    x_log: bool = False
    y_log: bool = False
    y_from_zero: bool = True
    x_names: Mapping[float, str] = {}
    band: tuple[float, float] | None = None
    level: float | None = None
