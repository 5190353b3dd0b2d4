"""Draws a panel in characters with plotext, for the terminal."""

from collections.abc import Sequence
from math import isfinite

from clamshell_tui.experiments.paper.panel import Panel, Series

HEIGHT = 18
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
    if panel.x_names:
        plotext.xticks(list(panel.x_names), list(panel.x_names.values()))
    bars = [each for each in panel.series if each.kind == "bars"]
    if bars:
        _bars(panel, bars)
    for number, series in enumerate(panel.series):
        if series.kind != "bars":
            _series(series, _MARKERS[number % len(_MARKERS)])
    text: str = plotext.build()
    plotext.clear_figure()
    return text if unicode else text.encode("ascii", "replace").decode()


def _bars(panel: Panel, bars: Sequence[Series]) -> None:
    import plotext

    names = [panel.x_names.get(x, f"{x:g}") for x in bars[0].xs]
    plotext.multiple_bar(
        names, [list(each.ys) for each in bars], labels=[each.name for each in bars], width=0.6
    )


def _series(series: Series, marker: str) -> None:
    import plotext

    places = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if isfinite(y)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    if series.kind == "points":
        plotext.scatter(xs, ys, label=series.name, marker=marker)
    else:
        plotext.plot(xs, ys, label=series.name, marker=marker)
