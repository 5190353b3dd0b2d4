"""Who is here: one row a slot, the reserve and trainees behind them, and who has gone and why."""

from collections.abc import Iterator
from math import isfinite
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from clamshell_tui.formats import assessed, count
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.pool_rows import COLUMNS, PoolRow, here, row_ink, went
from clamshell_tui.operator_app.pages.worker_box import WorkerBox
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import LiveTable, Section
from clamshell_tui.replica.history import History

_LAST_GONE = 200  # former workers listed; the run file has them all
_DETAILS_FROM = 34  # lines of the terminal, so that details do not squeeze the table


class PoolPage(Page):
    """Enter, or a click, chooses whose details are told below."""

    ID: ClassVar[str] = "pool"
    TITLE: ClassVar[str] = "Pool"
    DEFAULT_CSS = """
    PoolPage { layout: vertical; }
    PoolPage #people { height: 1fr; }
    PoolPage WorkerBox { height: 9; }
    PoolPage.-short WorkerBox { display: none; }
    """

    _view: View | None = None
    _gone: tuple[int, list[PoolRow]] = (-1, [])

    def compose(self) -> ComposeResult:
        """The table, and the details of one row."""
        yield LiveTable(
            COLUMNS,
            lambda row: row.key,
            empty="nobody has come yet: workers appear here as soon as they join",
            row_ink=row_ink,
            id="people",
            classes="box",
        )
        yield WorkerBox(id="worker", classes="box")

    @property
    def table(self) -> "LiveTable[PoolRow]":
        """Who is in it."""
        return self.query_one("#people", LiveTable)

    @property
    def chosen(self) -> str:
        """The worker under the cursor, if still here; empty if there is none."""
        here = self._view.frame.workers if self._view is not None else ()
        key = self.table.cursor
        return key if key is not None and any(card.worker == key for card in here) else ""

    def entered(self) -> None:
        """Keys are for the table."""
        self.table.focus()

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal shows the table alone."""
        self.set_class(self.app.size.height < _DETAILS_FROM, "-short")

    def show(self, view: View) -> None:
        """Draw who was here at that moment."""
        self._view = view
        run = view.frame.run
        self.table.entitle(
            f"Pool: {run.seated} of {run.slots} slots taken, {run.idle} waiting",
            _question(view) or _limit(view),
        )
        self.table.update(self._lines(view))
        self._tell()

    def on_live_table_highlighted(self, _: LiveTable.Highlighted) -> None:
        """Another row: other details."""
        self._tell()

    def _tell(self) -> None:
        if self._view is not None:
            self.query_one(WorkerBox).tell(self._view, self.table.cursor)

    def _lines(self, view: View) -> Iterator[PoolRow | Section]:
        cards = view.frame.workers
        yield from (here(card, view) for card in cards if card.slot is not None)
        reserve = [card for card in cards if card.state == "reserve"]
        training = [card for card in cards if card.state == "training"]
        leaving = [card for card in cards if card.slot is None and card.state == "active"]
        for title, group in (
            ("in reserve", reserve),
            ("in training", training),
            ("finishing outside the pool", leaving),
        ):
            if group:
                yield Section(title, count(len(group), "worker"))
                yield from (here(card, view) for card in group)
        gone = self._former(view.history, view)
        if gone:
            yield Section("gone", count(len(view.history.gone_until(view.at)), "worker"))
            yield from gone

    def _former(self, history: History, view: View) -> list[PoolRow]:
        """The last to go stand first; made anew when somebody else goes."""
        gone = history.gone_until(view.at)
        if self._gone[0] != len(gone):
            rows = [went(worker, history, view) for worker in reversed(gone[-_LAST_GONE:])]
            self._gone = len(gone), rows
        return self._gone[1]


def _question(view: View) -> str:
    """About proven spammers who stay until the operator, or a replacement, decides."""
    asking = view.frame.run.asking
    if not asking:
        return ""
    more = f" and {len(asking) - 1} more" if len(asking) > 1 else ""
    return f"dismiss {asking[0]}{more}? Too often wrong, and none to spare (x)"


def _limit(view: View) -> str:
    """When a worker is evicted, in the unit of the objective."""
    maintenance, speed = view.source.config.maintenance, view.frame.run.threshold
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
