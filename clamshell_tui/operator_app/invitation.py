"""How to take a seat, in a line of its own while there are seats to take."""

from collections.abc import Sequence

from textual.strip import Strip

from clamshell_tui.operator_app.spans import width_of
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette


class Invitation(Drawn):
    """The command for the first seat if there is room for all of it, else the key that shows it."""

    def __init__(self, seats: Sequence[str], *, id: str) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._seats = seats
        self.display = bool(seats)

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """One line."""
        spans: list[Span] = [(" work there yourself: ", "muted")]
        spans += [(self._seats[0], "accent bold"), ("  j: more ", "muted")]
        if width_of(spans) > width:
            spans = [(" press ", "muted"), ("j", "accent bold"), (" to see how to join", "muted")]
        return [strip_of(spans, width, palette)]
