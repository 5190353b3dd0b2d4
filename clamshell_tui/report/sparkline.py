"""A line of small bars: how a series went, in one row of text."""

from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*#@"


def sparkline(
    values: Sequence[float],
    width: int,
    *,
    unicode: bool = True,
    low: float | None = None,
) -> str:
    """``values`` as at most ``width`` bars, neighbours averaged where there are more values.

    Bars reach from ``low`` (the smallest value by default) to the largest value.
    """
    levels = _BLOCKS if unicode else _ASCII
    shown = _squeeze(values, width)
    if not shown:
        return ""
    floor = min(shown) if low is None else low
    span = max(shown) - floor
    if span <= 0:
        return levels[len(levels) // 2 - 1] * len(shown)
    top = len(levels) - 1
    return "".join(levels[max(0, round((value - floor) / span * top))] for value in shown)


def _squeeze(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)]
    groups = (values[a:b] for a, b in pairwise(edges))
    return [sum(group) / len(group) for group in groups]
