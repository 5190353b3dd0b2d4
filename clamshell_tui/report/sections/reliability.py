"""Reliability diagram: how often labels of a certain support are right (DeGroot, Fienberg 1983)."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from clamshell_tui.formats import count, percent
from clamshell_tui.report.chart import ChartSeries, Panel, linear
from clamshell_tui.report.chart_svg import draw_panel
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import Markup, figure
from clamshell_tui.run.tables import LabelRow

_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_Z = 1.96  # of a 95 % interval


class SupportBin(NamedTuple):
    """Labels with a support from ``low`` on; shares from 0 to 1, the interval is Wilson's."""

    low: float
    labels: int
    support: float  # their mean
    right: float
    right_low: float
    right_high: float


COLUMNS = SupportBin._fields


def support_bins(rows: Sequence[LabelRow]) -> list[SupportBin]:
    """Return the bins that hold labels whose truth is known, lowest support first."""
    bins: dict[float, list[LabelRow]] = {edge: [] for edge in _EDGES}
    for row in rows:
        if row.truth is not None:
            bins[max(edge for edge in _EDGES if edge <= row.support)].append(row)
    return [_bin(edge, found) for edge, found in bins.items() if found]


def _bin(edge: float, rows: list[LabelRow]) -> SupportBin:
    n, right = len(rows), sum(row.label == row.truth for row in rows)
    low, high = wilson(right, n)
    return SupportBin(edge, n, sum(row.support for row in rows) / n, right / n, low, high)


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927)."""
    share, square = right / n, _Z * _Z
    middle = share + square / (2 * n)
    half = _Z * sqrt(share * (1 - share) / n + square / (4 * n * n))
    whole = 1 + square / n
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def reliability(bins: Sequence[SupportBin], sheet: CsvSheet) -> Markup:
    """Draw the share of right labels over their support; on the diagonal, support is true."""
    low = min([*[each.right_low for each in bins], *[each.support for each in bins]])
    scale = linear(0.1 * int(10 * low), 1.0, 6)
    diagonal = ChartSeries("true support", (scale.low, 1.0), (scale.low, 1.0), kind="dashes")
    supports = tuple(each.support for each in bins)
    found = ChartSeries("labels", supports, tuple(each.right for each in bins), kind="points")
    panel = Panel("Reliability of support", "mean support", "share right", (found, diagonal))
    plot = draw_panel(panel, scale, scale, 220)
    for each in bins:
        ends = [(plot.x(each.support), plot.y(y)) for y in (each.right_low, each.right_high)]
        plot.drawing.curve(ends, "line-blue")
    n = sum(each.labels for each in bins)
    claimed = sum(each.support * each.labels for each in bins) / n
    right = sum(each.right * each.labels for each in bins) / n
    told = (
        f"{count(n, 'label')}: their support claims {percent(claimed)}, {percent(right)} are right."
        " Points below the diagonal claim too much; bars are 95 % intervals."
    )
    return figure(plot.drawing.svg(), told, sheet)
