"""Base classes of widgets that draw their own lines and repaint only lines that differ.

Textual repaints a whole widget at every update: 260 to 360 ms for a DataTable of the pool, against
15 ms with this line API.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from itertools import takewhile

from rich.segment import Segment
from textual._context import active_app
from textual.color import Color
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE, Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import plain
from clamshell_tui.terminal.app import TerminalApp
from clamshell_tui.text import show


def glyphs_here() -> Glyphs:
    """Return the glyphs that the terminal of the running app can show."""
    app = active_app.get(None)
    return ASCII if isinstance(app, TerminalApp) and app.plain else UNICODE


def entitle(widget: Widget, above: str, below: str = "") -> None:
    """Set the titles of a border as plain text, and repaint only the lines that they stand in.

    Textual's own attributes repaint the whole widget, also for an equal title.
    """
    above, below = show(above), show(below)
    gutter, size = widget.gutter, widget.outer_size
    if str(widget._border_title or "") != above:
        widget._border_title = Content(above)
        widget.refresh(Region(-gutter.left, -gutter.top, size.width, 1))
    if str(widget._border_subtitle or "") != below:
        widget._border_subtitle = Content(below)
        widget.refresh(Region(-gutter.left, size.height - gutter.top - 1, size.width, 1))


class StyledWidget(Widget):
    """A widget with a :class:`Palette` and titles in its border."""

    def __init__(
        self,
        *,
        empty: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.empty = empty
        """Text shown while there is no data."""
        self.glyphs = glyphs or glyphs_here()
        self._mixed_for: tuple[Color, Color, str] | None = None
        self._palette = Palette(Color(0, 0, 0), Color(255, 255, 255), {})

    def entitle(self, above: str, below: str = "") -> None:
        """Set the titles of the border; Textual would parse a str as markup."""
        entitle(self, above, below)

    @property
    def palette(self) -> Palette:
        """The palette for the current theme and background."""
        _, _, ground, text = self.colors
        mixed_for = (ground, text, self.app.theme)
        if mixed_for != self._mixed_for:
            self._mixed_for = mixed_for
            self._palette = Palette(ground, text, self.app.theme_variables)
            self.forget()
        return self._palette

    def forget(self) -> None:
        """Drop cached drawings after a change of colours."""


class LineWidget(StyledWidget):
    """A widget that draws all its lines when its data or its size changes."""

    can_focus = False
    _lines: Sequence[Strip] = ()
    _drawn_for: tuple[int, int] | None = None

    @abstractmethod  # checked by mypy: Textual's metaclass rules out ABC
    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]: ...

    def redraw(self) -> None:
        """Draw again and repaint the lines that differ."""
        if not self.is_mounted:
            return
        before, size = self._lines, self._drawn_for
        self._draw()
        if self._drawn_for != size:
            self.refresh()
        elif regions := _changed(before, self._lines, self.size.width):
            self.refresh(*regions)

    def forget(self) -> None:
        self._drawn_for = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up the palette once per frame, not once per line."""
        _ = self.palette
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if self._drawn_for != tuple(self.size):
            self._draw()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

    def _draw(self) -> None:
        palette = self.palette
        width, height = self.size
        lines = self.draw(width, height, palette)[:height] if width and height else []
        blank = plain(palette.style("text"), width)
        self._lines = lines + [blank] * (height - len(lines))
        self._drawn_for = (width, height)


def _changed(before: Sequence[Strip], after: Sequence[Strip], width: int) -> list[Region]:
    """The cells of each line that differ: over a slow line every byte counts."""
    regions: list[Region] = []
    for y, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            left = _equal_cells(old, new)
            right = _equal_cells(reversed(list(old)), reversed(list(new)))
            regions.append(Region(left, y, max(1, width - left - right), 1))
    return regions


def _equal_cells(old: Iterable[Segment], new: Iterable[Segment]) -> int:
    """Cells of the segments at the beginning that are equal."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
    return sum(segment.cell_length for segment, _ in pairs)
