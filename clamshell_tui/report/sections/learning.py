"""How good the model was after how many labels, and how their records were chosen."""

from collections.abc import Iterator
from itertools import accumulate
from itertools import count as count_up

from clamshell_tui.formats import count, percent
from clamshell_tui.report.chart import counting, linear
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, SvgPlot, box, legend
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import HtmlSection, Markup, figure, paragraph
from clamshell_tui.report.material import Material
from clamshell_tui.run.tables import LabelRow, ModelRow

_COLUMNS = 60  # bars of selected records, at most
_DOTS = 200  # models up to which each one is a sign on the curve


def learning(material: Material) -> HtmlSection:
    """The curve above, active and passive records below, over the same labels."""
    labels = sorted(material.tables.labels.values(), key=lambda row: row.at)
    models = [row for row in material.tables.models if row.accuracy is not None]
    sheets = _sheets(material, labels)
    if not models or not labels:
        return HtmlSection(
            "learning", "Learning curve", paragraph("No model was measured."), sheets
        )
    last, active = models[-1], sum(row.active for row in labels)
    how = "cross-validated" if last.estimated else "on held-out records"
    caption = (
        f"Accuracy of {count(len(models), 'model')} by the labels they were trained on; the last, "
        f"from {count(last.labels_used)}, is {percent(last.accuracy)} right ({how}). Below, how "
        f"the records were chosen: {count(active)} of {count(len(labels))} actively."
    )
    drawn = _draw(models, labels)
    return HtmlSection("learning", "Learning curve", figure(drawn, caption, sheets[0]), sheets)


def _draw(models: list[ModelRow], labels: list[LabelRow]) -> Markup:
    drawing = Drawing("Learning curve, and active and passive records")
    x = counting(0, max(len(labels), models[-1].labels_used))
    measured = [(float(row.labels_used), row.accuracy or 0.0, row.estimated) for row in models]
    lowest = min(accuracy for _, accuracy, _ in measured)
    top = legend(drawing, _entries(models, labels))
    curve = SvgPlot(
        drawing, box(top + 8, 210), x, linear(lowest, max(each[1] for each in measured))
    )
    curve.axes("", "accuracy", ticks=False)
    drawing.curve(curve.places((used, accuracy) for used, accuracy, _ in measured), "line-blue")
    if len(measured) <= _DOTS:
        tested = [(used, accuracy) for used, accuracy, estimated in measured if not estimated]
        guessed = [(used, accuracy) for used, accuracy, estimated in measured if estimated]
        drawing.marks("circle", curve.places(tested), "f-blue", 2.6)
        drawing.marks("diamond", curve.places(guessed), "h-blue", 2.6)
    _chosen(drawing, top + 240, x.high, labels)
    return drawing.svg()


def _entries(models: list[ModelRow], labels: list[LabelRow]) -> list[LegendEntry]:
    found: list[LegendEntry] = []
    if any(not row.estimated for row in models):
        found.append(LegendEntry("circle", "f-blue", "model, on held-out records"))
    if any(row.estimated for row in models):
        found.append(LegendEntry("diamond", "h-blue", "model, cross-validated"))
    if any(row.active for row in labels):
        found.append(LegendEntry("bar", "f-green", "active: the most uncertain"))
    return [*found, LegendEntry("bar", "h-orange", "passive: at random")]


def _chosen(drawing: Drawing, top: float, most: float, labels: list[LabelRow]) -> None:
    """Bars of so many labels each, what was actively chosen at the bottom."""
    each = next(step for step in _steps() if step * _COLUMNS >= len(labels))
    plot = SvgPlot(drawing, box(top, 80), counting(0, most), counting(0, each, 3))
    active: list[tuple[float, float, float, float]] = []
    passive: list[tuple[float, float, float, float]] = []
    for first in range(0, len(labels), each):
        part = labels[first : first + each]
        chosen = sum(row.active for row in part)
        left, right = plot.x(first), plot.x(first + len(part))
        middle, foot, head = plot.y(chosen), plot.y(0), plot.y(len(part))
        width = max(0.5, right - left - 1.5)
        active.append((left + 0.75, middle, width, foot - middle))
        passive.append((left + 0.75, head, width, middle - head))
    plot.axes("labels", f"per {each} labels" if each > 1 else "chosen")
    drawing.bars([bar for bar in active if bar[3] > 0], "f-green")
    drawing.bars([bar for bar in passive if bar[3] > 0], "h-orange")


def _steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 and so on."""
    for power in count_up():
        yield from (10**power, 2 * 10**power, 5 * 10**power)


def _sheets(material: Material, labels: list[LabelRow]) -> tuple[CsvSheet, ...]:
    active = [0, *accumulate(int(row.active) for row in labels)]
    models = [
        (row.version, row.trained_at, row.labels_used, row.accuracy, row.estimated, row.seconds,
         active[min(row.labels_used, len(labels))])
        for row in material.tables.models
    ]  # fmt: skip
    columns = (
        "model", "trained_at", "labels_used", "accuracy", "cross_validated", "seconds",
        "active_labels",
    )  # fmt: skip
    return (CsvSheet("learning", columns, models),)
