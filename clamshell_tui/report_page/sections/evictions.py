"""Who was evicted, and on what evidence."""

from math import isfinite
from typing import NamedTuple

from clamshell_tui.formats import assessed, count, duration
from clamshell_tui.report_page.drawing import Drawing, Entry, legend, logarithmic
from clamshell_tui.report_page.drawing.rows import Rows
from clamshell_tui.report_page.markup import Markup, joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Column, Section, figure, paragraph, table
from clamshell_tui.report_page.sections.latencies import SHORTEST
from clamshell_tui.report_page.sheet import Sheet
from clamshell_tui.runfile.rows import EvictionRow

_DRAWN = 40
_FINEST = 0.001  # of a probability that is told


def evictions(material: Material) -> Section:
    """What had been seen of each one, and a table of the verdicts."""
    rows = material.tables.evictions
    sheet = _sheet(rows)
    if not rows:
        why = "" if material.config.maintenance.threshold != float("inf") else " It was off."
        text = f"Pool maintenance evicted nobody.{why}"
        return Section("evictions", "Evictions", paragraph(text), (sheet,))
    evidence = _evidence_sheet(material)
    told = (
        "What had been seen of each worker when they were evicted, in seconds per label: the "
        "assignments they completed, those that others ended, which would have taken longer, and "
        "the one in hand, if any, so far. The bar is the estimate on which they went."
    )
    body = [table(_COLUMNS, [_row(material, row) for row in rows], _told(material), sheet=sheet)]
    if evidence.rows:
        body.insert(0, figure(_draw(material, rows[:_DRAWN]), told, evidence))
    return Section("evictions", "Evictions", joined(*body), (sheet, evidence))


def _told(material: Material) -> str:
    maintenance = material.config.maintenance
    if maintenance.objective == "latency" and maintenance.latency_estimator == "censored":
        means = "the posterior probability that the mean is above the limit"
    else:
        means = "the p-value of the test against the limit"
    return (
        f"{count(len(material.tables.evictions), 'eviction')}; objective {maintenance.objective}, "
        f"estimator {maintenance.latency_estimator}. Evidence is {means}."
    )


_COLUMNS = [
    Column("Worker", numeric=False),
    Column("At"),
    Column("For", numeric=False),
    Column("Estimate"),
    Column("Limit"),
    Column("Evidence"),
    Column("Completed"),
    Column("Ended by others"),
]


def _share(value: float) -> str:
    """Three decimals; never quite nothing, and never quite certain."""
    if value < _FINEST:
        return f"< {_FINEST}"
    return f"> {1 - _FINEST}" if value > 1 - _FINEST else f"{value:.3f}"


class _Seen(NamedTuple):
    """Seconds per label: of what was completed, ended by others, and in hand at the eviction."""

    done: list[float]
    ended: list[float]
    in_hand: list[float]


def _seen(material: Material, row: EvictionRow) -> _Seen:
    found = _Seen([], [], [])
    for each in material.tables.assignments.values():
        if each.worker != row.worker or each.started_at > row.at:
            continue
        records = len(material.tables.tasks[each.task].records)
        over = each.ended_at is not None and each.ended_at <= row.at
        until = each.ended_at if over and each.ended_at is not None else row.at
        pace = max(SHORTEST, (until - each.started_at) / records)
        if not over or each.state == "preempted":
            found.in_hand.append(pace)
        elif each.state == "completed":
            found.done.append(pace)
        elif each.state == "terminated":
            found.ended.append(pace)
    return found


def _row(material: Material, row: EvictionRow) -> list[str]:
    seen = _seen(material, row)
    limit = assessed(row.reason, row.threshold) if isfinite(row.threshold) else "-"
    return [
        row.worker,
        duration(row.at),
        row.reason,
        assessed(row.reason, row.estimate),
        limit,
        _share(row.evidence),
        count(len(seen.done)),
        count(len(seen.ended)),
    ]


_DONE = Entry("circle", "h-blue", "completed")
_BOUND = Entry("right", "f-orange", "ended by others: longer")
_IN_HAND = Entry("right", "h-orange", "in hand: longer")
_ESTIMATE = Entry("tick", "f-vermilion", "estimate at the eviction")


def _draw(material: Material, rows: list[EvictionRow]) -> Markup:
    drawing = Drawing("Evidence on which workers were evicted")
    top = legend(drawing, [_DONE, _BOUND, _IN_HAND, _ESTIMATE])
    seen = [_seen(material, row) for row in rows]
    told = [(row.estimate, nth) for nth, row in enumerate(rows) if row.reason == "latency"]
    values = [each for one in seen for kind in one for each in kind]
    values += [estimate for estimate, _ in told if estimate > 0]
    limits = {row.threshold for row in rows if row.reason == "latency" and isfinite(row.threshold)}
    scale = logarithmic(min([*values, *limits]), max([*values, *limits]))
    chart = Rows(drawing, top + 18, [row.worker for row in rows], scale)
    chart.axis("seconds per label")
    if len(limits) == 1:
        (limit,) = limits
        chart.upright(limit, f"threshold {limit:.3g}")
    for entry, kind in ((_BOUND, 1), (_IN_HAND, 2), (_DONE, 0)):
        chart.marks(entry, [(each, nth) for nth, one in enumerate(seen) for each in one[kind]], 3.0)
    chart.marks(_ESTIMATE, told, 5.0)
    return drawing.svg()


def _evidence_sheet(material: Material) -> Sheet:
    rows = [
        (row.worker, kind, each)
        for row in material.tables.evictions
        for kind, values in zip(_KINDS, _seen(material, row), strict=True)
        for each in values
    ]
    return Sheet("eviction_evidence", ("worker", "seen", "seconds_per_label"), rows)


_KINDS = ("completed", "ended by others", "in hand")


def _sheet(rows: list[EvictionRow]) -> Sheet:
    columns = ("worker", "at", "reason", "estimate", "threshold", "evidence")
    lines = [
        (row.worker, row.at, row.reason, row.estimate, row.threshold, row.evidence) for row in rows
    ]
    return Sheet("evictions", columns, lines)
