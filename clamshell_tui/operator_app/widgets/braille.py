"""Sparkline: a series as one or more rows of small bars."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from clamshell_tui.operator_app.widgets.style import Glyphs
from clamshell_tui.operator_app.widgets.table_layout import fit


def bars(
    values: Sequence[float],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    low: float | None = 0.0,
) -> list[str]:
    """Lines of ``width`` glyphs, right-aligned; the smallest value is the floor if ``low`` is None.

    If there are more values than cells, neighbours are averaged; values that are not finite leave a
    gap.
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
    """Height of a bar; at least one, so that a zero differs from a gap."""
    if not isfinite(value):
        return 0
    share = (value - floor) / span if span > 0 else 0.5
    return max(1, round(max(0.0, min(1.0, share)) * top))


def _sign(eighths: int, levels: str) -> str:
    return levels[min(eighths, len(levels)) - 1] if eighths > 0 else " "
