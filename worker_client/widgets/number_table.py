"""Named numbers as an aligned table, in as many columns as there is room for."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from clamshell_tui.text import show

_LONGEST_NAME = 24
_GAP = 4


def number_table(numbers: Sequence[tuple[str, float]], width: int, height: int) -> Content:
    """Down the first column, then down the next; a second column only if the first is full."""
    rows = [(show(name, _LONGEST_NAME), f"{value:,.6g}") for name, value in numbers]
    names = max((cell_len(name) for name, _ in rows), default=0)
    values = max((len(value) for _, value in rows), default=0)
    room = max(1, (width + _GAP) // (names + 2 + values + _GAP))
    columns = min(room, max(1, -(-len(rows) // max(1, height))))
    depth = -(-len(rows) // columns)
    lines = []
    for line in range(depth):
        parts: list[tuple[str, str]] = []
        for name, value in rows[line::depth]:
            gap = " " * _GAP if parts else ""
            parts.append((f"{gap}{name}{' ' * (names - cell_len(name) + 2)}", "$text-muted"))
            parts.append((value.rjust(values), "bold"))
        lines.append(Content.assemble(*parts))
    return Content("\n").join(lines)
