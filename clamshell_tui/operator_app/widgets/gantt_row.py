"""One row of a timeline, as signs and inks: single bars, or a summary where they are too many."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from operator import attrgetter

from rich.cells import cell_len

from clamshell_tui.operator_app.widgets.gantt_source import Bar, Kind
from clamshell_tui.operator_app.widgets.gantt_window import Window
from clamshell_tui.operator_app.widgets.glyphs import Glyphs
from clamshell_tui.text import show

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
