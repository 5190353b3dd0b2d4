"""One line of a table: its cells, and the strip that they make.

The columns of a table, and which of them fit where.

The order of a table's rows: within sections, by a column, the unknown last.

Text of any kind, made exactly as wide as its place.

Small things about inked texts.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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


GAP = 1  # cells between columns


class Comparable(Protocol):
    """What sorts among its like."""

    def __lt__(self, other: Self, /) -> bool: ...


# No slots in what is generic: Column[Row](...) would raise a TypeError on Python 3.11.


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column over rows of type ``T``.

    ``width`` is what it likes to have, ``minimum`` what it can do with (``width``, if 0), ``flex``
    its share of what is left over. Where not all fit, those of the highest ``priority`` go first
    (the most important has 0). A column without ``sort`` cannot be sorted by; rows whose sort key
    is None stand last, whichever way. ``spans`` draws a cell of several inks, in so many cells,
    instead of ``text`` and ``ink``.
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
    descending: bool = False  # the first time that it is sorted by
    spans: Callable[[T, int], Sequence[Span]] | None = None

    @property
    def least(self) -> int:
        """Cells below which it goes."""
        return self.minimum or self.width


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A column where it stands."""

    column: Column[T]
    x: int
    width: int


def place(columns: Sequence[Column[T]], width: int) -> list[Placed[T]]:
    """The columns that fit into ``width`` cells, in their order; the last one may be clipped."""
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
    """The least important go, the rightmost of equals first; one always stays."""
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
    """A line between rows, which says what follows."""

    title: str
    note: str = ""


@dataclass(frozen=True)
class SortOrder(Generic[T]):
    """Sorted by this column; None is the order in which the rows came."""

    column: Column[T] | None = None
    descending: bool = False

    def by(self, column: Column[T]) -> "SortOrder[T]":
        """The order after this column was chosen: once more turns it round."""
        if self.column is not None and self.column.key == column.key:
            return SortOrder(column, not self.descending)
        return SortOrder(column, column.descending)


Line: TypeAlias = T | TableSection


def ordered(lines: Iterable[Line[T]], order: SortOrder[T]) -> list[Line[T]]:
    """The lines with the rows of each section sorted; equal rows keep their order."""
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
    """A row as it is written: for each column its texts, together as wide as the column."""

    row: T
    cells: tuple[tuple[Span, ...], ...]


class RowPainter(Generic[T]):
    """Writes rows into the columns that fit a width."""

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
        """What stands in each column."""
        ink = self._row_ink(row) if self._row_ink is not None else "text"
        return RowCells(row, tuple(self._cell(place, row, ink) for place in self._placed))

    def difference(self, old: RowCells[T], new: RowCells[T]) -> tuple[int, int] | None:
        """The first cell that differs and the one after the last, if any does."""
        changed = [
            place
            for place, before, after in zip(self._placed, old.cells, new.cells, strict=True)
            if before != after
        ]
        return (changed[0].x, changed[-1].x + changed[-1].width) if changed else None

    def strip(self, cells: RowCells[T], ground: str = "") -> Strip:
        """The line, on ``ground`` if it is not the widget's own."""
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
        return self._filled(segments, f"text{behind}")

    def header(self, order: SortOrder[T]) -> Strip:
        """The titles; the one that is sorted by says so, and which way."""
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
    """Cells that these take when nothing is clipped."""
    return sum(cell_len(show(text)) for text, _ in spans)
