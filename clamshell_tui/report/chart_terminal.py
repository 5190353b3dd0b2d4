"""Charts in characters: a panel on two axes, and sparklines. Plain text without colours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from textwrap import wrap

from clamshell_tui.report.chart import ChartSeries, Panel, Scale, linear, logarithmic
from clamshell_tui.terminal.dot_grid import Dot, DotGrid

_WIDEST, _ROWS = 100, 14  # columns of a chart; rows between title and axis
_ROWS_PER_TICK, _COLUMNS_PER_TICK = 3, 9
_NAME_LINES = 3  # into which a name below the axis is folded
_MARKERS = "ox+*#@%&"
_FEW = 12  # points up to which each has a marker, as more would hide the line
_UNICODE, _ASCII = "│└─┬╌░", "|+-+-/"  # both axes, tick, level, band


def sketch(panel: Panel, width: int, *, unicode: bool = True) -> str:
    """Draw a panel in ``width`` columns; its series differ in their markers."""
    return "\n".join(line.rstrip() for line in _Sketch(panel, width, unicode=unicode).lines())


class _Sketch:
    """The characters of one panel, in layers: band, level, bars, dots of lines, markers."""

    def __init__(self, panel: Panel, width: int, *, unicode: bool) -> None:
        self._panel = panel
        self._markers = [_MARKERS[n % len(_MARKERS)] for n in range(len(panel.series))]
        self._frame = _UNICODE if unicode else _ASCII
        self._y = _y_scale(panel)
        self._left = max((len(tick.label) for tick in self._y.ticks), default=0)
        self._columns = max(10, min(width, _WIDEST) - self._left - 2)
        self._x = _x_scale(panel, self._columns)
        # Names are centred below their values, so the outer ones need room at both ends.
        self._margin = self._columns // (2 * len(panel.x_names)) if panel.x_names else 0
        self._grid = DotGrid(self._columns, _ROWS, braille=unicode)
        self._cells = [[" "] * self._columns for _ in range(_ROWS)]
        self._draw()

    def lines(self) -> Iterator[str]:
        """Title, legend and axis titles around the rows."""
        panel, indent = self._panel, " " * (self._left + 2)
        bar, corner, dash, tick, *_ = list(self._frame)
        yield f"{indent}{panel.title:^{self._columns}}"
        yield from (indent + line for line in self._legend())
        if panel.y_title:
            yield f"{indent}{panel.y_title}"
        levels = {self._cell(self._x.low, each.value)[1]: each.label for each in self._y.ticks}
        for row, cells in enumerate(self._cells):
            yield f"{levels.get(row, ''):>{self._left}} {bar}{''.join(cells)}"
        names = panel.x_names or {each.value: each.label for each in self._x.ticks}
        below = {self._cell(x, self._y.low)[0]: name for x, name in names.items()}
        axis = "".join(tick if column in below else dash for column in range(self._columns))
        yield f"{'':{self._left}} {corner}{axis}"
        yield from (indent + line for line in _names_below(below, self._columns))
        if panel.x_title:
            yield f"{indent}{panel.x_title:^{self._columns}}"

    def _legend(self) -> list[str]:
        """Markers and names, wrapped between entries; a single series needs no marker."""
        named = [each for each in zip(self._markers, self._panel.series, strict=True) if each[1].xs]
        alone = len(self._panel.series) == 1
        entries = [series.name if alone else f"{marker} {series.name}" for marker, series in named]
        if self._panel.band is not None:
            entries.append(f"{self._frame[5]} the paper")
        whole = "   ".join(entry.replace(" ", "\u00a0") for entry in entries)
        return [line.replace("\u00a0", " ") for line in wrap(whole, self._columns)]

    def _draw(self) -> None:
        panel = self._panel
        if panel.band is not None:
            low, high = panel.band
            for row in range(self._row(high), self._row(low) + 1):
                self._cells[row] = [self._frame[5]] * self._columns
        if panel.level is not None:
            self._cells[self._row(panel.level)] = [self._frame[4]] * self._columns
        marked = list(zip(self._markers, panel.series, strict=True))
        bars = [each for each in marked if each[1].kind == "bars"]
        for nth, (marker, series) in enumerate(bars):
            self._draw_bars(series, marker, nth, len(bars))
        others = [
            (marker, each, self._dots(each)) for marker, each in marked if each.kind != "bars"
        ]
        for _, series, dots in others:
            self._draw_dots(series, dots)
        for column, row, dotted, _ in self._grid.cells():
            self._cells[row][column] = dotted
        for marker, series, dots in others:
            self._mark(series, dots, marker)

    def _draw_bars(self, series: ChartSeries, marker: str, nth: int, of: int) -> None:
        """Bars of whole columns; too many for a column each, they shrink to their upper ends."""
        slot = 0.8 * self._columns / max(1, len(self._panel.x_names)) / of
        width = max(1, int(slot))
        for x, y in _known(self._panel, series):
            column, top = self._cell(x, y)
            start = column - of * width // 2 + nth * width
            for at in range(max(0, start), min(self._columns, start + width)):
                for row in range(top, _ROWS if slot >= 1 else top + 1):
                    self._cells[row][at] = marker

    def _dots(self, series: ChartSeries) -> list[Dot]:
        return [self._dot(x, y) for x, y in _known(self._panel, series)]

    def _draw_dots(self, series: ChartSeries, dots: Sequence[Dot]) -> None:
        match series.kind:
            case "points":
                for x, y in dots:
                    self._grid.put(x, y, "")
            case "steps":
                corners = [(b[0], a[1]) for a, b in pairwise(dots)]
                path = [each for pair in zip(dots, corners, strict=False) for each in pair]
                self._grid.polyline([*path, *dots[-1:]], "")
            case "dashes":
                for a, b in pairwise(dots):
                    self._dashes(a, b)
            case _:
                self._grid.polyline(dots, "")

    def _dashes(self, a: Dot, b: Dot) -> None:
        """Two dots, then a gap of two."""
        steps = max(abs(b[0] - a[0]), abs(b[1] - a[1]), 1)
        for n in range(steps + 1):
            x = round(a[0] + (b[0] - a[0]) * n / steps)
            if (x if b[0] != a[0] else n) % 4 < 2:
                self._grid.put(x, round(a[1] + (b[1] - a[1]) * n / steps), "")

    def _mark(self, series: ChartSeries, dots: Sequence[Dot], marker: str) -> None:
        """Put markers on few points, or along a line so that series can be distinguished."""
        many = len(dots) > _FEW
        if many and len(self._panel.series) == 1:
            return
        step = -(-len(dots) // _FEW) if many and series.kind != "points" else 1
        first = _MARKERS.index(marker) * step // len(_MARKERS)  # lines that coincide take turns
        for dot in dots[first::step]:
            column, row = self._cell_of(dot)
            self._cells[row][column] = marker

    def _dot(self, x: float, y: float) -> Dot:
        across = self._grid.width // self._columns
        wide = (self._columns - 2 * self._margin) * across - 1
        down = round((1 - self._y.share(y)) * (self._grid.height - 1))
        return round(self._margin * across + self._x.share(x) * wide), down

    def _cell_of(self, dot: Dot) -> Dot:
        across, down = self._grid.width // self._columns, self._grid.height // _ROWS
        return dot[0] // across, dot[1] // down

    def _cell(self, x: float, y: float) -> Dot:
        return self._cell_of(self._dot(x, y))

    def _row(self, y: float) -> int:
        return self._cell(self._x.low, y)[1]


def _known(panel: Panel, series: ChartSeries) -> Iterator[tuple[float, float]]:
    """The points that have a place on the axes."""
    least_x, least_y = (0.0 if log else -inf for log in (panel.x_log, panel.y_log))
    for x, y in zip(series.xs, series.ys, strict=True):
        if least_x < x < inf and least_y < y < inf:
            yield x, y


def _y_scale(panel: Panel) -> Scale:
    values = [y for series in panel.series for _, y in _known(panel, series)]
    references = [*(panel.band or ()), *([] if panel.level is None else [panel.level])]
    values += [each for each in references if not panel.y_log or each > 0]
    if panel.y_log:
        return _spaced(logarithmic(*_range(values, 1.0)), _ROWS // _ROWS_PER_TICK)
    low, high = _range(values, 0.0)
    return linear(min(0.0, low) if panel.y_from_zero else low, high, _ROWS // _ROWS_PER_TICK)


def _x_scale(panel: Panel, columns: int) -> Scale:
    """From the smallest to the largest x, which are often settings of an experiment."""
    values = [x for series in panel.series for x, _ in _known(panel, series)]
    low, high = _range([*values, *panel.x_names], 1.0 if panel.x_log else 0.0)
    most = columns // _COLUMNS_PER_TICK
    if panel.x_log:
        return _spaced(logarithmic(low, high), most)
    rounded = linear(low, high, most)
    return Scale(low, max(high, low + 1e-6), rounded.ticks)._replace(
        ticks=tuple(tick for tick in rounded.ticks if low <= tick.value <= high)
    )


def _range(values: Iterable[float], without: float) -> tuple[float, float]:
    known = list(values) or [without]
    return min(known), max(known)


def _spaced(scale: Scale, most: int) -> Scale:
    """Thin out the ticks to at most ``most``."""
    return scale._replace(ticks=scale.ticks[:: -(-len(scale.ticks) // max(1, most)) or 1])


def _names_below(names: Mapping[int, str], columns: int) -> list[str]:
    """Lines of names centred at their columns, folded as narrow as their neighbours require.

    A line that would still touch another name is left out.
    """
    lines = [[" "] * columns for _ in range(_NAME_LINES)]
    gaps = [b - a for a, b in pairwise(sorted(names))]
    room = max(3, min(gaps, default=columns) - 1)
    for column, name in sorted(names.items()):
        for line, text in zip(lines, wrap(name, room), strict=False):
            start = max(0, min(columns - len(text), column - len(text) // 2))
            if not "".join(line[max(0, start - 1) : start + len(text)]).strip():
                line[start : start + len(text)] = text
    return [text for line in lines if (text := "".join(line).rstrip())]


_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKLINE_ASCII = "_.-=+*#@"


def sparkline(
    values: Sequence[float],
    width: int,
    *,
    unicode: bool = True,
    low: float | None = None,
) -> str:
    """``values`` as at most ``width`` bars, neighbours averaged where there are more values.

    Bars reach from ``low`` (the smallest value by default) to the largest value.
    """
    levels = _BLOCKS if unicode else _SPARKLINE_ASCII
    shown = _squeeze(values, width)
    if not shown:
        return ""
    floor = min(shown) if low is None else low
    span = max(shown) - floor
    if span <= 0:
        return levels[len(levels) // 2 - 1] * len(shown)
    top = len(levels) - 1
    return "".join(levels[max(0, round((value - floor) / span * top))] for value in shown)


def _squeeze(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)]
    groups = (values[a:b] for a, b in pairwise(edges))
    return [sum(group) / len(group) for group in groups]
