"""The Pool page: workers by slot, reserve, trainees, former workers, and details of one."""

from collections.abc import Iterator
from math import isfinite
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from clamshell_tui.formats import assessed, count, duration, money, percent
from clamshell_tui.operator_app.pages.pool_rows import (
    COLUMNS,
    PoolRow,
    columns_of,
    former_row,
    machine_row,
    present_row,
    row_ink,
)
from clamshell_tui.operator_app.pages.table_page import TablePage
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import entitle
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import Fact, Facts
from clamshell_tui.operator_app.widgets.plot import Figure, Guide, Plot, Series
from clamshell_tui.operator_app.widgets.table_layout import TableSection
from clamshell_tui.run.history import History
from clamshell_tui.run.snapshot import MachineSnapshot, WorkerSnapshot
from clamshell_tui.run.tables import WorkerRow

_SHOWN = 120  # tasks in the plot


class WorkerBox(Horizontal):
    """Details of one worker: facts, and the latency of each task."""

    DEFAULT_CSS = """
    WorkerBox Facts { width: 2fr; }
    WorkerBox Plot { width: 3fr; }
    """

    def compose(self) -> ComposeResult:
        yield Facts()
        yield Plot(empty="no task is done yet: each one will be a point here")

    def show_worker(self, view: View, key: str | None) -> None:
        """Show this worker at the moment of the view."""
        worker = view.history.workers.get(key or "")
        machine = next((each for each in view.snapshot.machines if each.worker == key), None)
        if machine is not None:
            entitle(self, f"Machine {machine.worker}")
            self.query_one(Facts).update(_machine_facts(machine, view.currency))
            self.query_one(Plot).update(Figure())
            return
        if worker is None:
            entitle(self, "Worker")
            self.query_one(Facts).update([Fact("", "choose a worker above")])
            return
        card = next((card for card in view.snapshot.workers if card.worker == key), None)
        entitle(self, f"Worker {worker.id}")
        self.query_one(Facts).update(_facts(worker, card, view))
        self.query_one(Plot).update(_latencies(worker, view))


def _facts(worker: WorkerRow, card: WorkerSnapshot | None, view: View) -> list[Fact]:
    known = card or view.source.replica.worker(worker.id)
    facts = [
        Fact("joined", duration(worker.joined_at)),
        Fact("took the slot", _when(worker.seated_at, view.at)),
        Fact("gone", _when(worker.left_at, view.at), note=_reason(worker, view.at)),
        Fact("paid", money(known.owed_micros, view.currency)),
    ]
    if card is not None:
        checks = f"{card.checks_right} of {card.checks_asked}"
        facts += [
            Fact("gold right", f"{card.gold_right} of {card.gold_asked}"),
            *([Fact("checks right", checks)] if card.checks_asked else []),
            Fact("agreed", f"{card.agreed} of {card.compared}"),
            Fact("mean of the done", _seconds(card.empirical), note=_fast(card)),
            Fact("TermEst", _seconds(card.termest), note=_p_value(card)),
            Fact("censored", _seconds(card.censored), note=_slow(card)),
        ]
    return facts


def _machine_facts(machine: MachineSnapshot, currency: str) -> list[Fact]:
    share = "" if not machine.asked else percent(machine.right / machine.asked)
    return [
        Fact("source", machine.source),
        Fact("joined", duration(machine.joined)),
        Fact("records answered", count(machine.answered), note=f"{machine.abstained} abstained"),
        Fact("requests lost", count(machine.failed)),
        Fact("right by people", f"{machine.right} of {machine.asked}", note=share),
        Fact("labels of its source", count(machine.accepted)),
        Fact("cost", money(machine.micros, currency)),
    ]


def _when(at: float | None, now: float) -> str:
    return "-" if at is None or at > now else duration(at)


def _reason(worker: WorkerRow, now: float) -> str:
    gone = worker.left_at is not None and worker.left_at <= now
    return worker.reason or "" if gone else ""


def _seconds(latency: float | None) -> str:
    return "-" if latency is None else f"{latency:.1f} s a label"


def _fast(card: WorkerSnapshot) -> str:
    return f"{card.fast} of {card.completed} too fast to be read" if card.fast else ""


def _p_value(card: WorkerSnapshot) -> str:
    return "" if card.p_value is None else f"p = {card.p_value:.3f}"


def _slow(card: WorkerSnapshot) -> str:
    return "" if card.slow is None else f"P(slow) = {card.slow:.0%}"


def _latencies(worker: WorkerRow, view: View) -> Figure:
    """Seconds per label over time, of completed tasks and of those cut short."""
    done: list[tuple[float, float]] = []
    ended: list[tuple[float, float]] = []
    slots, slot = view.history.slots, worker.slot
    if slot is not None and slot < len(slots) and worker.seated_at is not None:
        until = view.at if worker.left_at is None else min(view.at, worker.left_at)
        for row in slots[slot].between(worker.seated_at, until)[-_SHOWN:]:
            if row.worker != worker.id or row.ended_at is None or row.ended_at > view.at:
                continue
            took = (row.ended_at - row.started_at) / view.history.size_of(row)
            (done if row.state == "completed" else ended).append((row.ended_at, took))
    threshold = view.speed_limit
    guides = () if threshold is None else (Guide(threshold, "limit", "y", "warning"),)
    series = []
    if done:
        series.append(Series("completed", tuple(done), "points"))
    if ended:
        series.append(Series("cut short", tuple(ended), "points"))
    return Figure(tuple(series), guides, y_label="s a label", x_format=duration)


_LAST_GONE = 200  # former workers listed; the run file has them all
_DETAILS_FROM = 34  # lines of the terminal, that leave room for details below the table


class PoolPage(TablePage):
    """The page; the details follow the cursor of the table."""

    ID: ClassVar[str] = "pool"
    TITLE: ClassVar[str] = "Pool"
    ROWS: ClassVar[str] = "workers"
    DEFAULT_CSS = """
    PoolPage { layout: vertical; }
    PoolPage #people { height: 1fr; }
    PoolPage WorkerBox { height: 11; }
    PoolPage.-short WorkerBox { display: none; }
    PoolPage.-short.-details WorkerBox { display: block; height: 7; }
    PoolPage.-short WorkerBox Plot { display: none; }
    """

    _view: View | None = None
    _gone: tuple[int, list[PoolRow]] = (-1, [])

    def compose(self) -> ComposeResult:
        yield LiveTable(
            COLUMNS,
            lambda row: row.key,
            empty="no worker yet: workers appear here as soon as they join",
            row_ink=row_ink,
            id="people",
            classes="box",
        )
        yield WorkerBox(id="worker", classes="box")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The marked workers, else the one under the cursor; only those who are present."""
        wanted = self.wanted
        return tuple([worker for worker in self._present if worker in wanted])

    @property
    def chosen_gone(self) -> tuple[str, ...]:
        """As ``chosen``, those who have left."""
        return tuple(sorted(self.wanted.difference(self._present)))

    @property
    def _present(self) -> list[str]:
        if self._view is None:
            return []
        seen = self._view.snapshot
        machines = [each.worker for each in seen.machines]
        return [each.worker for each in seen.workers] + machines

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.height < _DETAILS_FROM, "-short")

    def show(self, view: View) -> None:
        if self._view is None:
            self.table.set_columns(columns_of(view.source.config, view.currency))
        self._view = view
        run = view.snapshot.run
        details = "; Enter: details" if self.has_class("-short") else ""
        marks = f"; {len(self.table.marked)} marked, Escape: none" if self.table.marked else ""
        self.table.entitle(
            f"Pool: {run.seated} of {run.slots} slots taken, {run.idle} waiting{self.note}",
            _question(view) or f"{_limit(view)}{details}{marks}",
        )
        self.table.update(self._lines(view), self.words)
        self._show_details()

    def on_live_table_highlighted(self, _: LiveTable.Highlighted) -> None:
        self._show_details()

    def on_live_table_selected(self, _: LiveTable.Selected) -> None:
        """Show or hide the details in a short terminal."""
        self.toggle_class("-details")

    def _show_details(self) -> None:
        if self._view is not None:
            self.query_one(WorkerBox).show_worker(self._view, self.table.cursor)

    def _lines(self, view: View) -> Iterator[PoolRow | TableSection]:
        cards = view.snapshot.workers
        yield from (present_row(card, view) for card in cards if card.slot is not None)
        reserve = [card for card in cards if card.state == "reserve"]
        training = [card for card in cards if card.state == "training"]
        leaving = [card for card in cards if card.slot is None and card.state == "active"]
        for title, group in (
            ("in reserve", reserve),
            ("in training", training),
            ("finishing outside the pool", leaving),
        ):
            if group:
                yield TableSection(title, count(len(group), "worker"))
                yield from (present_row(card, view) for card in group)
        if machines := view.snapshot.machines:
            yield TableSection("machines", count(len(machines), "machine"))
            yield from map(machine_row, machines)
        gone = self._former(view.history, view)
        if gone:
            yield TableSection("gone", count(len(view.history.gone_until(view.at)), "worker"))
            yield from gone

    def _former(self, history: History, view: View) -> list[PoolRow]:
        """Former workers, the last to leave first; rebuilt when another one leaves."""
        gone = history.gone_until(view.at)
        if self._gone[0] != len(gone):
            rows = [former_row(worker, history, view) for worker in reversed(gone[-_LAST_GONE:])]
            self._gone = len(gone), rows
        return self._gone[1]


def _question(view: View) -> str:
    """Warn about proven spammers that stay because no replacement is available."""
    asking = view.snapshot.run.asking
    if not asking:
        return ""
    more = f" and {len(asking) - 1} more" if len(asking) > 1 else ""
    return f"dismiss {asking[0]}{more}? Too often wrong, and none to spare (x)"


def _limit(view: View) -> str:
    """The eviction limit, in the unit of the objective."""
    maintenance, speed = view.source.config.maintenance, view.snapshot.run.threshold
    objective = maintenance.objective
    if objective == "quality":
        return f"eviction below {assessed(objective, maintenance.min_accuracy)}"
    limits = {"variance": maintenance.max_deviation, "speed-quality": 1.0}
    limit = limits.get(objective, speed)
    if speed is None or limit is None:
        return "eviction off"
    if not isfinite(limit):
        return "eviction limit not known yet"
    return f"eviction above {assessed(objective, limit)}"
