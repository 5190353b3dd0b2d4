"""Two axes and what is drawn between them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clamshell_tui.report_page.drawing.drawing import WIDTH, Drawing, Point
from clamshell_tui.report_page.drawing.scale import Scale


class Box(NamedTuple):
    """The place of a plot in its drawing, without the words around it."""

    left: float
    top: float
    right: float
    bottom: float


class Plot:
    """Values in, shapes out. The axes are drawn at once, below everything that follows."""

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
