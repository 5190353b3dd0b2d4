"""The first screen: which seat?"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from clamshell_tui.text import show
from clamshell_tui.wire.invitation import EXAMPLE
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText


class PastedLine(Input):
    """Input that keeps the lines of a paste apart by blanks; Textual's drops all but the first."""

    def _on_paste(self, event: events.Paste) -> None:
        self.replace(" ".join(event.text.split()), *self.selection)
        event.stop()
        event.prevent_default()


class JoinScreen(ScreenFrame):
    """Asks for a join string or a code, unless one was given on the command line."""

    AUTO_FOCUS = "Input"

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield SteadyText(id="title", classes="title", markup=False)
            yield SteadyText(id="ask", markup=False)
            yield PastedLine(placeholder=EXAMPLE, id="line")
            yield SteadyText(id="answer", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).value = self.worker_app.line

    def keys(self) -> Keys:
        """Letters are typed here, so there is no help key."""
        return [self.key("enter", "join"), self.key("escape", "close")]

    def show_body(self, now: float) -> None:
        """Say what is going on."""
        session = self.session
        busy = session.wants_connection
        place = show(self.worker_app.place, 40)
        ask = self.texts("join.joining", place=place) if busy else self.texts("join.ask")
        self.query_one("#title", Static).update(Content(self.texts("join.title")))
        self.query_one("#ask", Static).update(Content(ask))
        field = self.query_one(Input)
        field.disabled = busy
        if not busy and not field.has_focus:
            field.focus()
        why = session.trouble if busy else session.problem
        style = "$text-warning" if busy else "bold $text-error"
        answer = Content.styled(f"{'' if busy else chr(0x2717) + ' '}{show(why)}", style)
        self.query_one("#answer", Static).update(answer if why else Content(""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.worker_app.join(event.value)
