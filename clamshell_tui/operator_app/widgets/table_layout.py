"""Layout of tables and pictures: fitting text, sorting rows, writing lines and cells."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from textwrap import wrap
from typing import Generic, Literal, Protocol, Self, TypeAlias, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.style import Glyphs, Palette
from clamshell_tui.text import show

T = TypeVar("T")
Align: TypeAlias = Literal["left", "right", "center"]
Span: TypeAlias = tuple[str, str]
"""A text and its ink."""


# Joiners change the width of neighbouring characters, including blanks and other cells.
_JOINERS = re.compile("[\u200d\ufe0f]")


def clip(text: str, width: int) -> str:
    """``text`` sanitised and clipped to ``width`` cells, without joiners that change neighbours."""
    return show(_JOINERS.sub("", text), max(0, width))


@lru_cache(maxsize=16_384)
def fit(text: str, width: int, align: Align = "left") -> str:
    """``text`` sanitised, clipped or padded to exactly ``width`` cells."""
    shown = clip(text, width)
    missing = width - cell_len(shown)
    if align == "right":
        return " " * missing + shown
    if align == "center":
        return " " * (missing // 2) + shown + " " * (missing - missing // 2)
    return shown + " " * missing


def fit_spans(spans: Iterable[Span], width: int) -> list[Span]:
    """The spans that fit, clipped or padded to ``width`` cells in all."""
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
    fitted = fit_spans(spans, width)
    return Strip([Segment(text, palette.style(ink)) for text, ink in fitted], width)


def strip_of_cells(chars: Sequence[str], inks: Sequence[str], palette: Palette) -> Strip:
    """A line from one glyph and one ink per cell; equal inks share a segment."""
    width = len(chars)
    cuts = [at for at, (one, next_one) in enumerate(pairwise(inks), 1) if one != next_one]
    runs = pairwise([0, *cuts, width]) if width else ()
    style = palette.style
    segments = [Segment("".join(chars[start:end]), style(inks[start])) for start, end in runs]
    return Strip(segments, width)


def centred(lines: Sequence[str], width: int, height: int, palette: Palette) -> list[Strip]:
    """Lines of an empty state, wrapped, in the middle of the widget."""
    wrapped = [part for line in lines for part in _wrapped(line, width, height)]
    blank = Strip([Segment(" " * width, palette.style("text"))], width)
    shown = [
        Strip([Segment(fit(line, width, "center"), palette.style("muted italic"))], width)
        for line in wrapped[:height]
    ]
    above = (height - len(shown)) // 2
    return [blank] * above + shown + [blank] * (height - above - len(shown))


def _wrapped(line: str, width: int, height: int) -> list[str]:
    return wrap(line, max(1, width), max_lines=max(1, height), placeholder="\u2026")


def plain(style: Style, width: int) -> Strip:
    """A blank line."""
    return Strip([Segment(" " * width, style)] if width else [], width)


GAP = 1  # cells between columns
_MARK = "*"  # of a chosen row, as wide as the gap that it replaces


class Comparable(Protocol):
    """A sort key."""

    def __lt__(self, other: Self, /) -> bool: ...


# No slots in what is generic: Column[Row](...) would raise a TypeError on Python 3.11.


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column over rows of type ``T``.

    ``width`` is the preferred width, ``minimum`` the least (``width`` if 0), ``flex`` the share of
    spare cells. Columns that do not fit are dropped, highest ``priority`` first (0 is the most
    important). A column without ``sort`` cannot be sorted by; rows whose key is None go last in
    either direction. ``spans`` draws a cell of several inks in the given width, instead of ``text``
    and ``ink``.
    """

    key: str
    title: str
    text: Callable[[T], str]
    width: int
    minimum: int = 0
    flex: int = 0
    align: Align = "left"
    priority: int = 0
    ink: Callable[[T], str] | None = None
    sort: Callable[[T], Comparable | None] | None = None
    descending: bool = False  # order at the first sort by this column
    spans: Callable[[T, int], Sequence[Span]] | None = None

    @property
    def least(self) -> int:
        """Cells below which the column is dropped."""
        return self.minimum or self.width


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A column with its position."""

    column: Column[T]
    x: int
    width: int


def place(columns: Sequence[Column[T]], width: int) -> list[Placed[T]]:
    """The columns that fit into ``width`` cells, in order; the last one may be clipped."""
    kept = _fitting(columns, width)
    widths = {column.key: column.least for column in kept}
    spare = width - sum(widths.values()) - GAP * (len(kept) - 1)
    for column in sorted(kept, key=lambda column: column.priority):
        more = max(0, min(column.width - column.least, spare))
        widths[column.key] += more
        spare -= more
    _share_out(kept, widths, max(0, spare))
    placed, x = [], 0
    for column in kept:
        placed.append(Placed(column, x, min(widths[column.key], max(0, width - x))))
        x += widths[column.key] + GAP
    return placed


def _fitting(columns: Sequence[Column[T]], width: int) -> list[Column[T]]:
    """Drop the least important columns, the rightmost of equals first; keep at least one."""
    kept = list(columns)
    while len(kept) > 1 and sum(column.least + GAP for column in kept) - GAP > width:
        index = max(range(len(kept)), key=lambda at: (kept[at].priority, at))
        del kept[index]
    return kept


def _share_out(kept: Sequence[Column[T]], widths: dict[str, int], spare: int) -> None:
    flexible = [column for column in kept if column.flex]
    total = sum(column.flex for column in flexible)
    for column in flexible:
        share = spare * column.flex // total
        widths[column.key] += share
        spare -= share
        total -= column.flex


@dataclass(frozen=True, slots=True)
class TableSection:
    """A title line between rows."""

    title: str
    note: str = ""


@dataclass(frozen=True)
class SortOrder(Generic[T]):
    """Sorted by this column; None keeps the order of the rows as given."""

    column: Column[T] | None = None
    descending: bool = False

    def by(self, column: Column[T]) -> "SortOrder[T]":
        """The order after choosing this column; choosing it again reverses the order."""
        if self.column is not None and self.column.key == column.key:
            return SortOrder(column, not self.descending)
        return SortOrder(column, column.descending)


Line: TypeAlias = T | TableSection


def matches(text: str, words: str) -> bool:
    """Whether all ``words`` occur in ``text``, in any order and case."""
    return all(word in text.casefold() for word in words.casefold().split())


def ordered(lines: Iterable[Line[T]], order: SortOrder[T]) -> list[Line[T]]:
    """The lines with the rows of each section sorted (stable)."""
    sort = order.column.sort if order.column is not None else None
    if sort is None:
        return list(lines)
    result: list[Line[T]] = []
    block: list[T] = []
    rows: list[T]
    for line in lines:
        if isinstance(line, TableSection):
            rows = _sorted(block, sort, order.descending)
            result += [*rows, line]
            block = []
        else:
            block.append(line)
    rows = _sorted(block, sort, order.descending)
    return [*result, *rows]


def _sorted(rows: Sequence[T], sort: Callable[[T], Comparable | None], descending: bool) -> list[T]:
    keyed = [(sort(row), row) for row in rows]
    known = [(key, row) for key, row in keyed if key is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + [row for key, row in keyed if key is None]


@dataclass(frozen=True)
class RowCells(Generic[T]):
    """A written row: the spans of each column, exactly as wide as the column."""

    row: T
    cells: tuple[tuple[Span, ...], ...]


class RowPainter(Generic[T]):
    """Writes rows into placed columns."""

    def __init__(
        self,
        placed: Sequence[Placed[T]],
        width: int,
        row_ink: Callable[[T], str] | None,
        palette: Palette,
        glyphs: Glyphs,
    ) -> None:
        self.palette = palette
        self._placed = placed
        self._width = width
        self._row_ink = row_ink
        self._glyphs = glyphs

    def cells(self, row: T) -> RowCells[T]:
        ink = self._row_ink(row) if self._row_ink is not None else "text"
        return RowCells(row, tuple(self._cell(place, row, ink) for place in self._placed))

    def difference(self, old: RowCells[T], new: RowCells[T]) -> tuple[int, int] | None:
        """The range of cells that differ, if any."""
        changed = [
            place
            for place, before, after in zip(self._placed, old.cells, new.cells, strict=True)
            if before != after
        ]
        return (changed[0].x, changed[-1].x + changed[-1].width) if changed else None

    def strip(self, cells: RowCells[T], ground: str = "", *, marked: bool = False) -> Strip:
        """The line, on the background ``ground`` if given, with a mark after its first column."""
        style = self.palette.style
        behind = f" on {ground}" if ground else ""
        gap = Segment(" " * GAP, style(f"text{behind}"))
        segments: list[Segment] = []
        for cell in cells.cells:
            for text, ink in cell:
                segments.append(Segment(text, style(ink if " on " in ink else ink + behind)))
            segments.append(gap)
        if segments:
            segments.pop()
        if marked and len(cells.cells) > 1:
            segments[len(cells.cells[0])] = Segment(_MARK, style(f"accent bold{behind}"))
        return self._filled(segments, f"text{behind}")

    def header(self, order: SortOrder[T]) -> Strip:
        """The titles, with the sort direction at the sorted column."""
        segments: list[Segment] = []
        gap = Segment(" " * GAP, self.palette.style("muted on text/8"))
        for place in self._placed:
            segments += [self._title(place, order), gap]
        if segments:
            segments.pop()
        return self._filled(segments, "muted on text/8")

    def _title(self, place: Placed[T], order: SortOrder[T]) -> Segment:
        column = place.column
        if order.column is None or order.column.key != column.key:
            text = fit(column.title, place.width, column.align)
            return Segment(text, self.palette.style("muted bold on text/8"))
        mark = self._glyphs.descending if order.descending else self._glyphs.ascending
        title = clip(column.title, place.width - 1)
        text = f"{mark}{title}" if column.align == "right" else f"{title}{mark}"
        style = self.palette.style("accent bold on text/8")
        return Segment(fit(text, place.width, column.align), style)

    def _cell(self, place: Placed[T], row: T, row_ink: str) -> tuple[Span, ...]:
        column, width = place.column, place.width
        if column.spans is not None:
            return tuple(fit_spans(column.spans(row, width), width))
        ink = (column.ink(row) if column.ink is not None else "") or row_ink
        return ((fit(column.text(row), width, column.align), ink),) if width else ()

    def _filled(self, segments: list[Segment], ink: str) -> Strip:
        used = sum(place.width for place in self._placed) + GAP * max(0, len(self._placed) - 1)
        if used < self._width:
            segments.append(Segment(" " * (self._width - used), self.palette.style(ink)))
        return Strip(segments, max(used, self._width))


def width_of(spans: Iterable[Span]) -> int:
    """Width in cells if nothing is clipped."""
    return sum(cell_len(show(text)) for text, _ in spans)


_SECOND_HALF = ""  # the cell to the right of a sign that is two cells wide


class Grid:
    """Glyphs and inks by column and row; drawing outside is ignored. Lines keep their width."""

    def __init__(self, width: int, height: int, ink: str = "text") -> None:
        self.width, self.height = width, height
        self._chars = [[" "] * width for _ in range(height)]
        self._inks = [[ink] * width for _ in range(height)]

    def set(self, column: int, row: int, sign: str, ink: str) -> None:
        """Write one glyph, one cell wide."""
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        chars = self._chars[row]
        if chars[column] == _SECOND_HALF:
            chars[column - 1] = " "
        if column + 1 < self.width and chars[column + 1] == _SECOND_HALF:
            chars[column + 1] = " "
        chars[column] = sign
        self._inks[row][column] = ink

    def write(self, column: int, row: int, text: str, ink: str) -> None:
        """Write text, clipped at the edge; characters of no width are dropped."""
        column = max(0, column)
        for char in show(text, max(0, self.width - column)):
            wide = cell_len(char)
            if wide == 0 or column + wide > self.width:
                continue
            self.set(column, row, char, ink)
            if wide == 2:
                self.set(column + 1, row, " ", ink)
                if 0 <= row < self.height:
                    self._chars[row][column + 1] = _SECOND_HALF
            column += wide

    def fill(self, column: int, row: int, count: int, sign: str, ink: str) -> None:
        for at in range(max(0, column), min(self.width, column + count)):
            self.set(at, row, sign, ink)

    def row(self, row: int) -> list[str]:
        return self._chars[row]

    def strips(self, palette: Palette) -> list[Strip]:
        rows = zip(self._chars, self._inks, strict=True)
        return [strip_of_cells(chars, inks, palette) for chars, inks in rows]
