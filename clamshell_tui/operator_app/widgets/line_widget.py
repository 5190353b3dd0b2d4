"""A widget that draws its own lines, and repaints those that came out differently."""

from abc import abstractmethod
from collections.abc import Sequence

from textual.color import Color
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from clamshell_tui.operator_app.widgets.style import UNICODE, Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import plain
from clamshell_tui.text import show


def entitle(widget: Widget, above: str, below: str = "") -> None:
    """As :meth:`Inked.entitle`, of any widget. Textual paints all of it anew for a title, the same
    one included; here only for another one."""
    above, below = show(above), show(below)
    if (str(widget._border_title or ""), str(widget._border_subtitle or "")) != (above, below):
        widget.border_title = Content(above)
        widget.border_subtitle = Content(below)


class Inked(Widget):
    """A widget that draws with inks, and whose frame can say something."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._mixed_for: tuple[Color, Color, str] | None = None
        self._palette = Palette(Color(0, 0, 0), Color(255, 255, 255), {})

    def entitle(self, above: str, below: str = "") -> None:
        """Put these words into the border, as they are: Textual would read a str as markup."""
        entitle(self, above, below)

    @property
    def palette(self) -> Palette:
        """The inks on the ground that this widget has now."""
        _, _, ground, text = self.colors
        mixed_for = (ground, text, self.app.theme)
        if mixed_for != self._mixed_for:
            self._mixed_for = mixed_for
            self._palette = Palette(ground, text, self.app.theme_variables)
            self.forget()
        return self._palette

    def forget(self) -> None:
        """The colours changed: what is kept of earlier drawings is of no use."""


class Drawn(Inked):
    """Draws all its lines at once when its data or its place change."""

    can_focus = False

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._lines: list[Strip] = []
        self._drawn_for: tuple[int, int] | None = None

    @abstractmethod  # mypy sees to it: Textual's metaclass rules out ABC
    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """At most ``height`` strips of ``width`` cells; both are 1 or more."""

    def redraw(self) -> None:
        """Draw what changed: the lines that come out as they were are left alone."""
        if not self.is_mounted:
            return
        before, size = self._lines, self._drawn_for
        self._draw()
        if self._drawn_for != size:
            self.refresh()
        elif regions := _changed(before, self._lines, self.size.width):
            self.refresh(*regions)

    def forget(self) -> None:
        """Draw anew when next asked for a line."""
        self._drawn_for = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Colours are looked up once a frame, not once a line."""
        _ = self.palette
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A line as it was drawn."""
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
    """One region for each run of lines that differ."""
    regions: list[Region] = []
    start: int | None = None
    for y, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            start = None
        elif start is None:
            start = y
            regions.append(Region(0, y, width, 1))
        else:
            regions[-1] = Region(0, start, width, y - start + 1)
    return regions
