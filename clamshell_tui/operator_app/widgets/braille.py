"""Sparkline: a series as one or more rows of small bars."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import Drawn
from clamshell_tui.operator_app.widgets.style import UNICODE, Glyphs, Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, beside, fit, strip_of


class Sparkline(Drawn):
    """Bars from 0 (or ``low``) to the largest value, the newest at the right.

    A label stands before it and a value after it, on the last line.
    """

    DEFAULT_CSS = "Sparkline { width: 1fr; height: 1; }"

    def __init__(
        self,
        label: str = "",
        *,
        ink: str = "sky",
        low: float | None = 0.0,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._label = label
        self._ink = ink
        self._low = low
        self._shown: tuple[tuple[float, ...], str] = ((), "")

    def update(self, values: Sequence[float], value: str = "") -> None:
        """Show these, with ``value`` (the newest, as words) after them."""
        shown = (tuple(values), value)
        if shown != self._shown:
            self._shown = shown
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Every line has its part of each bar."""
        values, value = self._shown
        before, after = beside(self._label, value, width)
        indent, outdent = cell_len(before), cell_len(after)
        rows = bars(values, width - indent - outdent, height, self.glyphs, low=self._low)
        strips = []
        for at, row in enumerate(rows):
            last = at == height - 1
            spans: list[Span] = [(before if last else " " * indent, "muted")]
            spans += [(row, self._ink), (after if last else " " * outdent, "text bold")]
            strips.append(strip_of(spans, width, palette))
        return strips


def bars(
    values: Sequence[float],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    low: float | None = 0.0,
) -> list[str]:
    """Lines of ``width`` signs, right-aligned; the smallest value is the floor if ``low`` is None.

    Where there are more values than cells, neighbours are averaged; what is not finite is a gap.
    """
    known = _squeezed(values, max(0, width))
    finite = [value for value in known if isfinite(value)]
    floor = min(finite, default=0.0) if low is None else low
    span = max(finite, default=0.0) - floor
    levels = len(glyphs.upward)
    heights = [_eighths(value, floor, span, levels * height) for value in known]
    lines = []
    for row in range(height):
        base = (height - 1 - row) * levels
        line = "".join(_sign(eighths - base, glyphs.upward) for eighths in heights)
        lines.append(fit(line, width, "right"))
    return lines


def _squeezed(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)] if width else []
    groups = (values[a:b] for a, b in pairwise(edges))
    return [sum(group) / len(group) for group in groups]


def _eighths(value: float, floor: float, span: float, top: int) -> int:
    """At least one, so that a zero is told from a gap."""
    if not isfinite(value):
        return 0
    share = (value - floor) / span if span > 0 else 0.5
    return max(1, round(max(0.0, min(1.0, share)) * top))


def _sign(eighths: int, levels: str) -> str:
    return levels[min(eighths, len(levels)) - 1] if eighths > 0 else " "
