"""Draws a panel in characters with plotext, for the terminal."""

from math import isfinite

from clamshell_tui.experiments.paper.panel import Panel, Series

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


def _bars(series: Series, marker: str, place: int, of: int) -> None:
    """The bars of one series, beside those of the others."""
    import plotext

    width = 0.8 / of
    shift = (place - (of - 1) / 2) * width
    xs = [x + shift for x in series.xs]
    plotext.bar(xs, list(series.ys), label=series.name, marker=marker, width=width * 0.8)


def _series(series: Series, marker: str) -> None:
    import plotext

    places = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if isfinite(y)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    if series.kind == "points":
        plotext.scatter(xs, ys, label=series.name, marker=marker)
    else:
        plotext.plot(xs, ys, label=series.name, marker=marker)
