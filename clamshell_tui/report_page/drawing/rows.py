"""Rows with names at the left, and one axis below: a chart of people."""

from collections.abc import Sequence

from clamshell_tui.report_page.drawing.drawing import LETTER, WIDTH, Drawing, Point
from clamshell_tui.report_page.drawing.legend import Entry
from clamshell_tui.report_page.drawing.scale import Scale

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

    def marks(self, entry: Entry, points: Sequence[Point], size: float = 3.6) -> None:
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
