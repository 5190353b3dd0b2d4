"""What the signs of a drawing mean, in a line above it."""

from collections.abc import Sequence
from typing import NamedTuple

from clamshell_tui.report_page.drawing.drawing import LETTER, WIDTH, Drawing

LINE = 18.0  # pixels that one line of a legend takes


class Entry(NamedTuple):
    """A sign: one of ``SHAPES``, or ``line``, ``bar`` or ``half``; its class, and its meaning."""

    shape: str
    class_: str
    words: str


def legend(drawing: Drawing, entries: Sequence[Entry], left: float = 52.0, top: float = 0) -> float:
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


def _sign(drawing: Drawing, entry: Entry, x: float, y: float) -> None:
    match entry.shape:
        case "line":
            drawing.line((x, y), (x + 14, y), entry.class_)
        case "bar":
            drawing.bars([(x, y - 4.5, 14, 9)], entry.class_)
        case "half":
            drawing.bars([(x, y, 14, 4.5)], entry.class_)
        case shape:
            drawing.marks(shape, [(x + 7, y)], entry.class_)
