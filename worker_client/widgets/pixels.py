"""Pictures as half-blocks: two pixels in a cell, the upper one in front of the lower one."""

from dataclasses import dataclass

from clamshell_tui.protocol.parts import Image

Colour = tuple[int, int, int]
Row = list[Colour]

_LARGE = 48  # pixels: a picture enlarged to this is easy to read, and more only takes time


@dataclass(frozen=True)
class Cells:
    """Pairs of colours (upper, lower) by row and column."""

    rows: list[list[tuple[Colour, Colour]]]

    @property
    def width(self) -> int:
        """In cells."""
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
