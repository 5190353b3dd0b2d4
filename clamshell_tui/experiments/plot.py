"""A scatter plot in characters: cost to the right, time upwards, the frontier marked."""

from collections.abc import Sequence
from math import log10

from clamshell_tui.formats import money

WIDTH, HEIGHT = 64, 16
_MARKS = {"other": "·", "frontier": "o", "current": "■", "best": "★"}
_ASCII = {"other": ".", "frontier": "o", "current": "#", "best": "*"}
_ORDER = ("other", "frontier", "current", "best")  # later ones are drawn over earlier ones


def scatter(points: Sequence[tuple[float, float, str]], *, unicode: bool = True) -> list[str]:
    """Lines of text for points of (dollars, minutes, kind); both axes are logarithmic.

    Kinds are ``other``, ``frontier``, ``current`` and ``best``.
    """
    marks = _MARKS if unicode else _ASCII
    xs = [log10(max(dollars, 1e-6)) for dollars, _, _ in points]
    ys = [log10(max(minutes, 1e-6)) for _, minutes, _ in points]
    columns, rows = _places(xs, WIDTH), _places(ys, HEIGHT)
    cells = [[" "] * WIDTH for _ in range(HEIGHT)]
    order = sorted(range(len(points)), key=lambda n: _ORDER.index(points[n][2]))
    for n in order:
        cells[HEIGHT - 1 - rows[n]][columns[n]] = marks[points[n][2]]
    high, low = f"{10 ** max(ys):,.3g}", f"{10 ** min(ys):,.3g}"
    bar, corner, dash = ("│", "└", "─") if unicode else ("|", "+", "-")
    lines = [f"{'minutes':>9}"]
    for number, row in enumerate(cells):
        label = high if number == 0 else low if number == HEIGHT - 1 else ""
        lines.append(f"{label:>8} {bar}{''.join(row).rstrip()}")
    left, right = money(10 ** (min(xs) + 6)), money(10 ** (max(xs) + 6))
    lines.append(f"{'':>8} {corner}{dash * WIDTH}")
    lines.append(f"{'':>10}{left}{right:>{WIDTH - len(left)}}")
    key = f"{marks['best']} best  {marks['current']} as it is  {marks['frontier']} frontier"
    lines.append(f"{'':>10}{key}  {marks['other']} other")
    return lines


def _places(values: Sequence[float], cells: int) -> list[int]:
    """The cell of each value between the smallest and the largest."""
    low, span = min(values), max(values) - min(values)
    if span < 1e-9:
        return [cells // 2] * len(values)
    return [round((value - low) / span * (cells - 1)) for value in values]
