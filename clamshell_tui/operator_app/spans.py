"""Small things about inked texts."""

from collections.abc import Iterable

from rich.cells import cell_len

from clamshell_tui.operator_app.widgets.fitting import Span
from clamshell_tui.text import show


def width_of(spans: Iterable[Span]) -> int:
    """Cells that these take when nothing is clipped."""
    return sum(cell_len(show(text)) for text, _ in spans)
