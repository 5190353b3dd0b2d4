"""A picture in the terminal, as large as its place allows.

Pictures as half-blocks: two pixels in a cell, the upper one in front of the lower one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from clamshell_tui.terminal.ascii_filter import PlainLines
from clamshell_tui.wire.parts import Image
from worker_client.widgets.lines import texts_of

Colour = tuple[int, int, int]
Row = list[Colour]

_LARGE = 48  # pixels: a picture enlarged to this is easy to read, and more only takes time


@dataclass(frozen=True)
class Cells:
    """Pairs of colours (upper, lower) by row and column."""

    rows: list[list[tuple[Colour, Colour]]]

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def cells(image: Image, width: int, height: int) -> Cells | None:
    """``image`` as large as fits into ``width`` x ``height`` cells; None when it has not the bytes.

    Small pictures are enlarged smoothly, up to a point: a digit of 8 x 8 pixels is read as a digit
    only when its steps are gone. Large ones are averaged.
    """
    if len(image.pixels) != image.width * image.height * image.channels:
        return None
    fitting = min(max(1, width) / image.width, max(1, 2 * height) / image.height)
    scale = min(fitting, max(1.0, _LARGE / max(image.width, image.height)))
    columns = max(1, int(image.width * scale))
    lines = max(1, int(image.height * scale))
    channels = [
        _resized(image.pixels[channel :: image.channels], image.width, columns, lines)
        for channel in range(image.channels)
    ]
    pixels = _rows(channels * 3 if len(channels) == 1 else channels)
    if len(pixels) % 2:
        pixels.append(pixels[-1])
    return Cells(
        [list(zip(*pair, strict=True)) for pair in zip(pixels[::2], pixels[1::2], strict=True)]
    )


def _rows(channels: list[list[list[int]]]) -> list[Row]:
    red, green, blue = channels
    return [
        list(zip(reds, greens, blues, strict=True))
        for reds, greens, blues in zip(red, green, blue, strict=True)
    ]


def _resized(plane: bytes, width: int, columns: int, lines: int) -> list[list[int]]:
    """One channel in a new size: first every row, then every column."""
    rows = [list(plane[start : start + width]) for start in range(0, len(plane), width)]
    across = _weights(width, columns)
    narrow = [[sum(row[at] * share for at, share in mix) for mix in across] for row in rows]
    down = _weights(len(rows), lines)
    return [
        [round(sum(narrow[at][column] * share for at, share in mix)) for column in range(columns)]
        for mix in down
    ]


def _weights(old: int, new: int) -> list[list[tuple[int, float]]]:
    """For each new pixel the old ones it is made of, with their shares; shares add up to 1.

    The triangle filter: linear interpolation when enlarging, an average when shrinking.
    """
    ratio = old / new
    reach = max(1.0, ratio)
    mixes = []
    for pixel in range(new):
        centre = (pixel + 0.5) * ratio - 0.5
        first, last = int(centre - reach), int(centre + reach) + 1
        mix = [
            (min(max(at, 0), old - 1), max(0.0, 1 - abs(at - centre) / reach))
            for at in range(first, last + 1)
        ]
        total = sum(share for _, share in mix)
        mixes.append([(at, share / total) for at, share in mix if share > 0])
    return mixes


_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_RAMP = " .:-=+*#%@"


class Picture(Widget):
    """Draws one image, centred. Those that come next are drawn ahead, between two keys."""

    DEFAULT_CSS = "Picture { width: 1fr; height: 1fr; }"
    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self._image: Image | None = None
        self._next: list[Image] = []
        self._drawn: dict[Image, list[Strip]] = {}
        self._drawn_for = (0, 0)

    def show_image(self, image: Image | None) -> None:
        """Draw this one from now on."""
        if image is not self._image:
            self._image = image
            self.refresh()

    def expect(self, images: Sequence[Image]) -> None:
        """These few come next; all others are forgotten: a long task would fill the memory."""
        self._drawn = {image: drawn for image, drawn in self._drawn.items() if image in images}
        self._next = [image for image in images if image not in self._drawn]
        self.call_after_refresh(self._draw_ahead)

    def render_line(self, y: int) -> Strip:
        blank = Strip.blank(self.size.width, self.rich_style)
        if self._image is None:
            return blank
        strips = self._strips(self._image)
        above = (self.size.height - len(strips)) // 2
        return strips[y - above] if 0 <= y - above < len(strips) else blank

    def _draw_ahead(self) -> None:
        """One image at a time, so that a key waits for one drawing at most."""
        if self._next and self.size.width:
            self._strips(self._next.pop(0))
            self.call_after_refresh(self._draw_ahead)

    def _strips(self, image: Image) -> list[Strip]:
        size = (self.size.width, self.size.height)
        if self._drawn_for != size:
            self._drawn_for, self._drawn = size, {}
        if image not in self._drawn:
            self._drawn[image] = self._draw(image, *size)
        return self._drawn[image]

    @property
    def _in_ascii(self) -> bool:
        """Whether the half-blocks would be lost on the way to the terminal."""
        return any(isinstance(each, PlainLines) for each in self.get_line_filters())

    def _draw(self, image: Image, width: int, height: int) -> list[Strip]:
        drawing = cells(image, width, height)
        if drawing is None:
            damaged = Segment(texts_of(self)("task.damaged"), self.rich_style)
            return [Strip([damaged]).adjust_cell_length(width)]
        return [self._strip(row, drawing, width) for row in drawing.rows]

    def _strip(self, row: list[tuple[Colour, Colour]], drawing: Cells, width: int) -> Strip:
        left = (width - drawing.width) // 2
        right = width - drawing.width - left
        blank = self.rich_style
        run = _shade if self._in_ascii else _run
        runs = [run(pair, len(list(same))) for pair, same in groupby(row)]
        return Strip([Segment(" " * left, blank), *runs, Segment(" " * right, blank)], width)


def _shade(pair: tuple[Colour, Colour], count: int) -> Segment:
    """The mean of both as a letter: the brighter, the more ink, as if on black."""
    red, green, blue = (upper + lower for upper, lower in zip(*pair, strict=True))
    brightness = (2 * red + 5 * green + blue) / (8 * 2 * 256)  # how bright the eye finds them
    return Segment(_RAMP[int(brightness * len(_RAMP))] * count, _style(_WHITE, _BLACK))


def _run(pair: tuple[Colour, Colour], count: int) -> Segment:
    """Neighbouring cells of the same colours, as one: less for the terminal to read."""
    return Segment((" " if pair[0] == pair[1] else "\u2580") * count, _style(*pair))


@lru_cache(maxsize=16_384)
def _style(upper: Colour, lower: Colour) -> Style:
    return Style.from_color(_colour(upper), _colour(lower))


@lru_cache(maxsize=4_096)
def _colour(colour: Colour) -> Color:
    """What Color.from_rgb makes, at a fifth of its time."""
    red, green, blue = colour
    name = f"#{red:02x}{green:02x}{blue:02x}"
    return Color(name, ColorType.TRUECOLOR, None, ColorTriplet(red, green, blue))
