"""Lines, steps and points on two axes, in braille dots; drawn when the figure changes."""

from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import centred
from clamshell_tui.operator_app.widgets.glyphs import UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.operator_app.widgets.plot_data import Figure, axes
from clamshell_tui.operator_app.widgets.plot_sheet import Sheet


class Plot(Drawn):
    """Shows a :class:`Figure`. Series differ in colour and in marker; a legend says which is which.

    Too small for axes, it shows the curves alone.
    """

    DEFAULT_CSS = "Plot { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        *,
        empty: str = "",
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._empty = empty
        self._figure = Figure()

    def update(self, figure: Figure) -> None:
        """Show this; an equal figure costs a comparison."""
        if figure != self._figure:
            self._figure = figure
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Axes, guides, series, legend, in this order."""
        ranges = axes(self._figure)
        if ranges is None:
            return centred([self._empty], width, height, palette)
        sheet = Sheet(self._figure, *ranges, width, height, self.glyphs)
        return sheet.strips(palette)
