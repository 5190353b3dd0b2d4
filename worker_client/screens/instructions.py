"""Instructions, pay, and the participant's consent; paid time starts after it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import price
from clamshell_tui.wire.worker_messages import Joined
from worker_client.keys import must_be_typed
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText, lines_of
from worker_client.widgets.record_view import hidden_below


class InstructionsScreen(ScreenFrame):
    """Shows the instructions and the pay; Enter accepts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ScreenFrame.BINDINGS,
        Binding("enter", "accept", "Accept", id="accept"),
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
    ]

    def body(self) -> ComposeResult:
        with VerticalScroll(id="text", can_focus=False):
            yield SteadyText(id="instructions", markup=False)
        with Vertical(id="pay"):
            yield SteadyText(id="rates", markup=False)

    def keys(self) -> Keys:
        if self.session.accepted:
            return [("?", "help"), ("Esc", "leave")]
        return [
            ("Enter", "I have read this and want to take part"),
            ("\u2191 \u2193", "scroll"),
            ("Esc", "no, leave"),
        ]

    def show_body(self, now: float) -> None:
        seat = self.session.seat
        if seat is None:
            return
        text = seat.instructions.strip() or _usual(seat)
        self.query_one("#instructions", Static).update(Content(lines_of(text)))
        below = hidden_below(self.query_one("#text", VerticalScroll))
        if below != (self.query_one("#text").border_subtitle or ""):
            self.query_one("#text").border_subtitle = below
        ready = Content.styled("\n\nOne moment: your training is being prepared\u2026", "bold")
        pay = _pay(seat)
        self.query_one("#rates", Static).update(pay + ready if self.session.accepted else pay)

    def action_accept(self) -> None:
        self.worker_app.act(self.session.accept())

    def action_scroll(self, pages: int) -> None:
        text = self.query_one("#text")
        text.scroll_relative(y=pages * max(1, text.size.height // 2), animate=False)


def _usual(seat: Joined) -> str:
    many = seat.records_per_task
    label = "press the key of the class that fits best"
    if must_be_typed(seat.classes):
        label = "type a part of the name of the class that fits best, and press Enter"
    return (
        f"You will see {'one record' if many == 1 else f'{many} records'} at a time. "
        f"For each, {label}."
    )


def _pay(seat: Joined) -> Content:
    stopped = (
        "If another worker finishes your task first, it is paid in full."
        if seat.terminated_pay == "full"
        else "If another worker finishes your task first, the part you did is paid."
    )
    return Content.assemble(
        ("Pay  ", "bold"),
        (price(seat.micros_per_minute), "bold $text-success"),
        " a minute for training and waiting, ",
        (price(seat.micros_per_record), "bold $text-success"),
        f" a record.\n     {stopped}",
    )
