"""Data of a timeline, its time window, and the drawing of one row.

A row with more bars than cells is drawn as a summary: the height of a cell is the share of time
worked, and its ink the kind with the most time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import ceil, floor
from operator import attrgetter
from typing import Protocol

from rich.cells import cell_len

from clamshell_tui.operator_app.widgets.style import Glyphs
from clamshell_tui.text import show

_SERIES = ("1", "1.5", "2", "3", "5", "7")
_STEPS = tuple(float(f"{factor}e{power}") for power in range(-2, 5) for factor in _SERIES)
_AHEAD = 0.06  # share of the width that is left free after now


@dataclass(frozen=True, slots=True)
class Window:
    """The visible time. ``first`` counts cells from time 0, so that scrolling moves whole cells."""

    first: int = 0
    step: float = 1.0  # seconds in a cell

    def time(self, column: float) -> float:
        """Time at which a column begins."""
        return (self.first + column) * self.step

    def column(self, time: float) -> float:
        """Column of a time, with a fraction."""
        return time / self.step - self.first

    def scrolled(self, cells: int) -> "Window":
        return Window(self.first + cells, self.step)

    def zoomed(self, by: int, column: int) -> "Window":
        """Zoom in by ``by`` steps around a column."""
        at = min(range(len(_STEPS)), key=lambda n: abs(_STEPS[n] - self.step))
        step = _STEPS[max(0, min(len(_STEPS) - 1, at - by))]
        return Window(round(self.time(column) / step) - column, step)

    def following(self, now: float, width: int) -> "Window":
        """Move so that ``now`` is near the right edge; start at time 0 while all fits."""
        ahead = round(width * _AHEAD) + 1
        return Window(max(0, floor(now / self.step) + ahead - width), self.step)


def fitted(start: float, end: float, width: int) -> Window:
    """The window with the finest step that shows all of this time."""
    room = max(1, width - 2)
    step = next((s for s in _STEPS if (end - start) <= s * room), _STEPS[-1])
    return Window(floor(start / step), step)


class Kind(StrEnum):
    """State of an assignment."""

    COMPLETED = "completed"
    TERMINATED = "terminated"
    ACTIVE = "active"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Bar:
    """One assignment, from ``start`` to ``end`` in seconds; None while it is active.

    Bars with the same ``link`` (a task) belong together: an original and its duplicates.
    """

    id: str
    start: float
    end: float | None
    kind: Kind
    duplicate: bool = False
    link: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class GanttRow:
    """A line of the timeline (a slot). ``version`` must change with any of its bars."""

    key: str
    label: str
    version: int = 0
    ink: str = "text"


@dataclass(frozen=True, slots=True)
class TimeMark:
    """A moment across all rows, such as the start of a batch."""

    at: float
    label: str = ""


class GanttSource(Protocol):
    """Data of a timeline, read several times a second: answers must cost what they hold."""

    def rows(self) -> Sequence[GanttRow]:
        """All rows, from top to bottom."""

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """The bars of a row within this time, by start; they do not overlap.

        The times may be infinite. ``end`` is exclusive.
        """

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """All bars of a task, each with the key of its row."""

    def marks(self, start: float, end: float) -> Sequence[TimeMark]:
        """The marks in this time."""

    def span(self) -> tuple[float, float]:
        """Start and end of the data."""


_SAMPLES = 8  # bars looked at in a cell with more of them
_EMPTY = " "


@dataclass(frozen=True, slots=True)
class BarStyle:
    """Colour, body and last cell of a kind; each of them alone identifies it."""

    ink: str
    body: str
    end: str
    ascii_body: str
    ascii_end: str

    def signs(self, glyphs: Glyphs) -> tuple[str, str]:
        if glyphs.braille:
            return self.body, self.end
        return self.ascii_body, self.ascii_end


BAR_STYLES = {
    Kind.COMPLETED: BarStyle("green", "█", "█", "=", "="),
    Kind.TERMINATED: BarStyle("orange", "▒", "\u2573", "/", "x"),
    Kind.ACTIVE: BarStyle("sky", "━", "▶", "-", ">"),
    Kind.ABANDONED: BarStyle("vermilion", "░", "◇", ".", "?"),
    Kind.SKIPPED: BarStyle("purple", "┄", "»", "~", "s"),
    Kind.EXPIRED: BarStyle("yellow", "░", "!", ".", "!"),
}
_DUPLICATE = "+"


@dataclass(frozen=True, slots=True)
class Highlight:
    """The selected bar and its task."""

    bar: str = ""
    link: str = ""


class RowDrawing:
    """Draws bars over given cells, which already hold marks and the current time."""

    def __init__(self, window: Window, now: float, glyphs: Glyphs, highlight: Highlight) -> None:
        self._window, self._now, self._glyphs = window, now, glyphs
        self._highlight = highlight

    def draw(self, bars: Sequence[Bar], chars: list[str], inks: list[str]) -> None:
        """Draw into ``chars`` and ``inks``, which have one entry per cell."""
        if len(bars) > len(chars):
            self._summarise(bars, chars, inks)
            return
        for bar in bars:
            self._bar(bar, chars, inks)

    def _ends(self, bar: Bar) -> tuple[float, float]:
        end = max(bar.start, self._now) if bar.end is None else bar.end
        return self._window.column(bar.start), self._window.column(end)

    def _bar(self, bar: Bar, chars: list[str], inks: list[str]) -> None:
        width = len(chars)
        left, right = self._ends(bar)
        first, last = max(0, floor(left)), min(width, max(floor(left) + 1, ceil(right)))
        if first >= last:
            return
        look = BAR_STYLES[bar.kind]
        ink = self._ink(bar, look)
        body, end = look.signs(self._glyphs)
        chars[first:last] = [body] * (last - first)
        inks[first:last] = [ink] * (last - first)
        if bar.kind is Kind.COMPLETED and self._glyphs.braille:
            self._soften(left, right, chars, inks, ink)
        elif last == ceil(right) and last - first > 1:
            chars[last - 1] = end
        self._inscribe(bar, max(first, ceil(left)), min(last, floor(right)), chars, inks, ink)

    def _soften(
        self, left: float, right: float, chars: list[str], inks: list[str], ink: str
    ) -> None:
        """Draw both ends of a solid bar to an eighth of a cell."""
        eighths, width = self._glyphs.rightward, len(chars)
        first, last = floor(left), ceil(right) - 1
        if first >= last:
            if 0 <= first < width:
                chars[first] = eighths[max(0, min(7, round((right - left) * 8) - 1))]
            return
        part = round((left - first) * 8)
        if 0 <= first < width and part:
            chars[first] = eighths[part - 1]
            inks[first] = f"{ink} reverse" if part < 8 else "text"
            if part == 8:
                chars[first] = _EMPTY
        part = round((right - last) * 8)
        if 0 <= last < width:
            chars[last] = eighths[part - 1] if part else _EMPTY

    def _inscribe(
        self, bar: Bar, first: int, last: int, chars: list[str], inks: list[str], ink: str
    ) -> None:
        """Write the label if it fits with a cell on either side, and the mark of a duplicate."""
        word = _word(bar.label, bar.duplicate, bar.id == self._highlight.bar)
        if len(word) + 2 > last - first:
            word = _DUPLICATE if bar.duplicate else ""
        if not word or last - first < len(word):
            return
        at = first + (1 if last - first > len(word) + 1 else 0)
        solid = bar.kind is Kind.COMPLETED and self._glyphs.braille
        over = on_bar(chars[at], ink, self._glyphs) if solid else f"{ink} bold"
        chars[at : at + len(word)] = word
        inks[at : at + len(word)] = [over] * len(word)

    def _ink(self, bar: Bar, look: BarStyle) -> str:
        if bar.id == self._highlight.bar:
            return "text"
        if bar.link and bar.link == self._highlight.link:
            return f"{look.ink} bold"
        return look.ink

    def _summarise(self, bars: Sequence[Bar], chars: list[str], inks: list[str]) -> None:
        """Draw one glyph per cell: height is the share of time worked, ink the main kind."""
        starts = attrgetter("start")
        low = 0
        for column in range(len(chars)):
            begin, end = self._window.time(column), self._window.time(column + 1)
            high = bisect_left(bars, end, low, key=starts)
            self._summary(bars, max(0, low - 1), high, (begin, end), column, chars, inks)
            low = high

    def _summary(
        self,
        bars: Sequence[Bar],
        low: int,
        high: int,
        cell: tuple[float, float],
        column: int,
        chars: list[str],
        inks: list[str],
    ) -> None:
        stride = max(1, -(-(high - low) // _SAMPLES))
        spent: dict[Kind, float] = {}
        for at in range(low, high, stride):
            bar = bars[at]
            end = self._now if bar.end is None else bar.end
            inside = min(end, cell[1]) - max(bar.start, cell[0])
            if inside > 0:
                spent[bar.kind] = spent.get(bar.kind, 0.0) + inside * stride
        if not spent:
            return
        kind = max(spent, key=lambda kind: spent[kind])
        share = min(1.0, sum(spent.values()) / (cell[1] - cell[0]))
        levels = self._glyphs.upward
        body, _ = BAR_STYLES[kind].signs(self._glyphs)
        plain = kind is Kind.COMPLETED
        chars[column] = levels[max(0, ceil(share * len(levels) - 1e-6) - 1)] if plain else body
        inks[column] = BAR_STYLES[kind].ink


@lru_cache(maxsize=4_096)
def _word(label: str, duplicate: bool, selected: bool) -> str:
    """The text in a bar; a label with wide characters is left out."""
    word = show(label)
    word = (_DUPLICATE if duplicate else "") + (word if len(word) == cell_len(word) else "")
    return f"[{word}]" if selected else word


def on_bar(sign: str, ink: str, glyphs: Glyphs) -> str:
    """The ink of text over this glyph."""
    if " on " in ink:
        return ink
    return f"auto bold on {ink.split()[0]}" if sign == glyphs.rightward[-1] else "text bold"
