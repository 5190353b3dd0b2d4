"""One line of a table: its cells, and the strip that they make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.segment import Segment
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.columns import GAP, Placed
from clamshell_tui.operator_app.widgets.fitting import Span, clip, fit, fit_spans
from clamshell_tui.operator_app.widgets.glyphs import Glyphs
from clamshell_tui.operator_app.widgets.ordering import Order
from clamshell_tui.operator_app.widgets.palette import Palette

T = TypeVar("T")


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

    def header(self, order: Order[T]) -> Strip:
        """The titles; the one that is sorted by says so, and which way."""
        segments: list[Segment] = []
        gap = Segment(" " * GAP, self.palette.style("muted on text/8"))
        for place in self._placed:
            segments += [self._title(place, order), gap]
        if segments:
            segments.pop()
        return self._filled(segments, "muted on text/8")

    def _title(self, place: Placed[T], order: Order[T]) -> Segment:
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
