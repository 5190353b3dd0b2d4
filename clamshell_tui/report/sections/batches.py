"""How fast the pool was in each batch, and how long the batch took."""

from typing import NamedTuple

from clamshell_tui.formats import count, duration
from clamshell_tui.report.chart import Scale, counting, linear
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, SvgPlot, box, legend
from clamshell_tui.report.export import CsvSheet
from clamshell_tui.report.html import HtmlSection, Markup, figure, joined, paragraph
from clamshell_tui.report.material import Material
from clamshell_tui.run.summary import decision_latencies
from clamshell_tui.run.tables import BatchRow

_DOTS = 200  # batches up to which each one is a sign


class _Batch(NamedTuple):
    """``nth`` counts from 1; seconds, and seconds per label for ``mpl``."""

    nth: int
    latency: float
    mpl: float | None
    decision: float | None
    evicted: int  # workers, up to its end and since the end of the one before


def batches(material: Material) -> HtmlSection:
    """Mean pool latency by batch, then the batches' own latencies."""
    finished = _finished(material)
    sheet = _sheet(material, finished)
    if not finished:
        return HtmlSection("batches", "Batches", paragraph("No batch was finished."), (sheet,))
    if len(finished) == 1:
        return HtmlSection("batches", "Batches", _only(finished[0]), (sheet,))
    x = counting(1, finished[-1].nth)
    body: list[Markup] = []
    if any(each.mpl is not None for each in finished):
        told = (
            "Mean pool latency (MPL) by batch: mean seconds per label of the assignments completed "
            "in it."
        )
        if any(each.evicted for each in finished):
            told += " Triangles mark the batches with an eviction."
        body.append(figure(_mpl(material, finished, x), told, sheet))
    measures = material.summary.batches
    told = (
        f"Latency of {count(len(finished), 'batch', 'batches')}, from the first assignment to the "
        f"last label: mean {duration(measures.mean)}, 95th percentile {duration(measures.p95)}, "
        f"standard deviation {duration(measures.deviation)}."
    )
    if material.config.tasks.batching == "continuous":
        told += " No batch waited for another, so they overlap."
    body.append(figure(_latency(finished, x), told, sheet))
    return HtmlSection("batches", "Batches", joined(*body), (sheet,))


def _only(batch: _Batch) -> Markup:
    """One batch is no curve."""
    mpl = "" if batch.mpl is None else f", at {batch.mpl:.2f} s per label (mean pool latency)"
    return paragraph(f"The only batch took {duration(batch.latency)}{mpl}.")


def _finished(material: Material) -> list[_Batch]:
    decisions = decision_latencies(material.tables)
    evictions = sorted(row.at for row in material.tables.evictions)
    found: list[_Batch] = []
    since = 0.0
    for row in sorted(material.tables.batches.values(), key=lambda row: row.id):
        if row.started_at is not None and row.ended_at is not None:
            evicted = sum(since < at <= row.ended_at for at in evictions)
            latency = row.ended_at - row.started_at
            found.append(_Batch(row.id + 1, latency, row.mpl, decisions.get(row.id), evicted))
            since = row.ended_at
    return found


def _mpl(material: Material, finished: list[_Batch], x: Scale) -> Markup:
    drawing = Drawing("Mean pool latency by batch")
    points = [(float(each.nth), each.mpl) for each in finished if each.mpl is not None]
    few = len(points) <= _DOTS
    shape, class_ = ("circle", "f-blue") if few else ("line", "line-blue")
    entries = [LegendEntry(shape, class_, "mean pool latency")]
    if any(each.evicted for each in finished):
        entries.append(LegendEntry("triangle", "f-vermilion", "evictions"))
    top = legend(drawing, entries)
    highest = max([each for _, each in points] + [material.threshold or 0.0])
    plot = SvgPlot(drawing, box(top + 8, 170), x, linear(0.0, highest))
    plot.axes("batch", "seconds per label")
    if material.threshold is not None:
        plot.level(material.threshold, f"threshold {material.threshold:.3g}")
    drawing.curve(plot.places(points), "line-blue")
    if few:
        drawing.marks("circle", plot.places(points), "f-blue", 2.8)
    gone = [(plot.x(each.nth), plot.box.bottom - 5) for each in finished if each.evicted]
    drawing.marks("triangle", gone, "f-vermilion", 3.6)
    return drawing.svg()


def _latency(finished: list[_Batch], x: Scale) -> Markup:
    drawing = Drawing("Latency of each batch")
    waits = [(float(each.nth), each.decision) for each in finished if each.decision is not None]
    points = [(float(each.nth), each.latency) for each in finished]
    few = len(points) <= _DOTS
    entries = [_LATENCY if few else _LATENCY_LINE]
    if waits:
        entries.append(_WAIT if few else _WAIT_LINE)
    top = legend(drawing, entries)
    plot = SvgPlot(drawing, box(top + 8, 170), x, linear(0.0, max(y for _, y in [*points, *waits])))
    plot.axes("batch", "seconds")
    drawing.curve(plot.places(points), "line-blue")
    if few:
        drawing.marks(_WAIT.shape, plot.places(waits), _WAIT.class_, 2.4)
        drawing.marks(_LATENCY.shape, plot.places(points), _LATENCY.class_, 2.8)
    else:
        drawing.curve(plot.places(waits), _WAIT_LINE.class_)
    return drawing.svg()


_LATENCY = LegendEntry("circle", "f-blue", "batch latency")
_LATENCY_LINE = LegendEntry("line", "line-blue", _LATENCY.words)
_WAIT = LegendEntry("square", "h-orange", "decision latency before it")
_WAIT_LINE = LegendEntry("line", "line-orange dashes", _WAIT.words)


def _sheet(material: Material, finished: list[_Batch]) -> CsvSheet:
    known = {each.nth: each for each in finished}
    columns = (
        "batch", "model", "tasks", "records", "active_records", "cut_at", "started_at", "ended_at",
        "latency", "decision_latency", "mpl", "evictions",
    )  # fmt: skip
    rows = sorted(material.tables.batches.values(), key=lambda row: row.id)
    return CsvSheet("batches", columns, [_line(row, known.get(row.id + 1)) for row in rows])


def _line(row: BatchRow, known: _Batch | None) -> tuple[int | float | None, ...]:
    latency, decision, evicted = (None, None, None)
    if known is not None:
        latency, decision, evicted = known.latency, known.decision, known.evicted
    return (
        row.id + 1, row.model, row.tasks, row.records, row.active_records, row.cut_at,
        row.started_at, row.ended_at, latency, decision, row.mpl, evicted,
    )  # fmt: skip
