"""Drawing of a whole timeline: marks, rows with labels, time axis and legend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.gantt_rows import (
    BAR_STYLES,
    GanttRow,
    GanttSource,
    Highlight,
    Kind,
    RowDrawing,
    Window,
    on_bar,
)
from clamshell_tui.operator_app.widgets.style import Glyphs, Palette, clock, time_step
from clamshell_tui.operator_app.widgets.table_layout import Grid, fit, strip_of, strip_of_cells
from clamshell_tui.text import show

_ABOVE, _BELOW = 1, 1
_LOWEST = 4  # lines, for marks and time; less shows rows only
_LOWEST_LEGEND = 12
_LABELS = 16  # cells at most
_CELLS_PER_TICK = 12

Joint: TypeAlias = tuple[int, str]
"""A column and a glyph of the line that joins two bars."""


@dataclass(frozen=True, slots=True)
class GanttView:
    """Visible part and selection of a timeline."""

    window: Window
    now: float = 0.0
    top: int = 0  # the first row that is seen
    highlight: Highlight = field(default_factory=Highlight)
    row: str = ""  # whose bar is selected
    legend: bool = True


def body_rows(height: int, legend: bool) -> int:
    """Rows visible in ``height`` lines."""
    if height < _LOWEST:
        return max(1, height)
    return height - _ABOVE - _BELOW - (legend and height >= _LOWEST_LEGEND)


def label_width(rows: Sequence[GanttRow], width: int) -> int:
    """Cells for the labels and the blank after them; 0 if the widget is narrow."""
    longest = max((cell_len(show(row.label)) for row in rows), default=0)
    wanted = min(_LABELS, longest, width // 4)
    return wanted + 1 if wanted > 1 else 0


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cached cells of a row, and the inputs that they were drawn from."""

    made_for: tuple[object, ...]
    moment: int | None  # None when nothing in it goes on
    chars: list[str]
    inks: list[str]

    def holds(self, made_for: tuple[object, ...], moment: int) -> bool:
        """True if the row would be drawn the same."""
        return self.made_for == made_for and self.moment in (None, moment)


class GanttPicture:
    """One drawing; rows with unchanged inputs are taken from the previous one."""

    def __init__(
        self,
        source: GanttSource,
        rows: Sequence[GanttRow],
        view: GanttView,
        size: tuple[int, int],
        glyphs: Glyphs,
    ) -> None:
        self._source, self._view, self._glyphs = source, view, glyphs
        self._full, self._height = size
        self._framed = self._height >= _LOWEST
        seen = body_rows(self._height, view.legend)
        self._all = len(rows)
        self.rows = list(rows[view.top : view.top + seen])
        self.labels = label_width(rows, self._full)
        self._scrolls = len(rows) > seen and self._full > self.labels + 1
        self.width = max(1, self._full - self.labels - self._scrolls)
        self._made: dict[str, _Cells] = {}
        self._lines: dict[str, tuple[tuple[object, ...], Strip]] = {}

    def row_at(self, y: int) -> GanttRow | None:
        at = y - (_ABOVE if self._framed else 0)
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def strips(self, palette: Palette, before: "GanttPicture | None") -> list[Strip]:
        window = self._view.window
        marks = self._source.marks(window.time(0), window.time(self.width))
        columns = [(int(window.column(mark.at)), mark.label) for mark in marks]
        body = self._body([column for column, _ in columns], before)
        joints = self._joints()
        lines = [
            self._line(at, cells, joints.get(at, ()), palette, before)
            for at, cells in enumerate(body)
        ]
        blank = strip_of([], self._full, palette)
        lines += [blank] * (body_rows(self._height, self._view.legend) - len(lines))
        if not self._framed:
            return lines
        head = self._head(columns)
        foot = [self._foot(), *([self._legend()] if self._has_legend else [])]
        return [*head.strips(palette), *lines, *(s for g in foot for s in g.strips(palette))]

    @property
    def _has_legend(self) -> bool:
        return self._view.legend and self._height >= _LOWEST_LEGEND

    def _body(self, marks: Sequence[int], before: "GanttPicture | None") -> list[_Cells]:
        view, window = self._view, self._view.window
        chars, inks = self._ground(marks)
        drawing = RowDrawing(window, view.now, self._glyphs, view.highlight)
        ground = (window, self.width, tuple(marks), int(window.column(view.now)), view.highlight)
        moment = int(view.now / window.step)  # an active bar ends with a whole cell
        for row in self.rows:
            kept = before._made.get(row.key) if before is not None else None
            if kept is None or not kept.holds((ground, row), moment):
                bars = self._source.bars(row.key, window.time(0), window.time(self.width))
                live = moment if any(bar.end is None for bar in bars[-1:]) else None
                kept = _Cells((ground, row), live, chars.copy(), inks.copy())
                drawing.draw(bars, kept.chars, kept.inks)
            self._made[row.key] = kept
        return [self._made[row.key] for row in self.rows]

    def _ground(self, marks: Sequence[int]) -> tuple[list[str], list[str]]:
        """The cells of an empty row."""
        chars, inks = [" "] * self.width, ["text"] * self.width
        now = int(self._view.window.column(self._view.now))
        lines = [(column, self._glyphs.dotted, "faint") for column in marks]
        for column, sign, ink in [*lines, (now, self._glyphs.wall, "accent")]:
            if 0 <= column < self.width:
                chars[column], inks[column] = sign, ink
        return chars, inks

    def _joints(self) -> dict[int, list[Joint]]:
        """By row: columns and glyphs of the lines from originals to duplicates."""
        link = self._view.highlight.link
        joints: dict[int, list[Joint]] = {}
        linked = self._source.linked(link) if link else ()
        original = next((row for row, bar in linked if not bar.duplicate), None)
        places = {row.key: at - self._view.top for at, row in enumerate(self._source.rows())}
        for row, bar in linked:
            column = int(self._view.window.column(bar.start))
            if original is None or not bar.duplicate or not 0 <= column < self.width:
                continue
            low, high = sorted((places[original], places[row]))
            for at in range(max(0, low), min(len(self.rows), high + 1)):
                sign = self._glyphs.joints[(at > low) + (at == high)]
                joints.setdefault(at, []).append((column, sign))
        return joints

    def _line(
        self,
        at: int,
        cells: _Cells,
        joints: Sequence[Joint],
        palette: Palette,
        before: "GanttPicture | None",
    ) -> Strip:
        row = self.rows[at]
        ink = "text bold reverse" if row.key == self._view.row else row.ink
        thumb = self._thumb(at) if self._scrolls else ""
        made_for = (cells, tuple(joints), row.label, self.labels, ink, thumb, palette)
        kept = before._lines.get(row.key) if before is not None else None
        if kept is None or kept[0] != made_for:
            kept = made_for, self._joined(row.label, ink, cells, joints, thumb, palette)
        self._lines[row.key] = kept
        return kept[1]

    def _joined(
        self,
        name: str,
        ink: str,
        cells: _Cells,
        joints: Sequence[Joint],
        thumb: str,
        palette: Palette,
    ) -> Strip:
        chars, inks = cells.chars, cells.inks
        if joints:
            chars, inks = chars.copy(), inks.copy()
        for column, sign in joints:
            inks[column] = on_bar(chars[column], inks[column], self._glyphs)
            chars[column] = sign
        if self.labels:
            label = [fit(name, self.labels - 1), *[""] * (self.labels - 2), " "]
            chars, inks = label + chars, [ink] * (self.labels - 1) + ["text"] + inks
        if thumb:
            chars = [*chars, thumb]
            inks = [*inks, "muted" if thumb == self._glyphs.thumb else "faint"]
        return strip_of_cells(chars, inks, palette)

    def _thumb(self, at: int) -> str:
        seen = len(self.rows)
        size = max(1, seen * seen // self._all)
        start = round(self._view.top / max(1, self._all - seen) * (seen - size))
        return self._glyphs.thumb if start <= at < start + size else self._glyphs.track

    def _head(self, marks: Sequence[tuple[int, str]]) -> Grid:
        grid = Grid(self._full, _ABOVE)
        free = 0
        for column, label in marks:
            if 0 <= column < self.width and column >= free:
                grid.set(self.labels + column, 0, self._glyphs.tick, "faint")
                room = self.width - column - 2
                if cell_len(show(label)) <= room:
                    grid.write(self.labels + column + 1, 0, label, "muted")
                    free = column + cell_len(show(label)) + 3
        return grid

    def _foot(self) -> Grid:
        grid = Grid(self._full, _BELOW)
        window = self._view.window
        step = time_step(window.step * _CELLS_PER_TICK)
        taken = self._write_now(grid)
        time = (window.time(0) // step) * step
        while (column := window.column(time)) < self.width:
            name = clock(time, step)
            at = int(column)
            free = at + len(name) + 1 < taken[0] or at > taken[1]
            if free and at >= 0 and at + len(name) < self.width and time >= 0:
                grid.set(self.labels + at, 0, self._glyphs.wall, "faint")
                grid.write(self.labels + at + 1, 0, name, "muted")
            time += step
        return grid

    def _write_now(self, grid: Grid) -> tuple[int, int]:
        """Write the current time; return the columns that it occupies."""
        view = self._view
        column = int(view.window.column(view.now))
        name = clock(view.now)
        if not 0 <= column < self.width:
            return (self.width, self.width)
        at = max(0, min(column, self.width - len(name)))
        grid.write(self.labels + at, 0, name, "accent bold")
        return (at, at + len(name))

    def _legend(self) -> Grid:
        grid = Grid(self._full, 1)
        column = self.labels
        for kind in Kind:
            look = BAR_STYLES[kind]
            body, end = look.signs(self._glyphs)
            if column + 5 + len(kind) <= self._full:
                grid.write(column, 0, body * 2 + end, look.ink)
                grid.write(column + 4, 0, kind, "muted")
            column += 6 + len(kind)
        if column + 11 <= self._full:
            grid.write(column, 0, "+", "text bold")
            grid.write(column + 2, 0, "duplicate", "muted")
        return grid
