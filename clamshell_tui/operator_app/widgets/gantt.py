"""The timeline (CLAMShell, figure 13): a row for each slot, a bar for each assignment."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.gantt_picture import (
    GanttPicture,
    GanttView,
    body_rows,
    label_width,
)
from clamshell_tui.operator_app.widgets.gantt_rows import (
    Bar,
    GanttRow,
    GanttSource,
    Highlight,
    Window,
    fitted,
)
from clamshell_tui.operator_app.widgets.line_widget import LineWidget, StyledWidget
from clamshell_tui.operator_app.widgets.style import Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import centred

_WHEEL_ROWS = 3


class Gantt(LineWidget):
    """Bars over time, scrolled and zoomed; one of them can be selected.

    The arrow keys select (left and right along the row, up and down the nearest in time) and scroll
    with shift; ``+`` and ``-`` (or the wheel with ctrl) zoom, ``f`` follows the current time, ``a``
    shows all. The duplicates of a selected task are joined to their original.
    """

    DEFAULT_CSS = "Gantt { width: 1fr; height: 1fr; }"
    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "select_along(-1)", "Earlier", show=False, id="gantt.left"),
        Binding("right", "select_along(1)", "Later", show=False, id="gantt.right"),
        Binding("up", "select_across(-1)", "Above", show=False, id="gantt.up"),
        Binding("down", "select_across(1)", "Below", show=False, id="gantt.down"),
        Binding("escape", "select_none", "Deselect", show=False, id="gantt.none"),
        Binding("shift+left", "scroll_time(-8)", "Back", show=False, id="gantt.back"),
        Binding("shift+right", "scroll_time(8)", "On", show=False, id="gantt.on"),
        Binding("shift+up", "scroll_rows(-1)", "Rows up", show=False, id="gantt.rows_up"),
        Binding("shift+down", "scroll_rows(1)", "Rows down", show=False, id="gantt.rows_down"),
        Binding("pageup", "page(-1)", "Page back", show=False, id="gantt.pageup"),
        Binding("pagedown", "page(1)", "Page on", show=False, id="gantt.pagedown"),
        Binding("home", "edge(0)", "Beginning", show=False, id="gantt.home"),
        Binding("end", "follow(True)", "Now", show=False, id="gantt.end"),
        Binding("plus", "zoom(1)", "Zoom", key_display="+ -", id="gantt.zoom_in"),
        Binding("equals_sign", "zoom(1)", "Zoom in", show=False, id="gantt.zoom_in_too"),
        Binding("minus", "zoom(-1)", "Zoom out", show=False, id="gantt.zoom_out"),
        Binding("f", "follow", "Follow", id="gantt.follow"),
        Binding("a", "fit", "All", id="gantt.fit"),
    ]

    class Selected(Message):
        """Another bar was selected; both are None if none is."""

        def __init__(self, gantt: StyledWidget, row: str | None, bar: str | None) -> None:
            super().__init__()
            self.gantt = gantt
            self.row = row
            self.bar = bar

        @property
        def control(self) -> StyledWidget:
            return self.gantt

    def __init__(
        self,
        *,
        step: float = 1.0,
        legend: bool = True,
        empty: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, glyphs=glyphs, id=id, classes=classes)
        self._source: GanttSource | None = None
        self._view = GanttView(Window(0, step), legend=legend)
        self._follow = True
        self._chosen: tuple[str, Bar] | None = None
        self._picture: GanttPicture | None = None

    @property
    def follows(self) -> bool:
        return self._follow

    @property
    def window(self) -> Window:
        return self._view.window

    @property
    def selected(self) -> Bar | None:
        return self._chosen[1] if self._chosen is not None else None

    def update(self, source: GanttSource, now: float) -> None:
        """Show the source at ``now``, in seconds."""
        if source is not self._source:
            self._picture = None
        self._source = source
        self._view = replace(self._view, now=now)
        if self._follow:
            self._view = replace(self._view, window=self.window.following(now, self._width()))
        self._renew_chosen()
        self.redraw()

    def select(self, row: str, bar: Bar) -> None:
        """Select a bar and scroll to it."""
        self._choose(row, bar)
        self._reveal(row, bar)

    def show_window(self, window: Window) -> None:
        """Show this time and stop following."""
        self._follow = False
        self._look(window)

    def action_select_none(self) -> None:
        if self._chosen is not None:
            self._chosen = None
            self._mark_chosen()
            self.post_message(self.Selected(self, None, None))

    def action_select_along(self, by: int) -> None:
        if self._source is None:
            return
        if self._chosen is None:
            self._choose_first()
            return
        row, bar = self._chosen
        if by > 0:
            later = self._source.bars(row, bar.start, inf)
            found = next((one for one in later if one.start > bar.start), None)
        else:
            earlier = self._source.bars(row, -inf, bar.start)
            found = earlier[-1] if earlier else None
        if found is not None:
            self.select(row, found)

    def action_select_across(self, by: int) -> None:
        if self._chosen is None:
            self._choose_first()
            return
        row, bar = self._chosen
        keys = [one.key for one in self._rows()]
        at = keys.index(row) + by if row in keys else 0
        while 0 <= at < len(keys):
            found = self._nearest(keys[at], bar.start)
            if found is not None:
                self.select(keys[at], found)
                return
            at += by

    def action_scroll_time(self, cells: int) -> None:
        self._follow = False
        self._look(self.window.scrolled(cells))

    def action_scroll_rows(self, by: int) -> None:
        top = max(0, min(len(self._rows()) - self._seen(), self._view.top + by))
        if top != self._view.top:
            self._view = replace(self._view, top=top)
            self.redraw()

    def action_page(self, direction: int) -> None:
        self.action_scroll_time(direction * max(1, self._width() * 3 // 4))

    def action_edge(self, _: int) -> None:
        start = self._source.span()[0] if self._source is not None else 0.0
        self.show_window(Window(int(start // self.window.step), self.window.step))

    def action_zoom(self, by: int, column: int | None = None) -> None:
        if column is None:
            column = self._focus_column()
        window = self.window.zoomed(by, column)
        if self._follow:
            window = window.following(self._view.now, self._width())
        self._look(window)

    def action_follow(self, on: bool | None = None) -> None:
        self._follow = not self._follow if on is None else on
        if self._follow:
            self._look(self.window.following(self._view.now, self._width()))

    def action_fit(self) -> None:
        if self._source is not None:
            start, end = self._source.span()
            self.show_window(fitted(start, max(end, start), self._width()))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._picture is None or self._source is None:
            return
        row = self._picture.row_at(offset.y)
        column = offset.x - self._picture.labels
        if row is None or not 0 <= column < self._picture.width:
            return
        bars = self._source.bars(row.key, self.window.time(column), self.window.time(column + 1))
        if bars:
            self.select(row.key, bars[-1])
        else:
            self.action_select_none()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self.action_scroll_time(-4)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self.action_scroll_time(4)

    def on_resize(self) -> None:
        if self._follow:
            window = self.window.following(self._view.now, self._width())
            self._view = replace(self._view, window=window)

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        rows = self._rows()
        if self._source is None or not rows:
            return centred([self.empty], width, height, palette)
        seen = body_rows(height, self._view.legend)
        top = max(0, min(self._view.top, len(rows) - seen))
        self._view = replace(self._view, top=top)
        before, self._picture = (
            self._picture,
            GanttPicture(self._source, rows, self._view, (width, height), self.glyphs),
        )
        return self._picture.strips(palette, before)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        if event.ctrl:
            column = event.x - (self._picture.labels if self._picture is not None else 0)
            self.action_zoom(-by, max(0, min(self._width() - 1, column)))
        elif event.shift or len(self._rows()) <= self._seen():
            self.action_scroll_time(4 * by)
        else:
            self.action_scroll_rows(_WHEEL_ROWS * by)

    def _rows(self) -> Sequence[GanttRow]:
        return self._source.rows() if self._source is not None else ()

    def _width(self) -> int:
        labels = label_width(self._rows(), self.size.width)
        return max(1, self.size.width - labels - (len(self._rows()) > self._seen()))

    def _seen(self) -> int:
        return body_rows(self.size.height, self._view.legend)

    def _look(self, window: Window) -> None:
        if window != self.window:
            self._view = replace(self._view, window=window)
            self.redraw()

    def _focus_column(self) -> int:
        width = self._width()
        if self._chosen is not None:
            at = int(self.window.column(self._chosen[1].start))
            if 0 <= at < width:
                return at
        return width // 2

    def _choose(self, row: str, bar: Bar) -> None:
        changed = self._chosen is None or self._chosen[1].id != bar.id
        self._chosen = (row, bar)
        self._mark_chosen()
        if changed:
            self.post_message(self.Selected(self, row, bar.id))

    def _mark_chosen(self) -> None:
        chosen = self._chosen
        highlight = Highlight(chosen[1].id, chosen[1].link) if chosen is not None else Highlight()
        row = chosen[0] if chosen is not None else ""
        self._view = replace(self._view, highlight=highlight, row=row)
        self.redraw()

    def _renew_chosen(self) -> None:
        """Replace the selected bar by its current version."""
        if self._chosen is not None and self._source is not None:
            row, old = self._chosen
            bars = self._source.bars(row, old.start, old.start + 1e-6)
            self._chosen = next(((row, bar) for bar in bars if bar.id == old.id), self._chosen)

    def _choose_first(self) -> None:
        """Select the last visible bar of the first row that has one."""
        for row in self._rows()[self._view.top : self._view.top + self._seen()]:
            found = self._nearest(row.key, self.window.time(self._width()))
            if found is not None:
                self.select(row.key, found)
                return

    def _nearest(self, row: str, time: float) -> Bar | None:
        if self._source is None:
            return None
        window = self.window
        bars = self._source.bars(row, window.time(0), window.time(self._width()))
        return min(bars, key=lambda bar: abs(bar.start - time), default=None)

    def _reveal(self, row: str, bar: Bar) -> None:
        if not self.size.width:
            return
        at = next((n for n, one in enumerate(self._rows()) if one.key == row), 0)
        seen = self._seen()
        top = min(at, max(self._view.top, at - seen + 1))
        column, width = self.window.column(bar.start), self._width()
        window = self.window
        if not 0 <= column < width:
            self._follow = False
            window = window.scrolled(int(column) - width // 3)
        if top != self._view.top or window != self.window:
            self._view = replace(self._view, top=top, window=window)
            self.redraw()
