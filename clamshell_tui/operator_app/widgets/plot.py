"""Plots of lines, steps and points in Braille dots, with axes, guides and a legend."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import Literal, TypeAlias

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import (
    HUES,
    Glyphs,
    Palette,
    log_ticks,
    numbers,
    ticks,
)
from clamshell_tui.operator_app.widgets.table_layout import Grid, centred, clip
from clamshell_tui.terminal.dot_grid import Dot, DotGrid
from clamshell_tui.text import show

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
    """Content of a plot. A range that is None is computed from the points and the guides of y."""

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
        return [one.ink or HUES[n % len(HUES)] for n, one in enumerate(self.series)]

    def markers(self, signs: Sequence[str]) -> list[str]:
        return [one.marker or signs[n % len(signs)] for n, one in enumerate(self.series)]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps numbers to positions from 0 to 1."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Position of ``value``; may lie outside 0 to 1."""
        if self.log:
            return (log10(max(value, 1e-300)) - log10(self.low)) / (
                log10(self.high) - log10(self.low)
            )
        return (value - self.low) / (self.high - self.low)


def axes(figure: Figure) -> tuple[Axis, Axis] | None:
    """The axes of x and y; None if there are no points."""
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
    """The points that can be placed on the axes."""
    for x, y in series.points:
        if _has_place(x, figure.log_x) and _has_place(y, figure.log_y):
            yield x, y


def _has_place(value: float, log: bool) -> bool:
    """False for nan, and for numbers so large or small that arithmetic overflows."""
    return _SMALLEST <= value <= _LARGEST if log else abs(value) <= _LARGEST


def _axis(values: Sequence[float], given: Range | None, log: bool, margin: float) -> Axis:
    low, high = given if given is not None else (min(values), max(values))
    if log:
        low = low if low > 0 else min(value for value in [*values, 1.0] if value > 0)
        return Axis(low, high, True) if high > low else Axis(low / 2, low * 2, True)
    if high <= low:
        room = abs(low) * 0.1 or 1.0
        return Axis(low - room if low else 0.0, low + room)
    if given is None:
        room = (high - low) * margin
        low = 0.0 if low >= 0 > low - room else low - room
        high += room
    return Axis(low, high)


class Plot(LineWidget):
    """Shows a :class:`Figure`. Series differ in colour and in marker, as the legend shows.

    Below a minimum size it drops the axes and the legend.
    """

    DEFAULT_CSS = "Plot { width: 1fr; height: 1fr; }"

    _figure = Figure()

    def update(self, figure: Figure) -> None:
        if figure != self._figure:
            self._figure = figure
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        ranges = axes(self._figure)
        if ranges is None:
            return centred([self.empty], width, height, palette)
        sheet = PlotSheet(self._figure, *ranges, width, height, self.glyphs)
        return sheet.strips(palette)


_NARROWEST, _LOWEST = 24, 6  # with axes
_MARKER_EVERY = 12  # cells, where points are too many for a marker each


class PlotSheet:
    """One drawing of a figure, cell by cell."""

    def __init__(
        self, figure: Figure, x: Axis, y: Axis, width: int, height: int, glyphs: Glyphs
    ) -> None:
        self._figure, self._x, self._y, self._glyphs = figure, x, y, glyphs
        self._width, self._height = width, height
        self._grid = Grid(width, height)
        self._left = self._top = 0
        self._plot_width, self._plot_height = width, height
        if width >= _NARROWEST and height >= _LOWEST:
            self._draw_axes()
        self._draw_guides()
        self._draw_series()
        self._label_guides()
        if width >= _NARROWEST and height >= _LOWEST:
            self._draw_legend()

    def strips(self, palette: Palette) -> list[Strip]:
        return self._grid.strips(palette)

    def _draw_axes(self) -> None:
        figure, glyphs = self._figure, self._glyphs
        self._top = 1 if figure.y_label else 0
        self._plot_height = self._height - 2 - self._top
        rows_per_tick = 2 if self._y.log else 3
        levels = _ticks(self._y, self._plot_height // rows_per_tick)
        names = _names(levels, figure.y_format)
        self._left = min(self._width // 3, max(map(len, names), default=0) + 1)
        self._plot_width = self._width - self._left - 1
        self._grid.write(0, 0, figure.y_label, "muted")
        foot = self._top + self._plot_height
        for row in range(self._top, foot):
            self._grid.set(self._left, row, glyphs.wall, "faint")
        for level, name in zip(levels, names, strict=True):
            row = self._row(level)
            self._grid.write(self._left - 1 - len(name), row, name, "muted")
            self._grid.set(self._left, row, glyphs.stop, "faint")
        self._left += 1
        self._draw_foot(foot)

    def _draw_foot(self, foot: int) -> None:
        figure, glyphs = self._figure, self._glyphs
        self._grid.set(self._left - 1, foot, glyphs.corner, "faint")
        for column in range(self._left, self._width):
            self._grid.set(column, foot, glyphs.line, "faint")
        room = self._width - cell_len(show(figure.x_label)) - 1 if figure.x_label else self._width
        self._grid.write(room + 1, foot + 1, figure.x_label, "muted")
        stops = _ticks(self._x, max(2, self._plot_width // 11))
        free = 0
        for stop, name in zip(stops, _names(stops, figure.x_format), strict=True):
            column = self._column(stop)
            start = max(0, min(column - len(name) // 2, self._width - len(name)))
            if start >= free and start + len(name) <= room:
                self._grid.set(column, foot, glyphs.tick, "faint")
                self._grid.write(start, foot + 1, name, "muted")
                free = start + len(name) + 2

    def _draw_guides(self) -> None:
        for guide in self._figure.guides:
            if guide.axis == "x":
                self._draw_mark(self._column(guide.at), guide.ink)
            else:
                self._draw_level(self._row(guide.at), guide.ink)

    def _label_guides(self) -> None:
        """Write labels over the curves: at the top of an x guide, at the left of a y guide."""
        for guide in self._figure.guides:
            word = clip(guide.label, self._plot_width)
            if guide.axis == "x":
                column, row = self._column(guide.at) + 1, self._top
            else:
                column, row = self._left + 1, self._row(guide.at)
            inside = self._left < column <= self._left + self._plot_width - cell_len(word)
            if inside and self._top <= row < self._top + self._plot_height:
                self._grid.write(column, row, word, guide.ink)

    def _draw_mark(self, column: int, ink: str) -> None:
        if self._left <= column < self._left + self._plot_width:
            for row in range(self._top, self._top + self._plot_height):
                self._grid.set(column, row, self._glyphs.dotted, ink)

    def _draw_level(self, row: int, ink: str) -> None:
        if self._top <= row < self._top + self._plot_height:
            self._grid.fill(self._left, row, self._plot_width, self._glyphs.dashed, ink)

    def _draw_series(self) -> None:
        figure = self._figure
        dots = DotGrid(self._plot_width, self._plot_height, braille=self._glyphs.braille)
        markers = figure.markers(self._glyphs.markers)
        signs: list[tuple[int, int, str, str]] = []
        for one, ink, marker in zip(figure.series, figure.inks(), markers, strict=True):
            path = self._path(one.mode, [self._dot(p, dots) for p in drawable(figure, one)])
            if one.mode != "points":
                dots.polyline(path, ink)
            for dot in path:
                dots.put(*dot, ink)
            if one.area:
                dots.shade(path, ink)
            for column, row in self._marked(one.mode, path, dots):
                signs.append((column, row, marker, ink))
        for column, row, sign, ink in dots.cells():
            self._grid.set(self._left + column, self._top + row, sign, ink)
        for column, row, sign, ink in signs:
            self._grid.set(self._left + column, self._top + row, sign, ink)

    def _path(self, mode: Mode, dots: list[Dot]) -> list[Dot]:
        """Merge points on the same dot, and add the corners of steps."""
        path: list[Dot] = []
        for dot in dots:
            if path and path[-1] == dot:
                continue
            if mode == "step" and path:
                path.append((dot[0], path[-1][1]))
            path.append(dot)
        return path

    def _marked(self, mode: Mode, path: list[Dot], dots: DotGrid) -> list[tuple[int, int]]:
        """The cells with a marker: all of a few points, or some along a line."""
        across, down = dots.width // self._plot_width, dots.height // self._plot_height
        cells = [
            (x // across, y // down)
            for x, y in path
            if 0 <= x < dots.width and 0 <= y < dots.height
        ]
        if mode == "points" and len(cells) <= self._plot_width:
            return cells
        if len(self._figure.series) < 2:
            return cells[-1:] if mode != "points" else []
        chosen: list[tuple[int, int]] = []
        for cell in cells:
            if not chosen or cell[0] - chosen[-1][0] >= _MARKER_EVERY:
                chosen.append(cell)
        return chosen

    def _draw_legend(self) -> None:
        """Draw the legend in the emptiest corner; series without names need none."""
        names = [show(one.name, max(1, self._plot_width // 3)) for one in self._figure.series]
        if not any(names) or len(names) > self._plot_height - 1:
            return
        wide = max(map(cell_len, names)) + 3
        left, right = self._left + 1, self._left + self._plot_width - wide - 1
        top, bottom = self._top, self._top + self._plot_height - len(names)
        corners = [(right, bottom), (right, top), (left, top), (left, bottom)]
        x, y = min(corners, key=lambda at: self._occupied(at[0], at[1], wide, len(names)))
        figure = self._figure
        markers = figure.markers(self._glyphs.markers)
        for row, (name, ink, marker) in enumerate(zip(names, figure.inks(), markers, strict=True)):
            for column in range(wide):
                self._grid.set(x + column, y + row, " ", "text")
            self._grid.set(x, y + row, marker, ink)
            self._grid.write(x + 2, y + row, name, "text")

    def _occupied(self, x: int, y: int, width: int, height: int) -> int:
        rows = [self._grid.row(row) for row in range(y, y + height)]
        return sum(sign != " " for row in rows for sign in row[max(0, x) : x + width])

    def _dot(self, point: tuple[float, float], dots: DotGrid) -> Dot:
        x = self._x.place(point[0]) * (dots.width - 1)
        y = (1 - self._y.place(point[1])) * (dots.height - 1)
        return round(_near(x)), round(_near(y))

    def _column(self, value: float) -> int:
        return self._left + round(_near(self._x.place(value) * (self._plot_width - 1)))

    def _row(self, value: float) -> int:
        return self._top + round(_near((1 - self._y.place(value)) * (self._plot_height - 1)))


def _near(place: float) -> float:
    """Clamp a position so that it stays outside the plot but converts to an int."""
    return max(-1e6, min(1e6, place))


def _ticks(axis: Axis, count: int) -> list[float]:
    return (log_ticks if axis.log else ticks)(axis.low, axis.high, max(1, count))


def _names(values: Sequence[float], form: Callable[[float], str] | None) -> list[str]:
    return [form(value) for value in values] if form is not None else numbers(values)
