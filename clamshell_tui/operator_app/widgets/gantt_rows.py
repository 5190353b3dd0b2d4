"""One row of a timeline, as signs and inks: single bars, or a summary where they are too many.

What a timeline asks of whoever has the data, so that nothing needs to be copied for it.

Which part of a timeline is seen: from when, and how much time a cell is.

A timeline's bars in memory, by row and by link, found by bisection.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
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
    """``first`` counts cells from time 0, so that scrolling never moves things within a cell."""

    first: int = 0
    step: float = 1.0  # seconds in a cell

    def time(self, column: float) -> float:
        """When a column begins."""
        return (self.first + column) * self.step

    def column(self, time: float) -> float:
        """Where a time lies; within a cell it is a fraction."""
        return time / self.step - self.first

    def scrolled(self, cells: int) -> "Window":
        """So many cells later."""
        return Window(self.first + cells, self.step)

    def zoomed(self, by: int, column: int) -> "Window":
        """``by`` steps further in; what is in this column stays there."""
        at = min(range(len(_STEPS)), key=lambda n: abs(_STEPS[n] - self.step))
        step = _STEPS[max(0, min(len(_STEPS) - 1, at - by))]
        return Window(round(self.time(column) / step) - column, step)

    def following(self, now: float, width: int) -> "Window":
        """With now near the right edge; nothing before time 0 as long as all fits."""
        ahead = round(width * _AHEAD) + 1
        return Window(max(0, floor(now / self.step) + ahead - width), self.step)


def fitted(start: float, end: float, width: int) -> Window:
    """The finest step that shows this much time in so many cells."""
    room = max(1, width - 2)
    step = next((s for s in _STEPS if (end - start) <= s * room), _STEPS[-1])
    return Window(floor(start / step), step)


class Kind(StrEnum):
    """How a piece of work went."""

    COMPLETED = "completed"
    TERMINATED = "terminated"
    ACTIVE = "active"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of work, from ``start`` to ``end`` in seconds; None goes on until now.

    Bars of the same ``link`` (a task) belong together: a ``duplicate`` and its original.
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
    """A line of the timeline (a slot). ``version`` must change whenever one of its bars does."""

    key: str
    label: str
    version: int = 0
    ink: str = "text"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that concerns every row, such as the beginning of a batch."""

    at: float
    label: str = ""


class GanttSource(Protocol):
    """Read a few times a second, so each answer should cost no more than what it holds."""

    def rows(self) -> Sequence[GanttRow]:
        """All rows, from top to bottom."""

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """The bars of a row that touch this time, by start; those of one row do not overlap.

        The times may be infinite, and a bar that touches ``end`` only is not in it.
        """

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """All bars of a task, each with the key of its row."""

    def marks(self, start: float, end: float) -> Sequence[Mark]:
        """The marks in this time."""

    def span(self) -> tuple[float, float]:
        """From when to when there is anything."""


_SAMPLES = 8  # bars looked at in a cell with more of them
_EMPTY = " "


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind is drawn: colour, body and last cell all differ, so that one of them suffices."""

    ink: str
    body: str
    end: str
    ascii_body: str
    ascii_end: str

    def signs(self, glyphs: Glyphs) -> tuple[str, str]:
        """Body and end."""
        if glyphs.braille:
            return self.body, self.end
        return self.ascii_body, self.ascii_end


LOOKS = {
    Kind.COMPLETED: Look("green", "█", "█", "=", "="),
    Kind.TERMINATED: Look("orange", "▒", "\u2573", "/", "x"),
    Kind.ACTIVE: Look("sky", "━", "▶", "-", ">"),
    Kind.ABANDONED: Look("vermilion", "░", "◇", ".", "?"),
    Kind.SKIPPED: Look("purple", "┄", "»", "~", "s"),
    Kind.EXPIRED: Look("yellow", "░", "!", ".", "!"),
}
_DUPLICATE = "+"


@dataclass(frozen=True, slots=True)
class Highlight:
    """The selected bar, and the task that it belongs to."""

    bar: str = ""
    link: str = ""


class RowDrawing:
    """Draws bars over a ground of signs and inks that is given (marks, now)."""

    def __init__(self, window: Window, now: float, glyphs: Glyphs, highlight: Highlight) -> None:
        self._window, self._now, self._glyphs = window, now, glyphs
        self._highlight = highlight

    def draw(self, bars: Sequence[Bar], chars: list[str], inks: list[str]) -> None:
        """Change ``chars`` and ``inks``, one entry for each cell of the row, in place."""
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
        look = LOOKS[bar.kind]
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
        """Eighths of a cell at both ends of a solid bar."""
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
        """A word, where there is room for it with a cell on either side; duplicates say so."""
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

    def _ink(self, bar: Bar, look: Look) -> str:
        if bar.id == self._highlight.bar:
            return "text"
        if bar.link and bar.link == self._highlight.link:
            return f"{look.ink} bold"
        return look.ink

    def _summarise(self, bars: Sequence[Bar], chars: list[str], inks: list[str]) -> None:
        """A cell says how much of its time was work (height), and what most of it was (ink)."""
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
        body, _ = LOOKS[kind].signs(self._glyphs)
        plain = kind is Kind.COMPLETED
        chars[column] = levels[max(0, ceil(share * len(levels) - 1e-6) - 1)] if plain else body
        inks[column] = LOOKS[kind].ink


@lru_cache(maxsize=4_096)
def _word(label: str, duplicate: bool, selected: bool) -> str:
    """What stands in a bar, of signs of one cell each; a label with others is left out."""
    word = show(label)
    word = (_DUPLICATE if duplicate else "") + (word if len(word) == cell_len(word) else "")
    return f"[{word}]" if selected else word


def on_bar(sign: str, ink: str, glyphs: Glyphs) -> str:
    """The ink of something that is written over this sign."""
    if " on " in ink:
        return ink
    return f"auto bold on {ink.split()[0]}" if sign == glyphs.rightward[-1] else "text bold"


class BarIndex:
    """A :class:`GanttSource` to which bars are added as they begin, and given anew as they end.

    The bars of a row come in the order of their start; ValueError otherwise.
    """

    def __init__(self) -> None:
        self._rows: dict[str, GanttRow] = {}
        self._starts: dict[str, list[float]] = {}
        self._bars: dict[str, list[Bar]] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._links: defaultdict[str, list[str]] = defaultdict(list)
        self._marks: list[Mark] = []
        self._first = self._last = 0.0

    def row(self, key: str, label: str, ink: str = "text") -> None:
        """Add a row at the bottom, or call it something else."""
        version = self._rows[key].version + 1 if key in self._rows else 0
        self._rows[key] = GanttRow(key, label, version, ink)
        self._starts.setdefault(key, [])
        self._bars.setdefault(key, [])

    def mark(self, mark: Mark) -> None:
        """Marks come in the order of time."""
        self._marks.append(mark)

    def put(self, row: str, bar: Bar) -> None:
        """A new bar, or what became of one."""
        if bar.id in self._places:
            row, at = self._places[bar.id]
            self._bars[row][at] = bar
        else:
            self._append(row, bar)
        old = self._rows[row]
        self._rows[row] = GanttRow(row, old.label, old.version + 1, old.ink)
        self._last = max(self._last, bar.start if bar.end is None else bar.end)

    def rows(self) -> Sequence[GanttRow]:
        """In the order in which they were added."""
        return list(self._rows.values())

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """See :class:`GanttSource`; as bars do not overlap, their ends are in order too."""
        starts, bars = self._starts[row], self._bars[row]
        low = bisect_right(starts, start)
        while low > 0 and _reaches(bars[low - 1], start):
            low -= 1
        return bars[low : bisect_left(starts, end)]

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """The original first."""
        places = (self._places[bar] for bar in self._links.get(link, ()))
        return [(row, self._bars[row][at]) for row, at in places]

    def marks(self, start: float, end: float) -> Sequence[Mark]:
        """Between these times."""
        low = bisect_left(self._marks, start, key=lambda mark: mark.at)
        return self._marks[low : bisect_right(self._marks, end, key=lambda mark: mark.at)]

    def span(self) -> tuple[float, float]:
        """From the first start to the last start or end."""
        return (self._first, self._last)

    def _append(self, row: str, bar: Bar) -> None:
        starts = self._starts[row]
        if starts and bar.start < starts[-1]:
            raise ValueError(f"bar {bar.id} of row {row} begins before the one before it")
        if not self._places:
            self._first = self._last = bar.start
        self._first = min(self._first, bar.start)
        self._places[bar.id] = (row, len(starts))
        starts.append(bar.start)
        self._bars[row].append(bar)
        if bar.link:
            self._links[bar.link].append(bar.id)


def _reaches(bar: Bar, time: float) -> bool:
    return bar.end is None or bar.end > time
