"""Latency: the distribution over all assignments, and each worker's estimates.

Terminated assignments would have taken longer than was seen, so the distribution is Kaplan-Meier's.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from clamshell_tui.formats import count
from clamshell_tui.report.chart import ChartSeries, Panel, Scale, linear, logarithmic
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


def kaplan_meier(done: Sequence[float], bounds: Sequence[float]) -> list[tuple[float, float]]:
    """Share of durations up to each duration in ``done``, in order.

    ``bounds`` are censored durations: the observation ended, the work did not (Kaplan and Meier,
    JASA 1958). Without any it is the empirical distribution.
    """
    ended, lost = Counter(done), Counter(bounds)
    at_risk, lasting = len(done) + len(bounds), 1.0
    curve: list[tuple[float, float]] = []
    for duration in sorted(ended.keys() | lost.keys()):
        if ended[duration]:
            lasting *= 1.0 - ended[duration] / at_risk
            curve.append((duration, 1.0 - lasting))
        at_risk -= ended[duration] + lost[duration]
    return curve


def quantile(curve: Sequence[tuple[float, float]], share: float) -> float | None:
    """The shortest duration that at least ``share`` took at most; None if it is never reached."""
    return next((duration for duration, reached in curve if reached >= share - 1e-12), None)


PEOPLE_DRAWN = 50
_BOUNDS = frozenset({"terminated", "preempted"})  # ended by others: it would have taken longer
_TICKS = 150  # at the foot of the distribution; of more, every second or third is drawn
SHORTEST = 1e-3  # seconds per label


class Speed(NamedTuple):
    """One worker's mean in seconds per label, by each estimator; None: nothing known."""

    worker: str
    completed: int
    terminated: int
    empirical: float | None
    termest: float | None
    censored: float | None
    slow: float | None  # P(mean > threshold) of the censored posterior


def latencies(material: Material) -> HtmlSection:
    """The distribution, then the estimates of each worker."""
    done, bounds = _observed(material)
    if not done:
        empty = paragraph("No assignment was completed.")
        return HtmlSection("latency", "Latency", empty, (_distribution_sheet([], []),))
    people = speeds(material)
    spread, estimates = _distribution_sheet(done, bounds), _estimate_sheet(people)
    body = [figure(_distribution(done, bounds), _told(done, bounds), spread)]
    if people:
        told = (
            "Mean seconds per label of each worker by three estimators. Mitigation ends slow "
            "workers' assignments early, so the mean of what they completed flatters them; TermEst "
            "guesses the terminated ones from the first finishers (CLAMShell 4.3), and the "
            "censored posterior takes them as lower bounds."
        )
        body.append(figure(_estimates(material, people[:PEOPLE_DRAWN]), told, estimates))
        body.append(_table(people, estimates))
    return HtmlSection("latency", "Latency", joined(*body), (spread, estimates))


def _observed(material: Material) -> tuple[list[float], list[float]]:
    """Seconds per label of completed assignments, and of those that others ended."""
    done: list[float] = []
    bounds: list[float] = []
    for row in material.tables.assignments.values():
        if row.ended_at is None:
            continue
        records = material.tables.size_of(row)
        pace = max(SHORTEST, (row.ended_at - row.started_at) / records)
        if row.state == "completed":
            done.append(pace)
        elif row.state in _BOUNDS:
            bounds.append(pace)
    return done, bounds


def speeds(material: Material) -> list[Speed]:
    """Speeds of workers with an ended assignment, slowest first; empty without a replay."""
    found: list[Speed] = []
    if material.replica is None:
        return found
    for row in material.people:
        worker = material.replayed[row.id]
        if worker.completed or worker.terminated:
            found.append(
                Speed(
                    row.id,
                    worker.completed,
                    worker.terminated,
                    worker.empirical,
                    worker.termest,
                    worker.censored,
                    None if material.threshold is None else worker.slow,
                )
            )
    return sorted(found, key=lambda each: -(each.censored or each.empirical or 0.0))


def _told(done: list[float], bounds: list[float]) -> str:
    text = (
        f"Share of assignments that took at most so long, in seconds per label. Of the "
        f"{count(len(done))} completed ones alone the median is {median(done):.2f}"
    )
    if not bounds:
        return f"{text}; none was ended by another worker's answer."
    half = quantile(kaplan_meier(done, bounds), 0.5)
    with_them = "not reached" if half is None else f"{half:.2f}"
    return (
        f"{text}; with {count(len(bounds))} that were ended from outside (ticks) as lower bounds "
        f"(Kaplan and Meier's estimate) it is {with_them}."
    )


def _distribution(done: list[float], bounds: list[float]) -> Markup:
    x = logarithmic(min(done), max([*done, *bounds]))
    series = [_stairs("completed alone", kaplan_meier(done, []), x)]
    if bounds:
        name = "with those ended by others as lower bounds"
        series.insert(0, _stairs(name, kaplan_meier(done, bounds), x))
    title = "Distribution of seconds per label"
    panel = Panel(title, "seconds per label", "share", tuple(series))
    plot = draw_panel(panel, x, linear(0.0, 1.0, 5), 200)
    foot = plot.box.bottom - 5
    shown = sorted(each for each in bounds if each >= x.low)[:: 1 + len(bounds) // _TICKS]
    plot.drawing.marks("tick", [(plot.x(each), foot) for each in shown], "f-grey", 2.5)
    return plot.drawing.svg()


def _stairs(name: str, curve: Sequence[tuple[float, float]], x: Scale) -> ChartSeries:
    """A distribution as steps from one end of the axis to the other."""
    points = [(x.low, 0.0), *curve, (x.high, curve[-1][1])]
    return ChartSeries(name, tuple(x for x, _ in points), tuple(y for _, y in points), kind="steps")


def _estimates(material: Material, people: Sequence[Speed]) -> Markup:
    drawing = Drawing("Estimates of each worker's latency")
    top = legend(drawing, _ESTIMATORS)
    known = [each for one in people for each in (one.empirical, one.termest, one.censored) if each]
    limits = [*known, *([] if material.threshold is None else [material.threshold])]
    scale = logarithmic(min(limits), max(limits))
    rows = Rows(drawing, top + 18, [one.worker for one in people], scale)
    rows.axis("mean seconds per label")
    if material.threshold is not None:
        rows.upright(material.threshold, f"threshold {material.threshold:.3g}")
    for nth, one in enumerate(people):
        found = [each for each in (one.empirical, one.termest, one.censored) if each]
        rows.stem(nth, min(found, default=scale.low), max(found, default=scale.low))
    for entry, read in zip(_ESTIMATORS, _READ, strict=True):
        points = [(read(one), nth) for nth, one in enumerate(people)]
        rows.marks(entry, [(each, nth) for each, nth in points if each is not None])
    return drawing.svg()


_ESTIMATORS = [
    LegendEntry("circle", "h-orange", "empirical: completed alone"),
    LegendEntry("triangle", "h-purple", "TermEst"),
    LegendEntry("square", "f-blue", "censored posterior"),
]
_READ: tuple[Callable[[Speed], float | None], ...] = (
    lambda one: one.empirical,
    lambda one: one.termest,
    lambda one: one.censored,
)


def _table(people: Sequence[Speed], sheet: CsvSheet) -> Markup:
    columns = [
        HtmlColumn("Worker", numeric=False),
        HtmlColumn("Completed"),
        HtmlColumn("Ended by others"),
        HtmlColumn("Empirical"),
        HtmlColumn("TermEst"),
        HtmlColumn("Censored"),
        HtmlColumn("P(slow)"),
    ]
    rows = [
        [
            one.worker,
            count(one.completed),
            count(one.terminated),
            pace(one.empirical),
            pace(one.termest),
            pace(one.censored),
            "-" if one.slow is None else f"{one.slow:.2f}",
        ]
        for one in people
    ]
    told = "Seconds per label; P(slow) is the posterior probability of a mean above the threshold."
    return table(columns, rows, told, sheet=sheet)


def pace(value: float | None) -> str:
    """Seconds per label, as they are written in tables."""
    return "-" if value is None else f"{value:.2f}"


def _distribution_sheet(done: list[float], bounds: list[float]) -> CsvSheet:
    """Both curves where either of them steps."""
    naive, whole = dict(kaplan_meier(done, [])), dict(kaplan_meier(done, bounds))
    rows = [(at, naive[at], whole[at]) for at in sorted(naive)]
    columns = ("seconds_per_label", "share_completed_alone", "share_with_bounds")
    return CsvSheet("latency_distribution", columns, rows)


def _estimate_sheet(people: Sequence[Speed]) -> CsvSheet:
    columns = (
        "worker", "completed", "ended_by_others", "empirical", "termest", "censored", "p_slow",
    )  # fmt: skip
    return CsvSheet("latency_estimates", columns, people)
