"""Charts with matplotlib: the same look for every table, in colours safe for colour blindness.

The colours are those of the HTML report (Okabe and Ito's); lines differ in their markers too.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from clamshell_tui.report.chart import ChartSeries, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a939c", "#1d2329")
_OWN = ("mturk", "live", "live-heavy", "medical", "medical-normal", "live-light")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_INK, _MUTED, _FAINT, _BAND = "#1d2329", "#59636e", "#e3e6e9", "#f1ead6"
_ACROSS = 3  # panels side by side
_WIDTH, _HEIGHT = 3.9, 3.1  # inches of a panel
_LETTERS = 46  # that fit below it
_STYLE: dict[Any, Any] = {  # the library names each key in its types
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.edgecolor": "#a9b0b7",
    "axes.labelcolor": _MUTED,
    "text.color": _INK,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": _FAINT,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "clamshell",  # the same figure is the same file
}


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


STAMPED = "CLAMShell TUI"  # in the metadata of a figure, with the stamp


def draw(title: str, notes: Sequence[str], panels: Sequence[Panel], paths: Sequence[Path]) -> None:
    """Write the panels, as one figure, to each path: the kind is by its suffix.

    The notes stand below; the last is the stamp, which the metadata hold too.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        across = 2 if len(panels) == 4 else min(_ACROSS, len(panels))
        down = ceil(len(panels) / across)
        width = max(_WIDTH * across, 6.4)
        figure = Figure(figsize=(width, _HEIGHT * down + 0.9), layout="constrained")
        colours = _colours(panels)
        for number, panel in enumerate(panels, 1):
            _panel(figure.add_subplot(down, across, number), panel, colours)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
        letters = round(width * _LETTERS / _WIDTH * 1.4)
        _legend(figure, "\n".join(line for note in notes for line in wrap(note, letters)))
        for path in paths:
            figure.savefig(path, dpi=160, metadata=_metadata(path, notes[-1]))


def _metadata(path: Path, stamp: str) -> dict[str, str | None]:
    """No date and no version of matplotlib: the same figure is the same file."""
    if path.suffix == ".svg":
        return {"Date": None, "Creator": STAMPED, "Description": stamp}
    return {"Software": STAMPED, "Description": stamp}


def _colours(panels: Sequence[Panel]) -> dict[str, int]:
    """A number for each series by name: a population's own, else the first that is free."""
    names = dict.fromkeys(series.name for panel in panels for series in panel.series)
    found = {name: _OWN.index(name) for name in names if name in _OWN}
    free = [number for number in range(len(COLOURS)) if number not in found.values()]
    others = [name for name in names if name not in found]
    return found | {name: free[n % len(free)] for n, name in enumerate(others)}


def _panel(axes: "Axes", panel: Panel, colours: Mapping[str, int]) -> None:
    axes.set_title(panel.title, loc="left")
    axes.set_xlabel(panel.x_title)
    axes.set_ylabel(panel.y_title)
    if panel.x_log:
        axes.set_xscale("log")
    if panel.y_log:
        axes.set_yscale("log")
    if panel.band is not None:
        axes.axhspan(*panel.band, color=_BAND, zorder=0, label="the paper")
    bars = [each.name for each in panel.series if each.kind == "bars"]
    if panel.level is not None:
        axes.axhline(panel.level, color=_MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
    for series in panel.series:
        _series(axes, series, colours[series.name], bars)
    if panel.x_names:
        axes.set_xticks(list(panel.x_names), _folded(list(panel.x_names.values())))
        axes.xaxis.minorticks_off()
    if panel.y_from_zero and not panel.y_log:
        axes.set_ylim(bottom=0)
    _plain_numbers(axes, panel)


def _plain_numbers(axes: "Axes", panel: Panel) -> None:
    """On a logarithmic axis too: 20, not 2 x 10^1."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for log, axis in ((panel.x_log and not panel.x_names, axes.xaxis), (panel.y_log, axes.yaxis)):
        if log:
            low, high = axis.get_view_interval()
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 200 else (1.0,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def _folded(names: Sequence[str]) -> list[str]:
    """Names under an axis, in lines so short that they do not touch."""
    width = _LETTERS // max(1, len(names))
    whole = [name.replace(" = ", "\u00a0=\u00a0") for name in names]  # "R = 1" stays on its line
    folded = ["\n".join(wrap(name, width, break_long_words=False)) for name in whole]
    return [name.replace("\u00a0", " ") for name in folded]


def _series(axes: "Axes", series: ChartSeries, number: int, bars: Sequence[str]) -> None:
    look: dict[str, Any] = {"color": COLOURS[number], "label": series.name}
    match series.kind:
        case "bars":
            width = 0.8 / len(bars)
            shift = (bars.index(series.name) - (len(bars) - 1) / 2) * width
            xs = [x + shift for x in series.xs]
            axes.bar(xs, series.ys, width * 0.92, yerr=_errors(series), ecolor=_INK, **look)
        case "points":
            axes.scatter(series.xs, series.ys, s=5, alpha=0.45, linewidths=0, **look)
        case "dashes":
            axes.plot(series.xs, series.ys, linestyle="--", linewidth=1.3, **look)
        case "steps":
            axes.plot(series.xs, series.ys, drawstyle="steps-post", linewidth=1.5, **look)
        case "line":
            _line(axes, series, look, _MARKERS[number])
    if series.lows and series.kind not in ("bars", "points"):
        axes.fill_between(
            series.xs, series.lows, series.highs, color=COLOURS[number], alpha=0.15, linewidth=0
        )


def _line(axes: "Axes", series: ChartSeries, look: dict[str, Any], marker: str) -> None:
    if len(series.xs) > 12:  # markers would hide the line
        axes.plot(series.xs, series.ys, linewidth=1.5, **look)
    else:
        axes.plot(series.xs, series.ys, linewidth=1.5, marker=marker, markersize=4.5, **look)


def _errors(series: ChartSeries) -> list[list[float]] | None:
    if not series.lows:
        return None
    below = [max(0.0, y - low) for y, low in zip(series.ys, series.lows, strict=True)]
    above = [max(0.0, high - y) for y, high in zip(series.ys, series.highs, strict=True)]
    return [below, above]


def _legend(figure: "Figure", note: str) -> None:
    """One for all panels, below them."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        found |= {name: sign for sign, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    legend = figure.legend(
        list(found.values()),
        list(found),
        loc="outside lower left",
        ncols=min(len(found), 6),
        title=note,
        title_fontsize=7.5,
        alignment="left",
        markerscale=1.4,
    )
    legend.get_title().set_color(_MUTED)
