"""Money and time, so far."""

from collections.abc import Sequence

from clamshell_tui.core.commands import PayKind
from clamshell_tui.formats import count, duration, money, percent, price
from clamshell_tui.operator_app.pages.batch_history import BatchHistory, decisions_until
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Fact, Figure, Series
from clamshell_tui.report.numbers import deviation, mean, percentile

_POINTS = 200  # of a curve
_KINDS = {
    PayKind.RECORDS: "records",
    PayKind.TERMINATED: "terminated work",
    PayKind.WAITING: "waiting",
    PayKind.TRAINING: "training",
    PayKind.PARTIAL: "work given back",
}


def spending_facts(view: View) -> list[Fact]:
    """By kind, in all, and per label."""
    run = view.frame.run
    total = sum(run.cost.values())
    facts = []
    for kind, name in _KINDS.items():
        micros = run.cost.get(kind, 0)
        share = percent(micros / total) if micros else ""
        facts.append(Fact(name, money(micros), note=share))
    facts.append(Fact("total", money(total), "accent"))
    facts.append(Fact("a label", price(total / run.labels) if run.labels else "-", "accent"))
    return facts


def spending_figure(view: View) -> Figure:
    """Dollars by kind over time, from the pictures kept of the run."""
    frames = view.source.replica.frames
    until = frames.until(view.at)
    stride = max(1, until // _POINTS)
    places = range(0, until, stride)
    series = []
    for kind, name in _KINDS.items():
        micros = frames.cost.get(kind)
        if micros is None or not until or not micros[until - 1]:
            continue
        points = [(frames.times[place], micros[place] / 1e6) for place in places]
        points.append((view.at, view.frame.run.cost.get(kind, 0) / 1e6))
        series.append(Series(name, tuple(points)))
    return Figure(tuple(series), y_label="dollars", x_format=duration, y_format=_dollars)


class LatencyFacts:
    """Of batches, labels and decisions; figures of batches are made anew when another one ends."""

    def __init__(self) -> None:
        self._history = BatchHistory()
        self._facts: tuple[int, list[Fact]] = (-1, [])

    def facts(self, view: View) -> list[Fact]:
        """As of the view's moment."""
        run = view.frame.run
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


def _dollars(value: float) -> str:
    return f"${value:g}"


def _last_wait(view: View) -> float | None:
    """Of the last batch that had begun: how long the pool waited for it."""
    decisions = decisions_until(view.history, view.at)
    return view.history.waits[decisions - 1] if decisions else None


def _to_go(view: View, pace: float | None) -> str:
    budget = view.frame.run.budget
    left = None if budget is None else budget - view.frame.run.labels
    if left is None or not pace:
        return "-"
    return "reached" if left <= 0 else duration(left / pace * 60)
