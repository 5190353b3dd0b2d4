"""What a plot shows, and the ranges of its axes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import Literal, TypeAlias

from clamshell_tui.operator_app.widgets.palette import HUES

Point: TypeAlias = tuple[float, float]
Mode: TypeAlias = Literal["line", "step", "points"]
Range: TypeAlias = tuple[float, float]

_LARGEST, _SMALLEST = 1e15, 1e-15


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of x; those that are not finite, or beyond 1e15, are left out.

    A step holds its value until the next point. ``ink`` and the marker are given by the place in
    the figure unless said otherwise.
    """

    name: str
    points: tuple[Point, ...]
    mode: Mode = "line"
    ink: str = ""
    marker: str = ""
    area: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """A line across: at an x (a batch, a new model) or at a y (a target), with a word if any."""

    at: float
    label: str = ""
    axis: Literal["x", "y"] = "x"
    ink: str = "muted"


@dataclass(frozen=True, slots=True)
class Figure:
    """All that a plot shows. A range that is None follows from the points and the guides of y."""

    series: tuple[Series, ...] = ()
    guides: tuple[Guide, ...] = ()
    x_label: str = ""
    y_label: str = ""
    x_range: Range | None = None
    y_range: Range | None = None
    log_x: bool = False
    log_y: bool = False
    x_format: Callable[[float], str] | None = None
    y_format: Callable[[float], str] | None = None

    def inks(self) -> list[str]:
        """The colour of each series."""
        return [one.ink or HUES[n % len(HUES)] for n, one in enumerate(self.series)]

    def markers(self, signs: Sequence[str]) -> list[str]:
        """The sign of each series."""
        return [one.marker or signs[n % len(signs)] for n, one in enumerate(self.series)]


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers to places from 0 to 1."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """May lie outside 0 to 1."""
        if self.log:
            return (log10(max(value, 1e-300)) - log10(self.low)) / (
                log10(self.high) - log10(self.low)
            )
        return (value - self.low) / (self.high - self.low)


def axes(figure: Figure) -> tuple[Axis, Axis] | None:
    """The axes of x and y; None when there is nothing to show."""
    points = [point for one in figure.series for point in drawable(figure, one)]
    if not points:
        return None
    levels = [
        guide.at
        for guide in figure.guides
        if guide.axis == "y" and _has_place(guide.at, figure.log_y)
    ]
    return (
        _axis([x for x, _ in points], figure.x_range, figure.log_x, 0.0),
        _axis([*(y for _, y in points), *levels], figure.y_range, figure.log_y, 0.05),
    )


def drawable(figure: Figure, series: Series) -> Iterator[Point]:
    """The points that have a place."""
    for x, y in series.points:
        if _has_place(x, figure.log_x) and _has_place(y, figure.log_y):
            yield x, y


def _has_place(value: float, log: bool) -> bool:
    """Not for what is so large or small that arithmetic with it overflows; nor for nan."""
    return _SMALLEST <= value <= _LARGEST if log else abs(value) <= _LARGEST


def _axis(values: Sequence[float], given: Range | None, log: bool, margin: float) -> Axis:
    low, high = given if given is not None else (min(values), max(values))
    if log:
        low = low if low > 0 else min(value for value in [*values, 1.0] if value > 0)
        return Axis(low, high, True) if high > low else Axis(low / 2, low * 2, True)
    if high <= low:
        room = abs(low) * 0.1 or 1.0
        return Axis(low - room, low + room)
    if given is None:
        room = (high - low) * margin
        low = 0.0 if low >= 0 > low - room else low - room
        high += room
    return Axis(low, high)
