"""Charts as data: panels, series and scales, drawn by chart_svg, chart_terminal, chart_matplotlib.

A panel holds plain numbers and says nothing about colours or sizes; each back end has its own.
"""

from collections.abc import Iterator, Mapping
from math import ceil, floor, inf, isfinite, log10
from typing import Literal, NamedTuple

from msgspec import Struct

Kind = Literal["line", "points", "bars", "steps", "dashes"]


class ChartSeries(Struct, frozen=True):
    """Values, optionally with 95 % intervals. The bars of several series stand side by side."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    kind: Kind = "line"


class Panel(Struct, frozen=True):
    """One plot. ``x_names`` replace the numbers of the x axis at their values.

    ``band`` is a range of y reported by the paper, drawn shaded; ``level`` is a reference value
    of y, drawn as a line across; ``level_name`` is its label.
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
    level_name: str = ""


_STEPS = (1.0, 2.0, 5.0, 10.0)
_SECONDS = (1, 2, 5, 10, 15, 30)
_TIMES = (
    *_SECONDS,
    *[60 * each for each in _SECONDS],
    *[3600 * each for each in (1, 2, 3, 6, 12)],
)
_UNITS = ((86_400, "days"), (3600, "h"), (60, "min"), (1, "s"))
_FACTORS: tuple[tuple[float, tuple[float, ...]], ...] = (  # up to so many decades, ticks at
    (0.8, (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)),
    (1.3, (1, 1.5, 2, 3, 5, 7)),
    (4.0, (1, 2, 5)),
    (inf, (1,)),
)


class Tick(NamedTuple):
    """A value on an axis and its label."""

    value: float
    label: str


class Scale(NamedTuple):
    """An axis from ``low`` to ``high`` with its ticks; ``unit`` belongs into the axis title."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    unit: str = ""
    log: bool = False

    def share(self, value: float) -> float:
        """Position of a value along the axis, clamped to 0..1."""
        if self.log:
            value = max(value, self.low)
            part = log10(value / self.low) / log10(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, part))


def linear(low: float, high: float, most: int = 6) -> Scale:
    """Round outwards to whole steps: at most ``most``, and one more at each end."""
    low, high = _apart(low, high)
    step = _step((high - low) / most)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    digits = max(0, -floor(log10(step) + 1e-9))
    ticks = [Tick(n * step, f"{n * step:,.{digits}f}") for n in range(first, last + 1)]
    return Scale(first * step, last * step, tuple(ticks))


def counting(low: float, high: float, most: int = 10) -> Scale:
    """Span exactly ``low`` to ``high``, with ticks at whole numbers only."""
    low, high = _apart(low, high)
    step = max(1, round(_step((high - low) / most)))
    first = ceil(low / step)
    ticks = [Tick(n * step, f"{n * step:,}") for n in range(first, floor(high / step) + 1)]
    return Scale(low, high, tuple(ticks))


def passing(start: float, end: float, most: int = 9) -> Scale:
    """Span exactly ``start`` to ``end`` seconds; ticks at whole seconds, minutes, hours or days."""
    start, end = _apart(start, end)
    step = next((each for each in _TIMES if each * most >= end - start), 0.0)
    if not step:
        step = 86_400 * max(1.0, _step((end - start) / most / 86_400))
    size, unit = next((size, unit) for size, unit in _UNITS if step >= size)
    places = range(ceil(start / step - 1e-9), floor(end / step + 1e-9) + 1)
    ticks = [Tick(n * step, f"{n * step / size:,.4g}") for n in places]
    return Scale(start, end, tuple(ticks), unit)


def logarithmic(low: float, high: float) -> Scale:
    """Span a little more than ``low`` to ``high``, both above 0.

    Ticks are at 1, 2, 5 and 10 or so: the fewer the decades, the more ticks to a decade.
    """
    if high / low < 1.5:
        low, high = low / 1.25, high * 1.25
    margin = (high / low) ** 0.03
    low, high = low / margin, high * margin
    factors = next(each for most, each in _FACTORS if log10(high / low) <= most)
    ticks = [Tick(each, f"{each:,.6g}") for each in _decades(low, high, factors)]
    return Scale(low, high, tuple([tick for tick in ticks if low <= tick.value <= high]), log=True)


def _decades(low: float, high: float, factors: tuple[float, ...]) -> Iterator[float]:
    for power in range(floor(log10(low)), ceil(log10(high)) + 1):
        for factor in factors:
            yield factor * 10.0**power


def _step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(each * power for each in _STEPS if each * power >= least * 0.9999)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Widen an empty or infinite range, so that an axis has a length."""
    if not (isfinite(low) and isfinite(high)):
        low, high = 0.0, 1.0
    least = max(1e-6, abs(low) * 1e-9)
    return (low, high) if high - low > least and high < inf else (low, low + 1.0)
