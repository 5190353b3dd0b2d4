"""The Costs page: money and time so far, and forecasts with and without each technique."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from clamshell_tui.core.commands import PayKind
from clamshell_tui.experiments.forecast import Estimate
from clamshell_tui.formats import count, duration, money, percent, price, sign, unit
from clamshell_tui.operator_app.pages.figures import BatchHistory, decisions_until
from clamshell_tui.operator_app.pages.forecasts import Forecasts, columns
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import Fact, Facts
from clamshell_tui.operator_app.widgets.plot import Figure, Plot, Series
from clamshell_tui.operator_app.widgets.style import clock, time_step
from clamshell_tui.run.statistics import deviation, mean, percentile

_POINTS = 200  # of a curve
_KINDS: dict[PayKind, str] = {
    PayKind.RECORDS: "records",
    PayKind.TERMINATED: "terminated work",
    PayKind.WAITING: "waiting",
    PayKind.TRAINING: "training",
    PayKind.PARTIAL: "work given back",
    PayKind.MACHINE: "machines",
}


def spending_facts(view: View) -> list[Fact]:
    run = view.snapshot.run
    total = sum(run.cost.values())
    facts = []
    for kind, name in _KINDS.items():
        if kind is PayKind.MACHINE and kind not in run.cost:
            continue  # a run without machines
        micros = run.cost.get(kind, 0)
        share = percent(micros / total) if micros else ""
        facts.append(Fact(name, money(micros, view.currency), note=share))
    facts.append(Fact("total", money(total, view.currency), "accent"))
    each = price(total / run.labels, view.currency) if run.labels else "-"
    facts.append(Fact("a label", each, "accent"))
    wages = sorted(each.wage for each in view.snapshot.workers if each.wage is not None)
    if wages:
        of = sign(view.currency)
        facts.append(
            Fact("hourly wage", f"{of}{median(wages):.1f}", note=f"from {of}{wages[0]:.1f}")
        )
    return facts


def spending_figure(view: View) -> Figure:
    """Money by kind over time, in steps of a round length."""
    history, step = view.history, time_step(view.at / _POINTS)
    times = [edge * step for edge in range(int(view.at // step) + 1)]
    series = []
    for kind, name in _KINDS.items():
        if history.cost_until(kind, view.at):
            points = [(at, history.cost_until(kind, at) / 1e6) for at in [*times, view.at]]
            series.append(Series(name, tuple(points)))
    return Figure(
        tuple(series),
        y_label=unit(view.currency),
        x_format=duration,
        y_format=lambda value: f"{sign(view.currency)}{value:g}",
    )


class LatencyFacts:
    """Facts about latency; those of batches are computed again when a batch ends."""

    def __init__(self) -> None:
        self._history = BatchHistory()
        self._facts: tuple[int, list[Fact]] = (-1, [])

    def facts(self, view: View) -> list[Fact]:
        run = view.snapshot.run
        began = run.first_assignment
        minutes = 0.0 if began is None else (view.at - began) / 60
        pace = run.labels / minutes if minutes > 0 else None
        return [
            *self._batches(view),
            Fact("decision latency", duration(_last_wait(view))),
            Fact("labels a minute", "-" if pace is None else f"{pace:.1f}", "accent"),
            Fact("to the budget", _to_go(view, pace)),
        ]

    def _batches(self, view: View) -> list[Fact]:
        self._history.follow(view.history)
        ended = self._history.ended_until(view.at)
        if ended != self._facts[0]:
            self._facts = ended, _batch_facts(self._history.latencies(ended, ended))
        return self._facts[1]


def _batch_facts(lasted: Sequence[float]) -> list[Fact]:
    curve = tuple(lasted[-24:])
    return [
        Fact("last batch", duration(lasted[-1] if lasted else None), curve=curve),
        Fact("mean batch", duration(mean(lasted)), note=f"of {count(len(lasted))}"),
        Fact("deviation", duration(deviation(lasted))),
        Fact("95 % of batches within", duration(percentile(lasted, 0.95))),
    ]


def _last_wait(view: View) -> float | None:
    """Seconds that the pool waited for the last batch that has begun."""
    decisions = decisions_until(view.history, view.at)
    return view.history.waits[decisions - 1] if decisions else None


def _to_go(view: View, pace: float | None) -> str:
    budget = view.snapshot.run.budget
    left = None if budget is None else budget - view.snapshot.run.labels
    if left is None or not pace:
        return "-"
    return "reached" if left <= 0 else duration(left / pace * 60)


_NARROW, _SHORT = 100, 30  # cells and lines below which the plot and the latencies go


class CostsPage(Page):
    """The page; forecasts run in the background while it is visible, and again on Enter."""

    ID: ClassVar[str] = "costs"
    TITLE: ClassVar[str] = "Costs"
    DEFAULT_CSS = """
    CostsPage { layout: vertical; }
    CostsPage #upper { height: 1fr; min-height: 9; }
    CostsPage #figures { width: 46; }
    CostsPage #spent, CostsPage #latency { height: 1fr; min-height: 9; }
    CostsPage #estimates { height: 8; }
    CostsPage.-narrow #curve { display: none; }
    CostsPage.-narrow #figures { width: 1fr; layout: horizontal; }
    CostsPage.-short #figures { width: 1fr; layout: horizontal; }
    CostsPage.-short #curve { display: none; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 # Textual's own name for it
        super().__init__(id=id)
        self._estimates = Forecasts()
        self._latency = LatencyFacts()
        self._drawn = -1

    def compose(self) -> ComposeResult:
        with Horizontal(id="upper"):
            with Vertical(id="figures"):
                yield Facts(id="spent", classes="box")
                yield Facts(id="latency", classes="box")
            yield Plot(
                empty="nothing is spent yet: each kind of pay will be a line here",
                id="curve",
                classes="box",
            )
        yield LiveTable(
            columns("USD"),
            lambda row: row.variant,
            empty="estimates stand here as soon as workers have completed a few tasks",
            id="estimates",
            classes="box",
        )

    @property
    def table(self) -> "LiveTable[Estimate]":
        return self.query_one("#estimates", LiveTable)

    def entered(self) -> None:
        self.table.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.width < _NARROW, "-narrow")
        self.set_class(self.app.size.height < _SHORT, "-short")

    def show(self, view: View) -> None:
        """Draw the costs at this moment; forecasts always start from the present."""
        spent, latency = self.query_one("#spent", Facts), self.query_one("#latency", Facts)
        if self._drawn < 0:
            self.table.set_columns(columns(view.currency))
        spent.entitle("Spent so far")
        spent.update(spending_facts(view))
        latency.entitle("Latency")
        latency.update(self._latency.facts(view))
        curve = self.query_one("#curve", Plot)
        curve.entitle("Dollars over time" if view.currency == "USD" else "Pay over time")
        if int(view.at) != self._drawn:  # at most once per second of the run
            self._drawn = int(view.at)
            curve.update(spending_figure(view))
        if self._estimates.due(view):
            self._begin(view)
        self.table.entitle("To the end, and without each technique", self._estimates.remark)
        self.table.update(self._estimates.rows())

    def on_live_table_selected(self, _: LiveTable.Selected) -> None:
        self._estimates.forget()

    @work(group="estimates", exclusive=True, exit_on_error=False)
    async def _begin(self, view: View) -> None:
        await self._estimates.make(view)


BINS = 48  # of the curve, at most
_RECENT = 60.0  # seconds at least, that "now" means
_SHARE = 4  # and at least this part of the labelling so far


def rates(times: Sequence[float], start: float, at: float) -> tuple[float, ...]:
    """Labels a minute in equal steps of a round length from ``start``; whole steps only."""
    if at <= start:
        return ()
    step = time_step((at - start) / BINS)
    edges = range(int(start // step), int(at // step) + 1)
    counts = [bisect_left(times, edge * step) for edge in edges]
    per_minute = 60.0 / step
    return tuple([(after - before) * per_minute for before, after in pairwise(counts)])


def labels_figure(view: View) -> Figure:
    """Labels over time; a point is added for each step, not for each frame."""
    start, times = view.snapshot.run.first_assignment, view.history.label_times()
    if start is None or not view.history.labels_until(view.at):
        return Figure()
    step = time_step((view.at - start) / BINS)
    edges = [edge * step for edge in range(int(start // step), int(view.at // step) + 1)]
    points = tuple([(edge, float(bisect_left(times, edge))) for edge in edges])
    return Figure(series=(Series("", points, "step", area=True),), x_label="time", x_format=clock)


def recent_rate(times: Sequence[float], start: float, at: float) -> float | None:
    """Labels a minute over the last minute, or the last quarter of the run if that is longer."""
    span = min(at - start, max(_RECENT, (at - start) / _SHARE))
    if span <= 0:
        return None
    first, last = bisect_left(times, at - span), bisect_left(times, at)
    return (last - first) * 60.0 / span


def mean_rate(times: Sequence[float], start: float, at: float) -> float | None:
    return bisect_left(times, at) * 60.0 / (at - start) if at > start else None


def whole(seconds: float | None) -> str:
    """A running duration without decimals, which would change ten times a second."""
    if seconds is None or seconds >= 60:
        return duration(seconds)
    return f"{int(seconds)} s"


def goal(view: View) -> int:
    """Expected number of labels: the records so far, or the budget if that is less."""
    run = view.snapshot.run
    records = max(0, run.records - run.set_aside)
    return records if run.budget is None else min(run.budget, records)


def seconds_left(view: View) -> float | None:
    """Seconds to the goal at the recent rate; None if unknown."""
    run = view.snapshot.run
    if run.phase != "labelling" or run.paused or run.first_assignment is None:
        return None
    rate = recent_rate(view.history.label_times(), run.first_assignment, view.at)
    left = goal(view) - view.history.labels_until(view.at)
    return left * 60.0 / rate if rate and left >= 0 else None
