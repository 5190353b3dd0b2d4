"""A bar in parts: how much of a whole is in which state."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, beside, clip, strip_of
from clamshell_tui.operator_app.widgets.glyphs import UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.numbers import number
from clamshell_tui.operator_app.widgets.palette import Palette

_FILLS = "█▓▒░"
_ASCII_FILLS = "#%=."


@dataclass(frozen=True, slots=True)
class Part:
    """So much of it; the first is the most solid, so that parts differ without colour."""

    name: str
    amount: float
    ink: str = "text"


class Meter(Drawn):
    """A segmented bar; from two lines on, a legend with the amounts stands below it."""

    DEFAULT_CSS = "Meter { width: 1fr; height: 2; }"

    def __init__(
        self,
        label: str = "",
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._label = label
        self._shown: tuple[tuple[Part, ...], str] = ((), "")

    def update(self, parts: Sequence[Part], value: str = "") -> None:
        """Show these parts of their sum, with ``value`` at the end of the line."""
        shown = (tuple(parts), value)
        if shown != self._shown:
            self._shown = shown
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """The bar, as high as there is room, and the legend."""
        parts, value = self._shown
        before, after = beside(self._label, value, width)
        room = max(0, width - cell_len(before) - cell_len(after))
        middle = meter_spans(parts, room, self.glyphs)
        bar = strip_of([(before, "muted"), *middle, (after, "text bold")], width, palette)
        if height < 2:
            return [bar]
        legend = self._legend(parts, width - cell_len(before))
        indent = (" " * cell_len(before), "text")
        return [bar, *(strip_of([indent, *line], width, palette) for line in legend[: height - 1])]

    def _legend(self, parts: Sequence[Part], width: int) -> list[list[Span]]:
        """In as many lines as it takes."""
        lines: list[list[Span]] = [[]]
        left = width
        for part, fill in zip(parts, _fills(parts, self.glyphs), strict=True):
            amount, name = number(part.amount), clip(part.name, width)
            need = len(amount) + cell_len(name) + 3
            if need > left and lines[-1]:
                lines.append([])
                left = width
            gap = "  " if lines[-1] else ""
            lines[-1] += [(f"{gap}{fill} ", part.ink), (amount, "text bold")]
            lines[-1].append((f" {name}", "muted"))
            left -= need + 2
        return lines


def meter_spans(parts: Sequence[Part], width: int, glyphs: Glyphs) -> list[Span]:
    """The bar alone, for a cell of a table; together ``width`` cells."""
    total = sum(max(0.0, part.amount) for part in parts)
    if total <= 0:
        return [(glyphs.line * width, "faint")]
    cells = _shared_out([max(0.0, part.amount) for part in parts], width)
    fills = _fills(parts, glyphs)
    return [(fill * n, p.ink) for p, fill, n in zip(parts, fills, cells, strict=True) if n]


def _fills(parts: Sequence[Part], glyphs: Glyphs) -> list[str]:
    signs = _FILLS if glyphs.braille else _ASCII_FILLS
    return [signs[min(n, len(signs) - 1)] for n in range(len(parts))]


def _shared_out(amounts: Sequence[float], width: int) -> list[int]:
    """Cells by largest remainder; what is there is seen, as long as there is a cell for each."""
    total = sum(amounts)
    exact = [amount / total * width for amount in amounts]
    cells = [int(share) for share in exact]
    order = sorted(range(len(amounts)), key=lambda n: cells[n] - exact[n])
    for n in order[: width - sum(cells)]:
        cells[n] += 1
    for n, amount in enumerate(amounts):
        if amount > 0 and cells[n] == 0 and max(cells) > 1:
            cells[cells.index(max(cells))] -= 1
            cells[n] = 1
    return cells
