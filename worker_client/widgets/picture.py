"""A picture in the terminal, as large as its place allows."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from clamshell_tui.protocol.parts import Image
from worker_client.plain import PlainLines
from worker_client.widgets.pixels import Cells, Colour, cells

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_RAMP = " .:-=+*#%@"
_DAMAGED = "this picture is damaged: please flag it (f)"


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
        """One row of cells."""
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
            return [Strip([Segment(_DAMAGED, self.rich_style)]).adjust_cell_length(width)]
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
