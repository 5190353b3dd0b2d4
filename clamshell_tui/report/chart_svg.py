"""Charts as SVG for the HTML report, drawn here so that the report needs no other package.

:class:`Drawing` collects shapes in drawing order, :class:`SvgPlot` has two axes, :class:`Rows` one
axis and a named row for each worker. Colours are CSS classes: the page's style sheet defines them
for a light and for a dark background.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clamshell_tui.report.chart import ChartSeries, Panel, Scale
from clamshell_tui.report.html import Markup, element, number

Point = tuple[float, float]

WIDTH = 720.0
LETTER = 5.7  # pixels: the mean width of a letter of a label, to leave room for words

_HALF = 0.5
_HALF_LINE = 0.65  # pixels: half of the outline of what is hollow


class Drawing:
    """:data:`WIDTH` pixels wide, as high as it was said to reach; ``title`` is read out."""

    def __init__(self, title: str) -> None:
        self.height = 0.0
        self._title = title
        self._parts: list[Markup] = []

    def svg(self) -> Markup:
        """The element; it takes the width that the page gives it."""
        return element(
            "svg",
            element("title", self._title),
            *self._parts,
            viewBox=f"0 0 {number(WIDTH)} {number(self.height)}",
            role="img",
            xmlns="http://www.w3.org/2000/svg",
        )

    def reach(self, y: float) -> None:
        """The drawing goes down to there, at least."""
        self.height = max(self.height, y)

    def text(self, x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> None:
        """``y`` is the base line; ``anchor`` is ``start``, ``middle`` or ``end``."""
        kind = None if anchor == "start" else anchor
        self._add(
            element(
                "text", words, x=number(x), y=number(y), text_anchor=kind, class_=class_ or None
            )
        )

    def sideways(self, x: float, y: float, words: str) -> None:
        """A word that runs upwards, with its middle there: the title of a vertical axis."""
        turn = f"translate({number(x)} {number(y)}) rotate(-90)"
        self._add(element("text", words, transform=turn, text_anchor="middle", class_="axis"))

    def line(self, start: Point, end: Point, class_: str) -> None:
        """A straight line."""
        (x1, y1), (x2, y2) = start, end
        self._add(element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_))

    def curve(self, points: Sequence[Point], class_: str) -> None:
        """Straight from point to point."""
        if points:
            places = " ".join([f"{number(x)},{number(y)}" for x, y in points])
            self._add(element("polyline", points=places, class_=class_))

    def stairs(self, points: Sequence[Point], class_: str) -> None:
        """Level from each point to the next, then up or down; steps too small to be seen merge."""
        if not points:
            return
        path = [f"M{number(points[0][0])} {number(points[0][1])}"]
        x, y = points[0]
        for at, level in points[1:]:
            if at - x < _HALF and level != points[-1][1]:
                y = level
                continue
            path.append(f"V{number(y)}H{number(at)}V{number(level)}")
            x, y = at, level
        self._add(element("path", d="".join(path), class_=class_))

    def bars(self, boxes: Iterable[tuple[float, float, float, float]], class_: str) -> None:
        """Rectangles ``(x, y, width, height)`` of one kind, as one path: thousands stay small.

        Hollow ones (``h-``) keep their outline within.
        """
        inset = _HALF_LINE if class_.startswith("h-") else 0.0
        path = [_rectangle(*box, inset) for box in boxes]
        if path:
            self._add(element("path", d="".join(path), class_=class_))

    def marks(self, shape: str, points: Iterable[Point], class_: str, size: float = 3.2) -> None:
        """Signs of one kind, with their middles there; see :data:`SHAPES`."""
        outline = SHAPES[shape]
        path: list[str] = []
        for x, y in points:
            path.append(f"M{number(x + outline[0][0] * size)} {number(y + outline[0][1] * size)}")
            path += [f"L{number(x + a * size)} {number(y + b * size)}" for a, b in outline[1:]]
            path.append("z")
        if path:
            self._add(element("path", d="".join(path), class_=class_))

    def _add(self, part: Markup) -> None:
        self._parts.append(part)


def _rectangle(x: float, y: float, width: float, height: float, inset: float) -> str:
    width, height = max(0.1, width - 2 * inset), max(0.1, height - 2 * inset)
    start = f"M{number(x + inset)} {number(y + inset)}"
    return f"{start}h{number(width)}v{number(height)}h{number(-width)}z"


_OCTAGON = ((1, 0.41), (0.41, 1), (-0.41, 1), (-1, 0.41), (-1, -0.41), (-0.41, -1), (0.41, -1))

SHAPES: dict[str, Sequence[Point]] = {
    "circle": (*_OCTAGON, (1, -0.41)),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle": ((0, -1.3), (1.2, 0.9), (-1.2, 0.9)),
    "right": ((-0.9, -1.2), (1.3, 0), (-0.9, 1.2)),
    "tick": ((-0.25, -1.4), (0.25, -1.4), (0.25, 1.4), (-0.25, 1.4)),
}
"""Outlines of about two units; shapes differ without their colours."""


LINE = 18.0  # pixels that one line of a legend takes


class LegendEntry(NamedTuple):
    """A sign: one of ``SHAPES``, or ``line``, ``bar`` or ``half``; its class, and its meaning."""

    shape: str
    class_: str
    words: str


def legend(
    drawing: Drawing, entries: Sequence[LegendEntry], left: float = 52.0, top: float = 0
) -> float:
    """Draws it from ``top`` on, in as many lines as it takes; returns where it ends."""
    x, y = left, top + 8
    for entry in entries:
        needs = 30 + LETTER * len(entry.words)
        if x + needs > WIDTH and x > left:
            x, y = left, y + LINE
        _sign(drawing, entry, x, y)
        drawing.text(x + 18, y + 4, entry.words, "legend")
        x += needs
    return y + 12


def _sign(drawing: Drawing, entry: LegendEntry, x: float, y: float) -> None:
    match entry.shape:
        case "line":
            drawing.line((x, y), (x + 14, y), entry.class_)
        case "bar":
            drawing.bars([(x, y - 4.5, 14, 9)], entry.class_)
        case "half":
            drawing.bars([(x, y, 14, 4.5)], entry.class_)
        case shape:
            drawing.marks(shape, [(x + 7, y)], entry.class_)


class Box(NamedTuple):
    """The place of a plot in its drawing, without the words around it."""

    left: float
    top: float
    right: float
    bottom: float


class SvgPlot:
    """Map values to shapes in a box; draw the axes first, below everything else."""

    def __init__(self, drawing: Drawing, box: Box, x: Scale, y: Scale) -> None:
        self.drawing = drawing
        self.box = box
        self._x, self._y = x, y

    def axes(self, x_title: str, y_title: str = "", *, ticks: bool = True) -> None:
        """Level grid lines, ticks below, and titles; ``ticks`` False leaves the lower ones out."""
        draw, box = self.drawing, self.box
        draw.reach(box.bottom + (34 if x_title else 6))
        for tick in self._y.ticks:
            y = self.y(tick.value)
            draw.line((box.left, y), (box.right, y), "grid")
            draw.text(box.left - 6, y + 3.5, tick.label, "tick", "end")
        draw.line((box.left, box.bottom), (box.right, box.bottom), "frame")
        for tick in self._x.ticks:
            x = self.x(tick.value)
            draw.line((x, box.bottom), (x, box.bottom + 4), "frame")
            if ticks:
                draw.text(x, box.bottom + 15, tick.label, "tick", "middle")
        if x_title:
            draw.text((box.left + box.right) / 2, box.bottom + 31, x_title, "axis", "middle")
        if y_title:
            draw.sideways(12, (box.top + box.bottom) / 2, y_title)

    def x(self, value: float) -> float:
        """Where a value stands."""
        return self.box.left + self._x.share(value) * (self.box.right - self.box.left)

    def y(self, value: float) -> float:
        """Where a value stands; up is more."""
        return self.box.bottom - self._y.share(value) * (self.box.bottom - self.box.top)

    def places(self, points: Iterable[Point]) -> Sequence[Point]:
        """Where points stand."""
        return [(self.x(x), self.y(y)) for x, y in points]

    def level(self, value: float, words: str) -> None:
        """A dashed line across, if it is on the plot, and what it is."""
        if self._y.low <= value <= self._y.high:
            y = self.y(value)
            self.drawing.line((self.box.left, y), (self.box.right, y), "dashed")
            self.drawing.text(self.box.right, y - 4, words, "note", "end")

    def upright(self, value: float, words: str) -> None:
        """A dashed line from top to bottom, if it is on the plot, and above it what it is."""
        if self._x.low <= value <= self._x.high:
            x = self.x(value)
            self.drawing.line((x, self.box.top), (x, self.box.bottom), "dashed")
            self.drawing.text(x, self.box.top - 5, words, "note", "middle")


def box(top: float, height: float, left: float = 52.0) -> Box:
    """The usual place of a plot: the whole width, with room for the titles."""
    return Box(left, top, WIDTH - 14, top + height)


_COLOURS = ("blue", "orange", "green")
_MARKS = ("circle", "triangle", "square")
_PATTERNS = ("", " dashes", " dots")
_MOST_MARKS = 200  # points up to which each one is a mark on its line


def draw_panel(panel: Panel, x: Scale, y: Scale, height: float = 170.0) -> SvgPlot:
    """Draw a panel of at most three series below its legend; the plot can take annotations."""
    drawing = Drawing(panel.title)
    entries = [_entry(series, place) for place, series in enumerate(panel.series)]
    top = legend(drawing, entries)
    plot = SvgPlot(drawing, box(top + 18, height), x, y)
    plot.axes(panel.x_title, panel.y_title)
    if panel.level is not None:
        plot.level(panel.level, f"{panel.level_name} {panel.level:.3g}")
    for place, entry in reversed(list(enumerate(entries))):  # the first one is the uppermost
        _draw_series(plot, panel.series[place], entry, place)
    return plot


def _entry(series: ChartSeries, place: int) -> LegendEntry:
    if series.kind == "points" or (series.kind == "line" and len(series.xs) <= _MOST_MARKS):
        return LegendEntry(_MARKS[place], f"f-{_COLOURS[place]}", series.name)
    return LegendEntry("line", f"line-{_COLOURS[place]}{_PATTERNS[place]}", series.name)


def _draw_series(plot: SvgPlot, series: ChartSeries, entry: LegendEntry, place: int) -> None:
    places = plot.places(zip(series.xs, series.ys, strict=True))
    line = f"line-{_COLOURS[place]}{_PATTERNS[place]}"
    if series.kind == "steps":
        plot.drawing.stairs(places, line)
    elif series.kind != "points":
        plot.drawing.curve(places, line)
    if entry.shape != "line":
        plot.drawing.marks(entry.shape, places, entry.class_, 2.8)


ROW = 15.0  # pixels
_NAME_LETTERS = 18


class Rows:
    """``names`` from the top down; values go along ``scale``, rows are counted from 0."""

    def __init__(self, drawing: Drawing, top: float, names: Sequence[str], scale: Scale) -> None:
        self.drawing = drawing
        self._names, self._scale = names, scale
        longest = max(map(len, names), default=1)
        self._left = 20 + LETTER * 1.05 * min(_NAME_LETTERS, longest)
        self._top, self._bottom = top, top + ROW * len(names)

    def axis(self, title: str) -> None:
        """Upright grid lines, ticks, names and a title."""
        draw, right = self.drawing, WIDTH - 12
        draw.reach(self._bottom + 34)
        for tick in self._scale.ticks:
            x = self.x(tick.value)
            draw.line((x, self._top), (x, self._bottom), "grid")
            draw.text(x, self._bottom + 15, tick.label, "tick", "middle")
        draw.line((self._left, self._bottom), (right, self._bottom), "frame")
        for nth, name in enumerate(self._names):
            long = len(name) > _NAME_LETTERS
            shown = f"{name[: _NAME_LETTERS - 1]}\u2026" if long else name
            draw.text(self._left - 8, self.y(nth) + 4, shown, "tick", "end")
        draw.text((self._left + right) / 2, self._bottom + 31, title, "axis", "middle")

    def upright(self, value: float, words: str) -> None:
        """A dashed line from top to bottom, if it is on the axis, and what it is."""
        if self._scale.low <= value <= self._scale.high:
            x = self.x(value)
            self.drawing.line((x, self._top), (x, self._bottom), "dashed")
            self.drawing.text(x, self._top - 5, words, "note", "middle")

    def stem(self, row: int, low: float, high: float) -> None:
        """A thin line that joins what belongs together."""
        y = self.y(row)
        self.drawing.line((self.x(low), y), (self.x(high), y), "stem")

    def marks(self, entry: LegendEntry, points: Sequence[Point], size: float = 3.6) -> None:
        """Signs at (value, row)."""
        places = [(self.x(value), self.y(row)) for value, row in points]
        self.drawing.marks(entry.shape, places, entry.class_, size)

    def bars(
        self, class_: str, bars: Sequence[tuple[int, float, float]], tall: float = 0.7
    ) -> None:
        """Bars of (row, from, to), so much of a row high."""
        boxes = [
            (self.x(low), self.y(row) - ROW * tall / 2, self.x(high) - self.x(low), ROW * tall)
            for row, low, high in bars
            if high > low
        ]
        self.drawing.bars(boxes, class_)

    def x(self, value: float) -> float:
        """Where a value stands."""
        return self._left + self._scale.share(value) * (WIDTH - 12 - self._left)

    def y(self, row: float) -> float:
        """The middle of a row."""
        return self._top + ROW * (row + 0.5)
