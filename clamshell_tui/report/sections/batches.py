"""How fast the pool was in each batch, and how long the batch took."""

from collections.abc import Sequence
from typing import NamedTuple

from clamshell_tui.formats import count, duration
from clamshell_tui.report.chart import ChartSeries, Kind, Panel, Scale, counting, linear
from clamshell_tui.report.chart_svg import draw_panel
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import HtmlSection, Markup, figure, joined, paragraph
from clamshell_tui.report.material import Material
from clamshell_tui.run.summary import decision_latencies
from clamshell_tui.run.tables import BatchRow


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
    series = [_series("mean pool latency", [(each.nth, each.mpl) for each in finished])]
    evicted = [(each.nth, 0.0) for each in finished if each.evicted]
    if evicted:
        series.append(_series("evictions", evicted, "points"))
    panel = Panel(
        "Mean pool latency by batch",
        "batch",
        "seconds per label",
        tuple(series),
        level=material.threshold,
        level_name="threshold",
    )
    highest = max([*series[0].ys, material.threshold or 0.0])
    return draw_panel(panel, x, linear(0.0, highest)).drawing.svg()


def _latency(finished: list[_Batch], x: Scale) -> Markup:
    series = [_series("batch latency", [(each.nth, each.latency) for each in finished])]
    waits = _series("decision latency before it", [(each.nth, each.decision) for each in finished])
    if waits.xs:
        series.append(waits)
    panel = Panel("Latency of each batch", "batch", "seconds", tuple(series))
    highest = max(max(each.ys) for each in series)
    return draw_panel(panel, x, linear(0.0, highest)).drawing.svg()


def _series(
    name: str, points: Sequence[tuple[int, float | None]], kind: Kind = "line"
) -> ChartSeries:
    known = [(float(nth), value) for nth, value in points if value is not None]
    return ChartSeries(name, tuple(x for x, _ in known), tuple(y for _, y in known), kind=kind)


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
