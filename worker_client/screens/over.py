"""End of the session: the reason, and the pay statement."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import clock, money
from clamshell_tui.text import show
from clamshell_tui.wire.worker_messages import Statement
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText

_WIDTH = 48
_ANOTHER = "your place went to another worker"
_IN_WORDS = {  # the engine's reasons, explained to the participant
    "latency": "your place went to a faster worker",
    "variance": _ANOTHER,
    "speed-quality": _ANOTHER,
    "evicted": _ANOTHER,
    "quality": "too many answers differed from what is known, or from the others'",
    "unresponsive": "your tasks were left without an answer for too long",
    "gave back too many tasks": "more tasks were given back than this run allows. "
    "All that you earned is yours",
    "left too many tasks unanswered": "more tasks were left unanswered than this run allows. "
    "All that you earned is yours",
    "answered too many tasks after giving them back": "too many answers came after their task was "
    "given back. All that you earned is yours",
    "left": "you have left",
    "dismissed": "the operator has ended your session",
    "disconnected": "you were away for longer than the seat is kept. "
    "To go on, ask the operator to readmit you; your line is then good again",
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
        return [("Enter", "close")]

    def show_body(self, now: float) -> None:
        """The end as it came."""
        session = self.session
        statement = session.statement
        thanks = "Thank you" if statement is not None else "This session cannot go on"
        if not session.over:
            thanks = "Thank you: your statement is on its way\u2026"
        self.query_one("#thanks", Static).update(Content(thanks))
        reason = show(session.failure or _IN_WORDS.get(session.ended, session.ended))
        self.query_one("#reason", Static).update(Content(reason[:1].upper() + reason[1:]))
        table = _table(statement) if statement is not None else Content("")
        self.query_one("#statement", Static).update(table)
        undelivered = self.query_one("#open", Static)
        undelivered.update(_undelivered(session.undelivered))
        undelivered.display = bool(session.undelivered)


def _undelivered(count: int) -> Content:
    if not count:
        return Content("")
    return Content.styled(
        f"{count} answer{'s' * (count > 1)} could not be delivered; a copy is kept here.",
        "$text-warning",
    )


def _table(statement: Statement) -> Content:
    rows = [
        (f"Waiting, {clock(statement.waiting_seconds)}", statement.waiting_micros),
        ("Training", statement.training_micros),
        (f"Records, {_tasks(statement.tasks_completed)}", statement.records_micros),
        (
            f"Finished by another worker, {_tasks(statement.tasks_terminated)}",
            statement.terminated_micros,
        ),
        ("Work begun and not finished", statement.partial_micros),
    ]
    rows.append((f"Total for {show(statement.worker, 16)}", statement.total_micros))
    *lines, total = [_line(name, money(micros)) for name, micros in rows]
    rule = "\u2500" * _WIDTH
    return Content("\n").join([*lines, Content(rule), total.stylize("bold")])


def _line(name: str, amount: str) -> Content:
    return Content(f"{name}{amount.rjust(_WIDTH - len(name))}")


def _tasks(count: int) -> str:
    return f"{count} task{'s' * (count != 1)}"
