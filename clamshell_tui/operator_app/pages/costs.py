"""What it costs, how long it takes, and what both would be without each technique."""

from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from clamshell_tui.operator_app.pages.estimates import COLUMNS, EstimateRow, Estimates
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.spending import LatencyFacts, spending_facts, spending_figure
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Facts, LiveTable, Plot

_NARROW, _SHORT = 100, 30  # cells and lines below which the plot and the latencies go


class CostsPage(Page):
    """Estimates are made in the background while the page is seen; Enter makes new ones."""

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
        self._estimates = Estimates()
        self._latency = LatencyFacts()
        self._drawn: tuple[int, int] = (-1, -1)

    def compose(self) -> ComposeResult:
        """Spent and latency, spent over time; and below the estimates."""
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
            COLUMNS,
            lambda row: row.key,
            empty="estimates stand here as soon as workers have completed a few tasks",
            id="estimates",
            classes="box",
        )

    @property
    def table(self) -> "LiveTable[EstimateRow]":
        """The variants."""
        return self.query_one("#estimates", LiveTable)

    def entered(self) -> None:
        """Keys are for the estimates."""
        self.table.focus()

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal does without the curve."""
        self.set_class(self.app.size.width < _NARROW, "-narrow")
        self.set_class(self.app.size.height < _SHORT, "-short")

    def show(self, view: View) -> None:
        """Draw what was spent by then; the estimates are of the run's present."""
        spent, latency = self.query_one("#spent", Facts), self.query_one("#latency", Facts)
        spent.entitle("Spent so far")
        spent.update(spending_facts(view))
        latency.entitle("Latency")
        latency.update(self._latency.facts(view))
        curve = self.query_one("#curve", Plot)
        curve.entitle("Dollars over time")
        moment = view.source.replica.frames.until(view.at), int(view.at)
        if moment != self._drawn:  # no more than once a second of the run, for the last point
            self._drawn = moment
            curve.update(spending_figure(view))
        if self._estimates.due(view):
            self._begin(view)
        self.table.entitle("To the end, and without each technique", self._estimates.remark)
        self.table.update(self._estimates.rows())

    def on_live_table_selected(self, _: LiveTable.Selected) -> None:
        """Enter: estimate anew."""
        self._estimates.forget()

    @work(group="estimates", exclusive=True, exit_on_error=False)
    async def _begin(self, view: View) -> None:
        await self._estimates.make(view)
