"""What stands on a terminal that has no room for the pages."""

from textual.geometry import Size
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import centred
from clamshell_tui.operator_app.widgets.palette import Palette

NEEDED = Size(80, 24)


def fits(size: Size) -> bool:
    """Whether the pages can be drawn."""
    return size.width >= NEEDED.width and size.height >= NEEDED.height


class TooSmall(Drawn):
    """Says how large the terminal should be, and how large it is."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """In the middle, on as many lines as there are."""
        needs = f"needs {NEEDED.width}x{NEEDED.height}, is {width}x{height}"
        return centred([needs, "the run goes on"][:height], width, height, palette)
