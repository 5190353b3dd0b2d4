"""Text of any kind, made exactly as wide as its place."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.text import show

Align: TypeAlias = Literal["left", "right", "center"]
Span: TypeAlias = tuple[str, str]
"""A text and its ink."""


# They change the width of what stands before or after them, also of blanks and of other cells.
_JOINERS = re.compile("[\u200d\ufe0f]")


def clip(text: str, width: int) -> str:
    """``text`` made harmless, in ``width`` cells at most, which do not touch their neighbours."""
    return show(_JOINERS.sub("", text), max(0, width))


@lru_cache(maxsize=16_384)
def fit(text: str, width: int, align: Align = "left") -> str:
    """``text`` made harmless, clipped or padded to exactly ``width`` cells."""
    shown = clip(text, width)
    missing = width - cell_len(shown)
    if align == "right":
        return " " * missing + shown
    if align == "center":
        return " " * (missing // 2) + shown + " " * (missing - missing // 2)
    return shown + " " * missing


def beside(label: str, value: str, width: int) -> tuple[str, str]:
    """What stands before and after a bar in ``width`` cells, each a third of them at the most."""
    before = f"{clip(label, width // 3)} " if label else ""
    after = f" {clip(value, width // 3)}" if value else ""
    return before, after


def fit_spans(spans: Iterable[Span], width: int) -> list[Span]:
    """The spans that fit, the last one clipped or a blank added, together ``width`` cells."""
    fitted: list[Span] = []
    left = width
    for text, ink in spans:
        if left <= 0:
            break
        shown = clip(text, left)
        if shown:
            fitted.append((shown, ink))
            left -= cell_len(shown)
    if left > 0:
        fitted.append((" " * left, "text"))
    return fitted


def strip_of(spans: Sequence[Span], width: int, palette: Palette) -> Strip:
    """A line of exactly ``width`` cells."""
    fitted = fit_spans(spans, width)
    return Strip([Segment(text, palette.style(ink)) for text, ink in fitted], width)


def strip_of_cells(chars: Sequence[str], inks: Sequence[str], palette: Palette) -> Strip:
    """A line from one sign and one ink a cell; neighbours of the same ink become one segment."""
    width = len(chars)
    cuts = [at for at, (one, next_one) in enumerate(pairwise(inks), 1) if one != next_one]
    runs = pairwise([0, *cuts, width]) if width else ()
    style = palette.style
    segments = [Segment("".join(chars[start:end]), style(inks[start])) for start, end in runs]
    return Strip(segments, width)


def centred(lines: Sequence[str], width: int, height: int, palette: Palette) -> list[Strip]:
    """What stands in an empty place: a few quiet lines in its middle."""
    blank = Strip([Segment(" " * width, palette.style("text"))], width)
    shown = [
        Strip([Segment(fit(line, width, "center"), palette.style("muted italic"))], width)
        for line in lines[:height]
    ]
    above = (height - len(shown)) // 2
    return [blank] * above + shown + [blank] * (height - above - len(shown))


def plain(style: Style, width: int) -> Strip:
    """Nothing but ground."""
    return Strip([Segment(" " * width, style)] if width else [], width)
