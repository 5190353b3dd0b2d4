"""A sheet of dots, eight to a cell in braille, two in ASCII; a cell has its last pen's colour.

How a series went: a row of small bars, or a few rows of taller ones.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import Drawn
from clamshell_tui.operator_app.widgets.style import UNICODE, Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, beside, fit, strip_of

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of the cell
_ASCII = " '.:"  # upper, lower, both

Dot = tuple[int, int]


class Dots:
    """Dots are counted from the top left; those outside the sheet are left out."""

    def __init__(self, width: int, height: int, *, braille: bool = True) -> None:
        self._cells = (width, height)
        self._braille = braille
        self._across, self._down = (2, 4) if braille else (1, 2)
        self.width, self.height = width * self._across, height * self._down
        self._bits = [[0] * width for _ in range(height)]
        self._inks = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, ink: str) -> None:
        """One dot."""
        if 0 <= x < self.width and 0 <= y < self.height:
            row, column = y // self._down, x // self._across
            bit = _BITS[y % 4][x % 2] if self._braille else 1 << y % 2
            self._bits[row][column] |= bit
            self._inks[row][column] = ink

    def line(self, a: Dot, b: Dot, ink: str) -> None:
        """From one dot to another, both included; clipped, however far away they are."""
        clipped = _clip(a, b, self.width, self.height)
        if clipped is None:
            return
        (x0, y0), (x1, y1) = clipped
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for n in range(steps + 1):
            share = n / steps if steps else 0.0
            self.put(round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share), ink)

    def polyline(self, dots: Sequence[Dot], ink: str) -> None:
        """Through all of them."""
        if len(dots) == 1:
            self.put(*dots[0], ink)
        for a, b in pairwise(dots):
            self.line(a, b, ink)

    def shade(self, dots: Sequence[Dot], ink: str) -> None:
        """Every other dot below a line that was drawn, so that it is seen as its area."""
        if not dots:
            return
        for x in range(max(0, dots[0][0]), min(self.width, dots[-1][0] + 1)):
            top = self._top(x, ink)
            if top is not None:
                for y in range(top + 2, self.height):
                    if (x + 2 * y) % 4 == 0 and self._free(x, y, ink):
                        self.put(x, y, ink)

    def cells(self) -> Iterator[tuple[int, int, str, str]]:
        """Column, row, sign and ink of every cell with a dot in it."""
        for row, (bits, inks) in enumerate(zip(self._bits, self._inks, strict=True)):
            for column, bit in enumerate(bits):
                if bit:
                    sign = chr(_BRAILLE + bit) if self._braille else _ASCII[bit]
                    yield column, row, sign, inks[column]

    def _free(self, x: int, y: int, ink: str) -> bool:
        """A shade does not change the colour of another line."""
        return self._inks[y // self._down][x // self._across] in ("", ink)

    def _top(self, x: int, ink: str) -> int | None:
        column = x // self._across
        for y in range(self.height):
            row = y // self._down
            bit = _BITS[y % 4][x % 2] if self._braille else 1 << y % 2
            if self._bits[row][column] & bit and self._inks[row][column] == ink:
                return y
        return None


def _clip(a: Dot, b: Dot, width: int, height: int) -> tuple[Dot, Dot] | None:
    """Liang and Barsky's clipping to the sheet."""
    (x0, y0), (x1, y1) = a, b
    dx, dy = x1 - x0, y1 - y0
    enter, leave = 0.0, 1.0
    for step, room in ((-dx, x0), (dx, width - 1 - x0), (-dy, y0), (dy, height - 1 - y0)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            enter = max(enter, room / step)
        else:
            leave = min(leave, room / step)
    if enter > leave:
        return None
    return (
        (round(x0 + enter * dx), round(y0 + enter * dy)),
        (round(x0 + leave * dx), round(y0 + leave * dy)),
    )


class Sparkline(Drawn):
    """Bars from 0 (or ``low``) to the largest value, the newest at the right.

    A label stands before it and a value after it, on the last line.
    """

    DEFAULT_CSS = "Sparkline { width: 1fr; height: 1; }"

    def __init__(
        self,
        label: str = "",
        *,
        ink: str = "sky",
        low: float | None = 0.0,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._label = label
        self._ink = ink
        self._low = low
        self._shown: tuple[tuple[float, ...], str] = ((), "")

    def update(self, values: Sequence[float], value: str = "") -> None:
        """Show these, with ``value`` (the newest, as words) after them."""
        shown = (tuple(values), value)
        if shown != self._shown:
            self._shown = shown
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Every line has its part of each bar."""
        values, value = self._shown
        before, after = beside(self._label, value, width)
        indent, outdent = cell_len(before), cell_len(after)
        rows = bars(values, width - indent - outdent, height, self.glyphs, low=self._low)
        strips = []
        for at, row in enumerate(rows):
            last = at == height - 1
            spans: list[Span] = [(before if last else " " * indent, "muted")]
            spans += [(row, self._ink), (after if last else " " * outdent, "text bold")]
            strips.append(strip_of(spans, width, palette))
        return strips


def bars(
    values: Sequence[float],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    low: float | None = 0.0,
) -> list[str]:
    """Lines of ``width`` signs, right-aligned; the smallest value is the floor if ``low`` is None.

    Where there are more values than cells, neighbours are averaged; what is not finite is a gap.
    """
    known = _squeezed(values, max(0, width))
    finite = [value for value in known if isfinite(value)]
    floor = min(finite, default=0.0) if low is None else low
    span = max(finite, default=0.0) - floor
    levels = len(glyphs.upward)
    heights = [_eighths(value, floor, span, levels * height) for value in known]
    lines = []
    for row in range(height):
        base = (height - 1 - row) * levels
        line = "".join(_sign(eighths - base, glyphs.upward) for eighths in heights)
        lines.append(fit(line, width, "right"))
    return lines


def _squeezed(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)] if width else []
    groups = (values[a:b] for a, b in pairwise(edges))
    return [sum(group) / len(group) for group in groups]


def _eighths(value: float, floor: float, span: float, top: int) -> int:
    """At least one, so that a zero is told from a gap."""
    if not isfinite(value):
        return 0
    share = (value - floor) / span if span > 0 else 0.5
    return max(1, round(max(0.0, min(1.0, share)) * top))


def _sign(eighths: int, levels: str) -> str:
    return levels[min(eighths, len(levels)) - 1] if eighths > 0 else " "
