"""Grid of dots drawn with characters: eight dots to a cell in braille, two in ASCII."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of the cell
_ASCII = " '.:"  # upper, lower, both

Dot = tuple[int, int]


class DotGrid:
    """Dots in ``width`` by ``height`` cells, counted from the top left; others are ignored.

    A cell has the ink of the last dot set in it; an ink is any string, such as a colour name.
    """

    def __init__(self, width: int, height: int, *, braille: bool = True) -> None:
        self._cells = (width, height)
        self._braille = braille
        self._across, self._down = (2, 4) if braille else (1, 2)
        self.width, self.height = width * self._across, height * self._down
        self._bits = [[0] * width for _ in range(height)]
        self._inks = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, ink: str) -> None:
        if 0 <= x < self.width and 0 <= y < self.height:
            row, column = y // self._down, x // self._across
            bit = _BITS[y % 4][x % 2] if self._braille else 1 << y % 2
            self._bits[row][column] |= bit
            self._inks[row][column] = ink

    def line(self, a: Dot, b: Dot, ink: str) -> None:
        """Draw a line, both ends included, clipped to the grid."""
        clipped = _clip(a, b, self.width, self.height)
        if clipped is None:
            return
        (x0, y0), (x1, y1) = clipped
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for n in range(steps + 1):
            share = n / steps if steps else 0.0
            self.put(round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share), ink)

    def polyline(self, dots: Sequence[Dot], ink: str) -> None:
        if len(dots) == 1:
            self.put(*dots[0], ink)
        for a, b in pairwise(dots):
            self.line(a, b, ink)

    def shade(self, dots: Sequence[Dot], ink: str) -> None:
        """Fill the area below a line drawn in this ink with every fourth dot."""
        if not dots:
            return
        for x in range(max(0, dots[0][0]), min(self.width, dots[-1][0] + 1)):
            top = self._top(x, ink)
            if top is not None:
                for y in range(top + 2, self.height):
                    if (x + 2 * y) % 4 == 0 and self._free(x, y, ink):
                        self.put(x, y, ink)

    def cells(self) -> Iterator[tuple[int, int, str, str]]:
        """Yield column, row, character and ink of each cell that has a dot."""
        for row, (bits, inks) in enumerate(zip(self._bits, self._inks, strict=True)):
            for column, bit in enumerate(bits):
                if bit:
                    sign = chr(_BRAILLE + bit) if self._braille else _ASCII[bit]
                    yield column, row, sign, inks[column]

    def _free(self, x: int, y: int, ink: str) -> bool:
        """Whether shading here keeps the colour of other lines."""
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
    """Clip to the grid (Liang and Barsky), so that a distant end costs nothing."""
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
