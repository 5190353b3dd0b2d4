"""Pool and reserve over time, each worker's stay, and the evictions with their evidence."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from clamshell_tui.formats import assessed, count, duration
from clamshell_tui.report.chart import ChartSeries, Panel, counting, logarithmic, passing
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, Rows, draw_panel, legend
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import (
    HtmlColumn,
    HtmlSection,
    Markup,
    figure,
    joined,
    paragraph,
    table,
)
from clamshell_tui.report.material import Material
from clamshell_tui.report.sections.latencies import SHORTEST
from clamshell_tui.run.tables import EvictionRow

_PEOPLE_DRAWN = 50
_ENDS = {
    "evicted": LegendEntry("triangle", "f-vermilion", "evicted"),
    "left": LegendEntry("diamond", "h-orange", "left"),
    "rejected": LegendEntry("square", "h-grey", "not qualified, or not needed"),
    "released": LegendEntry("circle", "f-grey", "released"),
}


class Career(NamedTuple):
    """When a worker was in training, in the reserve and in a slot; each ends where the next begins.

    A worker who gives up a slot and finishes the task in hand has left the pool.
    """

    worker: str
    joined: float
    admitted: float | None
    seated: float | None
    slot: int | None
    unseated: float | None  # None: not seated, or seated to the end of what is known
    ended: float | None
    state: str
    reason: str

    def stays(self, end: float) -> Iterator[tuple[str, float, float]]:
        """(``training``, ``reserve`` or ``pool``, from, to), up to ``end`` if it is not over."""
        ended = end if self.ended is None else self.ended
        yield "training", self.joined, ended if self.admitted is None else self.admitted
        if self.admitted is not None:
            yield "reserve", self.admitted, ended if self.seated is None else self.seated
        if self.seated is not None:
            yield "pool", self.seated, ended if self.unseated is None else self.unseated


def pool(material: Material) -> HtmlSection:
    """Numbers over time, then a row for each worker."""
    people = careers(material)
    history = occupancy(people, material.end)
    sheets = _history_sheet(history), _worker_sheet(people)
    if not people:
        return HtmlSection("pool", "Pool", paragraph("No worker joined."), sheets)
    told = (
        f"Workers in the {count(material.config.pool.size, 'slot')} of the pool, in the reserve "
        f"(of {count(material.config.pool.reserve)}) and in training."
    )
    body = [figure(_numbers(material, history), told, sheets[0])]
    most = f", the first {_PEOPLE_DRAWN} of them drawn" if len(people) > _PEOPLE_DRAWN else ""
    told = f"Joins and departures: {count(len(people), 'worker')} in the order of coming{most}. "
    told += "A worker who gives up the slot finishes the task in hand before leaving."
    body.append(figure(_lives(material, people[:_PEOPLE_DRAWN]), told, sheets[1]))
    return HtmlSection("pool", "Pool", joined(*body), sheets)


def careers(material: Material) -> list[Career]:
    """Of all workers, in the order of joining."""
    evicted = {row.worker: row.at for row in material.tables.evictions}
    successors = _successors(material)
    found: list[Career] = []
    for row in material.people:
        ends = [each for each in (evicted.get(row.id), successors.get(row.id), row.left_at) if each]
        unseated = min(ends, default=None) if row.seated_at is not None else None
        found.append(
            Career(
                row.id,
                row.joined_at,
                row.admitted_at,
                row.seated_at,
                row.slot,
                unseated,
                row.left_at,
                row.state,
                row.reason or "",
            )
        )
    return found


def _successors(material: Material) -> dict[str, float]:
    """By worker, the moment when another one took the slot."""
    seated = [row for row in material.people if row.seated_at is not None]
    seated.sort(key=lambda row: row.seated_at or 0.0)
    holders: dict[int | None, str] = {}
    found: dict[str, float] = {}
    for row in seated:
        before = holders.get(row.slot)
        if before is not None:
            found[before] = row.seated_at or 0.0
        holders[row.slot] = row.id
    return found


def occupancy(people: Sequence[Career], end: float) -> list[tuple[float, int, int, int]]:
    """(time, in the pool, in the reserve, in training) from each change on."""
    changes: list[tuple[float, str, int]] = []
    for one in people:
        for where, start, stop in one.stays(end):
            changes += [(start, where, 1), (stop, where, -1)]
    numbers = {"pool": 0, "reserve": 0, "training": 0}
    found: list[tuple[float, int, int, int]] = []
    for at, where, by in sorted(changes):
        numbers[where] += by
        if found and found[-1][0] == at:
            found.pop()
        found.append((at, numbers["pool"], numbers["reserve"], numbers["training"]))
    return found


def _numbers(material: Material, history: Sequence[tuple[float, int, int, int]]) -> Markup:
    times = (0.0, *[each[0] for each in history[:-1]], material.end)
    series = []
    for place, name in enumerate(("in the pool", "in the reserve", "in training"), 1):
        counts = [0.0, *[float(each[place]) for each in history[:-1]]]
        series.append(ChartSeries(name, times, (*counts, counts[-1]), kind="steps"))
    x = passing(0.0, material.end)
    most = max(max(each[1:]) for each in history)
    title = "Workers in the pool, in the reserve and in training"
    panel = Panel(title, f"{x.unit} since the run began", "workers", tuple(series))
    y = counting(0, max(most, material.config.pool.size), 5)
    plot = draw_panel(panel, x, y, 160)
    if material.tables.assignments:
        plot.upright(material.start, "first task")
    return plot.drawing.svg()


def _lives(material: Material, people: Sequence[Career]) -> Markup:
    drawing = Drawing("Careers of the workers")
    states = {one.state for one in people}
    entries = [
        LegendEntry("bar", "h-orange", "training"),
        LegendEntry("half", "f-green", "reserve"),
        LegendEntry("bar", "f-blue", "pool"),
        *[entry for state, entry in _ENDS.items() if state in states],
    ]
    top = legend(drawing, entries)
    x = passing(0.0, material.end)
    rows = Rows(drawing, top + 8, [one.worker for one in people], x)
    rows.axis(f"{x.unit} since the run began")
    stays = [(nth, *stay) for nth, one in enumerate(people) for stay in one.stays(material.end)]
    for where, (class_, tall) in _STAYS.items():
        bars = [(nth, start, stop) for nth, name, start, stop in stays if name == where]
        rows.bars(class_, bars, tall)
    for state, entry in _ENDS.items():
        ends = [
            (one.ended, nth)
            for nth, one in enumerate(people)
            if one.state == state and one.ended is not None
        ]
        rows.marks(entry._replace(class_=f"{entry.class_} outlined"), ends, 3.2)
    return drawing.svg()


_STAYS = {"training": ("h-orange", 0.34), "reserve": ("f-green", 0.34), "pool": ("f-blue", 0.62)}


def _history_sheet(history: Sequence[tuple[float, int, int, int]]) -> CsvSheet:
    return CsvSheet("pool_history", ("at", "pool", "reserve", "training"), history)


def _worker_sheet(people: Sequence[Career]) -> CsvSheet:
    columns = (
        "worker", "joined_at", "admitted_at", "seated_at", "slot", "slot_left_at", "left_at",
        "state", "reason",
    )  # fmt: skip
    rows = [one._replace(slot=None if one.slot is None else one.slot + 1) for one in people]
    return CsvSheet("workers", columns, rows)


_DRAWN = 40
_FINEST = 0.001  # of a probability in a table


def evictions(material: Material) -> HtmlSection:
    """Evidence about each evicted worker, and a table of the verdicts."""
    rows = material.tables.evictions
    sheet = _sheet(rows)
    if not rows:
        why = "" if material.config.maintenance.threshold != float("inf") else " It was off."
        text = f"Pool maintenance evicted no worker.{why}"
        return HtmlSection("evictions", "Evictions", paragraph(text), (sheet,))
    evidence = _evidence_sheet(material)
    told = (
        "The evidence about each worker at the eviction, in seconds per label: the "
        "assignments they completed, those that others ended, which would have taken longer, and "
        "the one in hand, if any, so far. The bar is the estimate that decided."
    )
    body = [table(_COLUMNS, [_row(material, row) for row in rows], _told(material), sheet=sheet)]
    if evidence.rows:
        body.insert(0, figure(_draw(material, rows[:_DRAWN]), told, evidence))
    return HtmlSection("evictions", "Evictions", joined(*body), (sheet, evidence))


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
    HtmlColumn("Worker", numeric=False),
    HtmlColumn("At"),
    HtmlColumn("For", numeric=False),
    HtmlColumn("Estimate"),
    HtmlColumn("Limit"),
    HtmlColumn("Evidence"),
    HtmlColumn("Completed"),
    HtmlColumn("Ended by others"),
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
    for each in material.work.get(row.worker, ()):
        if each.started_at > row.at:
            continue
        records = material.tables.size_of(each)
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


_DONE = LegendEntry("circle", "h-blue", "completed")
_BOUND = LegendEntry("right", "f-orange", "ended by others: longer")
_IN_HAND = LegendEntry("right", "h-orange", "in hand: longer")
_ESTIMATE = LegendEntry("tick", "f-vermilion", "estimate at the eviction")


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


def _evidence_sheet(material: Material) -> CsvSheet:
    rows = [
        (row.worker, kind, each)
        for row in material.tables.evictions
        for kind, values in zip(_KINDS, _seen(material, row), strict=True)
        for each in values
    ]
    return CsvSheet("eviction_evidence", ("worker", "seen", "seconds_per_label"), rows)


_KINDS = ("completed", "ended by others", "in hand")


def _sheet(rows: list[EvictionRow]) -> CsvSheet:
    columns = ("worker", "at", "reason", "estimate", "threshold", "evidence")
    lines = [
        (row.worker, row.at, row.reason, row.estimate, row.threshold, row.evidence) for row in rows
    ]
    return CsvSheet("evictions", columns, lines)
