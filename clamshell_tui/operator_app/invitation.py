"""How to take a seat, in a line of its own while there are seats to take."""

from collections.abc import Iterable

from textual.strip import Strip

from clamshell_tui.operator_app.spans import width_of
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette


class Invitation(Drawn):
    """The command for the first seat if there is room for all of it, else the key that shows it."""

    _first = ""

    def show(self, seats: Iterable[str]) -> None:
        """Invite to the first of these."""
        self._first = next(iter(seats), "")
        self.display = bool(self._first)
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """One line."""
        spans: list[Span] = [(" work there yourself: ", "muted")]
        spans += [(self._first, "accent bold"), ("  j: more ", "muted")]
        if width_of(spans) > width:
            spans = [(" press ", "muted"), ("j", "accent bold"), (" to see how to join", "muted")]
        return [strip_of(spans, width, palette)]
