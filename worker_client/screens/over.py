"""End of the session: the reason, and the pay statement."""

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import clock
from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from clamshell_tui.wire.worker_messages import Statement
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.session import Session
from worker_client.widgets.lines import SteadyText

_WIDTH = 48  # cells of the table, unless a name needs more
REASONS = {  # key of the sentence for each reason of the engine
    "the run is over": "run_over",
    "latency": "faster",
    "variance": "another",
    "speed-quality": "another",
    "evicted": "another",
    "quality": "quality",
    "unresponsive": "unresponsive",
    "gave back too many tasks": "gave_back",
    "left too many tasks unanswered": "unanswered",
    "answered too many tasks after giving them back": "answered_late",
    "left": "left",
    "dismissed": "dismissed",
    "disconnected": "disconnected",
    "did not qualify": "not_qualified",
    "the pool is full": "pool_full",
    "the pool was made smaller": "pool_smaller",
}


class OverScreen(ScreenFrame):
    """Shows the statement until the person closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q,escape", "app.close", "Close", id="close"),
    ]

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield SteadyText(id="thanks", classes="title", markup=False)
            yield SteadyText(id="reason", markup=False)
            yield SteadyText(id="statement", markup=False)
            yield SteadyText(id="open", markup=False)

    def keys(self) -> Keys:
        return [self.key("enter", "close")]

    def show_body(self, now: float) -> None:
        """The end as it came."""
        session = self.session
        statement = session.statement
        thanks = "thanks" if statement is not None else "failed"
        if not session.over:
            thanks = "on_its_way"
        self.query_one("#thanks", Static).update(Content(self.texts(f"over.{thanks}")))
        reason = show(session.failure or _in_words(session.ended, self.texts))
        self.query_one("#reason", Static).update(Content(reason[:1].upper() + reason[1:]))
        table = Content("")
        if statement is not None:
            table = _table(statement, session)
        self.query_one("#statement", Static).update(table)
        undelivered = self.query_one("#open", Static)
        undelivered.update(_undelivered(session.undelivered, self.texts))
        undelivered.display = bool(session.undelivered)


def _in_words(reason: str, texts: Texts) -> str:
    """Explain a reason of the engine to the participant; any other one is shown as it is."""
    return texts(f"ended.{REASONS[reason]}") if reason in REASONS else reason


def _undelivered(count: int, texts: Texts) -> Content:
    if not count:
        return Content("")
    return Content.styled(texts("over.undelivered", count=count), "$text-warning")


def _table(statement: Statement, session: Session) -> Content:
    texts = session.texts
    waited = clock(statement.waiting_seconds)
    rows = [
        (texts("over.waiting", time=waited), statement.waiting_micros),
        (texts("over.training"), statement.training_micros),
        (texts("over.records", count=statement.tasks_completed), statement.records_micros),
        (texts("over.terminated", count=statement.tasks_terminated), statement.terminated_micros),
        (texts("over.partial"), statement.partial_micros),
        (texts("over.total", worker=show(statement.worker, 16)), statement.total_micros),
    ]
    lines = [(name, session.amount(micros)) for name, micros in rows]
    width = max(_WIDTH, *[cell_len(name) + 2 + len(amount) for name, amount in lines])
    *above, total = [
        Content(f"{name}{amount.rjust(width - cell_len(name))}") for name, amount in lines
    ]
    return Content("\n").join([*above, Content("\u2500" * width), total.stylize("bold")])
