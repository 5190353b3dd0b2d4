"""Draws a panel in characters with plotext, for the terminal.

A scatter plot in characters: cost to the right, time upwards, the frontier marked.

A line of small bars: how a series went, in one row of text.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, log10

from clamshell_tui.formats import money
from clamshell_tui.report.chart import ChartSeries, Panel

HEIGHT = 18
_ASCII = {ord(frame): plain for frame, plain in zip("─│┌┐└┘┬┤┴├┼", "-|+++++++++", strict=True)}
_MARKERS = ("o", "x", "+", "*", "#", "@", "%", "&")


def sketch(panel: Panel, width: int, *, unicode: bool = True) -> str:
    """The panel in ``width`` columns; without colours, so that series differ in their markers."""
    import plotext

    plotext.clear_figure()  # the library draws on one figure of its own
    plotext.theme("clear")
    plotext.plot_size(min(width, 100), HEIGHT)
    plotext.title(panel.title)
    plotext.xlabel(panel.x_title)
    plotext.ylabel(panel.y_title)
    if panel.x_log and not panel.x_names:
        plotext.xscale("log")
    if panel.y_log:
        plotext.yscale("log")
    bars = [each.name for each in panel.series if each.kind == "bars"]
    for number, series in enumerate(panel.series):
        marker = _MARKERS[number % len(_MARKERS)]
        if series.kind == "bars":
            _bars(series, marker, bars.index(series.name), len(bars))
        else:
            _series(series, marker)
    if panel.x_names:
        plotext.xticks(list(panel.x_names), list(panel.x_names.values()))
    text: str = plotext.uncolorize(plotext.build())
    plotext.clear_figure()
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(lines if unicode else [line.translate(_ASCII) for line in lines])


def _bars(series: ChartSeries, marker: str, place: int, of: int) -> None:
    """The bars of one series, beside those of the others."""
    import plotext

    width = 0.8 / of
    shift = (place - (of - 1) / 2) * width
    xs = [x + shift for x in series.xs]
    plotext.bar(xs, list(series.ys), label=series.name, marker=marker, width=width * 0.8)


def _series(series: ChartSeries, marker: str) -> None:
    import plotext

    places = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if isfinite(y)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    if series.kind == "points":
        plotext.scatter(xs, ys, label=series.name, marker=marker)
    else:
        plotext.plot(xs, ys, label=series.name, marker=marker)


WIDTH, PLOT_HEIGHT = 64, 16
_MARKS = {"other": "·", "frontier": "o", "current": "■", "best": "★"}
_PLOT_ASCII = {"other": ".", "frontier": "o", "current": "#", "best": "*"}
_ORDER = ("other", "frontier", "current", "best")  # later ones are drawn over earlier ones


def scatter(points: Sequence[tuple[float, float, str]], *, unicode: bool = True) -> list[str]:
    """Lines of text for points of (dollars, minutes, kind); both axes are logarithmic.

    Kinds are ``other``, ``frontier``, ``current`` and ``best``.
    """
    marks = _MARKS if unicode else _PLOT_ASCII
    xs = [log10(max(dollars, 1e-6)) for dollars, _, _ in points]
    ys = [log10(max(minutes, 1e-6)) for _, minutes, _ in points]
    columns, rows = _places(xs, WIDTH), _places(ys, PLOT_HEIGHT)
    cells = [[" "] * WIDTH for _ in range(PLOT_HEIGHT)]
    order = sorted(range(len(points)), key=lambda n: _ORDER.index(points[n][2]))
    for n in order:
        cells[PLOT_HEIGHT - 1 - rows[n]][columns[n]] = marks[points[n][2]]
    high, low = f"{10 ** max(ys):,.3g}", f"{10 ** min(ys):,.3g}"
    bar, corner, dash = ("│", "└", "─") if unicode else ("|", "+", "-")
    lines = [f"{'minutes':>9}"]
    for number, row in enumerate(cells):
        label = high if number == 0 else low if number == PLOT_HEIGHT - 1 else ""
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


_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKLINE_ASCII = "_.-=+*#@"


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
    levels = _BLOCKS if unicode else _SPARKLINE_ASCII
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
