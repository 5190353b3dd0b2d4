"""A table whose rows change constantly; only changed lines and cells are painted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import StyledWidget
from clamshell_tui.operator_app.widgets.style import Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import (
    GAP,
    Column,
    Line,
    Placed,
    RowCells,
    RowPainter,
    SortOrder,
    TableSection,
    centred,
    matches,
    ordered,
    place,
    plain,
    strip_of,
)
from clamshell_tui.text import show

T = TypeVar("T")
_HEADER = 1


class LiveTable(StyledWidget, ScrollView, Generic[T], inherit_bindings=False):
    """Rows of type ``T``, which should be frozen: an equal row is not written again.

    ``key`` identifies a row permanently, and the cursor stays on its row when the order changes.
    ``<`` and ``>`` sort by the next column and ``i`` reverses the order; a click on a title sorts
    by that column, a second one in reverse.
    """

    DEFAULT_CSS = """
    LiveTable {
        width: 1fr; height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1;
    }
    """
    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.pageup"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.pagedown"),
        Binding("home", "move(-1000000000)", "First", show=False, id="table.first"),
        Binding("end", "move(1000000000)", "Last", show=False, id="table.last"),
        Binding("enter", "choose", "Open", show=False, id="table.open"),
        Binding("less_than_sign", "sort_next(-1)", "Sort", show=False, id="table.sort_left"),
        Binding(
            "greater_than_sign", "sort_next(1)", "Sort", key_display="< >", id="table.sort_right"
        ),
        Binding("i", "turn_round", "Turn round", show=False, id="table.turn"),
    ]

    class Highlighted(Message):
        """The cursor moved to another row; None if there is no row."""

        def __init__(self, table: StyledWidget, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> StyledWidget:
            return self.table

    class Selected(Highlighted):
        """A row was opened with Enter or a click."""

    class Sorted(Message):
        """The order of the rows changed; None is the order as given."""

        def __init__(self, table: StyledWidget, column: str | None, descending: bool) -> None:
            super().__init__()
            self.table = table
            self.column = column
            self.descending = descending

        @property
        def control(self) -> StyledWidget:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column[T]],
        key: Callable[[T], str],
        *,
        empty: str = "",
        row_ink: Callable[[T], str] | None = None,
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, glyphs=glyphs, id=id, classes=classes)
        self._columns = tuple(columns)
        self._key = key
        self._row_ink = row_ink
        self._given: tuple[Line[T], ...] = ()
        self._words = ""  # that the rows were chosen by
        self._lines: list[Line[T]] = []
        self._order: SortOrder[T] = SortOrder()
        self._cursor: str | None = None
        self._painted: dict[str, RowCells[T]] = {}
        self._painter: RowPainter[T] | None = None
        self._painted_for = 0
        self._marked: frozenset[str] = frozenset()

    def set_columns(self, columns: Sequence[Column[T]]) -> None:
        """Show other columns from now on."""
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._painted.clear()
            self._painter = None
            self.refresh()

    @property
    def marked(self) -> frozenset[str]:
        """Keys of the rows that are marked; gone rows keep their mark until they come back."""
        return self._marked

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows, and no others."""
        if frozenset(keys) != self._marked:
            self._marked = frozenset(keys)
            self.refresh()

    def action_mark(self) -> None:
        """Mark the row under the cursor, or remove its mark, and go to the next one."""
        if self._cursor is not None:
            self.mark(self._marked ^ {self._cursor})
            self.action_move(1)

    @property
    def cursor(self) -> str | None:
        return self._cursor

    @property
    def order(self) -> tuple[str | None, bool]:
        """The key of the sorted column, and True if it is descending."""
        column = self._order.column
        return (column.key if column is not None else None, self._order.descending)

    def update(self, lines: Iterable[Line[T]], words: str = "") -> None:
        """Show these rows, with a :class:`TableSection` before each titled group.

        With ``words``, only rows in whose columns all of them occur.
        """
        self._given = tuple(self._matching(lines, words) if words else lines)
        if words != self._words:
            self._words = words
            self.refresh()  # also without a row before and after
        self._arrange()

    def sort(self, column: str | None, *, descending: bool = False) -> None:
        """Sort by the column of this key; None restores the order as given."""
        self._sort_by(SortOrder(self._column(column) if column is not None else None, descending))

    def move_cursor(self, key: str) -> None:
        """Move the cursor to this row, if present, and scroll to it."""
        if key in self.keys:
            self._put_cursor(key)

    def action_move(self, by: int) -> None:
        if keys := self.keys:
            at = keys.index(self._cursor) if self._cursor in keys else 0
            self._put_cursor(keys[max(0, min(len(keys) - 1, at + by))])

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(1, self.size.height - _HEADER - 1))

    def action_choose(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Selected(self, self._cursor))

    def action_sort_at(self, number: int) -> None:
        placed = self._placed()
        if number == 0:
            self._sort_by(SortOrder())
        elif number <= len(placed) and placed[number - 1].column.sort is not None:
            self._sort_by(self._order.by(placed[number - 1].column))

    def action_turn_round(self) -> None:
        if self._order.column is not None:
            self._sort_by(self._order.by(self._order.column))

    def action_sort_next(self, by: int) -> None:
        columns = [place.column for place in self._placed() if place.column.sort is not None]
        if columns:
            keys = [column.key for column in columns]
            now = self._order.column
            at = keys.index(now.key) + by if now is not None and now.key in keys else min(0, by)
            column = columns[at % len(columns)]
            self._sort_by(SortOrder(column, column.descending))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < _HEADER:
            for number, place in enumerate(self._placed(), start=1):
                if place.x <= offset.x < place.x + place.width + GAP:
                    self.action_sort_at(number)
            return
        line = self._line_at(offset.y)
        if line is not None and not isinstance(line, TableSection):
            self._put_cursor(self._key(line))
            self.action_choose()

    def on_focus(self) -> None:
        self._paint_cursor()

    def on_blur(self) -> None:
        self._paint_cursor()

    def on_resize(self) -> None:
        self._fit_scrolling()

    def forget(self) -> None:
        self._painted.clear()
        self._painter = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Prepare the painter once per frame, not once per line."""
        self._prepare()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        painter = self._prepare()
        if y < _HEADER:
            return painter.header(self._order)
        if not self._lines:
            return self._nothing(y - _HEADER, painter.palette)
        line = self._line_at(y)
        if line is None:
            return plain(painter.palette.style("text"), self._room.width)
        if isinstance(line, TableSection):
            return self._section(line, painter.palette)
        key = self._key(line)
        cells = self._painted.get(key)
        if cells is None or (cells.row is not line and cells.row != line):
            cells = self._painted[key] = painter.cells(line)
        ground = self._cursor_ink() if key == self._cursor else ""
        return painter.strip(cells, ground, marked=key in self._marked)

    def _prepare(self) -> RowPainter[T]:
        palette = self.palette
        if self._painter is None or self._painted_for != self._room.width:
            self._painted.clear()
            self._painted_for = self._room.width
            self._painter = RowPainter(
                self._placed(), self._room.width, self._row_ink, palette, self.glyphs
            )
        return self._painter

    @property
    def _room(self) -> Size:
        """The size without the scrollbar."""
        return self.scrollable_content_region.size

    def _placed(self) -> list[Placed[T]]:
        return place(self._columns, self._room.width)

    def _column(self, key: str) -> Column[T]:
        return next(column for column in self._columns if column.key == key)

    @property
    def keys(self) -> list[str]:
        """Keys of the rows shown, from top to bottom."""
        return [self._key(line) for line in self._lines if not isinstance(line, TableSection)]

    def _arrange(self) -> None:
        """Sort the rows and refresh the visible lines that changed."""
        before, self._lines = self._lines, ordered(self._given, self._order)
        keys = self.keys
        self._painted = {key: self._painted[key] for key in keys if key in self._painted}
        if self._cursor not in keys:
            self._cursor = keys[0] if keys else None
            self.post_message(self.Highlighted(self, self._cursor))
        if len(before) != len(self._lines):
            self._fit_scrolling()
        if not before and not self._lines:
            return
        if not before or not self._lines:
            self.refresh()
        else:
            self._refresh_changed(before)

    def _refresh_changed(self, before: Sequence[Line[T]]) -> None:
        top, width = self.scroll_offset.y, self.size.width
        regions: list[Region] = []
        for y in range(_HEADER, self.size.height):
            at = top + y - _HEADER
            old = before[at] if at < len(before) else None
            new = self._lines[at] if at < len(self._lines) else None
            if old is new or old == new:
                continue
            span = self._changed_cells(old, new)
            if span is not None:
                regions.append(Region(span[0], y, min(width, span[1]) - span[0], 1))
        if regions:
            self.refresh(*regions)

    def _changed_cells(self, old: Line[T] | None, new: Line[T] | None) -> tuple[int, int] | None:
        """The cells of a line that differ; None if the rows look the same."""
        whole = (0, self.size.width)
        if (
            old is None
            or new is None
            or isinstance(old, TableSection)
            or isinstance(new, TableSection)
        ):
            return whole
        key = self._key(new)
        cells = self._painted.get(key)
        if key != self._key(old) or cells is None or self._painter is None:
            return whole
        fresh = self._painter.cells(new)
        self._painted[key] = fresh
        return self._painter.difference(cells, fresh)

    def _matching(self, lines: Iterable[Line[T]], words: str) -> Iterator[Line[T]]:
        """The rows with all ``words``, and the titles of their sections."""
        title: TableSection | None = None
        for line in lines:
            if isinstance(line, TableSection):
                title = line
            elif matches(" ".join([column.text(line) for column in self._columns]), words):
                if title is not None:
                    yield title
                    title = None
                yield line

    def _fit_scrolling(self) -> None:
        self.virtual_size = Size(self._room.width, len(self._lines) + _HEADER)

    def _line_at(self, y: int) -> Line[T] | None:
        at = self.scroll_offset.y + y - _HEADER
        return self._lines[at] if 0 <= at < len(self._lines) else None

    def _sort_by(self, order: SortOrder[T]) -> None:
        self._order = order
        self._arrange()
        self.refresh(Region(0, 0, self.size.width, _HEADER))
        self.post_message(self.Sorted(self, *self.order))

    def _put_cursor(self, key: str) -> None:
        if key != self._cursor:
            self._paint_cursor()
            self._cursor = key
            self._paint_cursor()
            self.post_message(self.Highlighted(self, key))
        self._scroll_to_cursor()

    def _cursor_ink(self) -> str:
        return "accent/35" if self.has_focus else "text/12"

    def _cursor_line(self) -> int | None:
        for at, line in enumerate(self._lines):
            if not isinstance(line, TableSection) and self._key(line) == self._cursor:
                return at
        return None

    def _paint_cursor(self) -> None:
        at = self._cursor_line()
        y = at - self.scroll_offset.y + _HEADER if at is not None else 0
        if _HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        at, top = self._cursor_line(), self.scroll_offset.y
        room = max(1, self.size.height - _HEADER)
        if at is not None and not top <= at < top + room:
            self.scroll_to(y=at if at < top else at - room + 1, animate=False)

    def _section(self, section: TableSection, palette: Palette) -> Strip:
        line = self.glyphs.line
        note = f" {self.glyphs.dot} {section.note}" if section.note else ""
        width = self._room.width
        words = show(section.title + note, max(0, width - 4))
        rule = line * max(0, width - 4 - cell_len(words))
        spans = [(line * 2, "faint"), (f" {words} ", "muted bold"), (rule, "faint")]
        return strip_of(spans, width, palette)

    def _nothing(self, y: int, palette: Palette) -> Strip:
        room = max(1, self.size.height - _HEADER)
        told = f"nothing has: {show(self._words)}" if self._words else self.empty
        return centred([told], self._room.width, room, palette)[min(y, room - 1)]
