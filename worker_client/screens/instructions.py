"""Instructions, pay, and the participant's consent; paid time starts after it."""

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import price
from clamshell_tui.participant_texts import Texts
from clamshell_tui.wire.worker_messages import Joined
from worker_client.keys import must_be_typed
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText, lines_of, styled
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
            return self.usual_keys()
        return [
            self.key("enter", "accept"),
            ("\u2191 \u2193", self.texts("hint.scroll")),
            self.key("escape", "decline"),
        ]

    def show_body(self, now: float) -> None:
        seat = self.session.seat
        if seat is None:
            return
        text = seat.instructions.strip() or _usual(seat, self.texts)
        self.query_one("#instructions", Static).update(Content(lines_of(text)))
        below = hidden_below(self.query_one("#text", VerticalScroll), self.texts)
        if below != (self.query_one("#text").border_subtitle or ""):
            self.query_one("#text").border_subtitle = below
        ready = Content.styled(f"\n\n{self.texts('instructions.one_moment')}", "bold")
        pay = _pay(seat, self.texts)
        self.query_one("#rates", Static).update(pay + ready if self.session.accepted else pay)

    def action_accept(self) -> None:
        self.worker_app.act(self.session.accept())

    def action_scroll(self, pages: int) -> None:
        text = self.query_one("#text")
        text.scroll_relative(y=pages * max(1, text.size.height // 2), animate=False)


def _usual(seat: Joined, texts: Texts) -> str:
    how = "type" if must_be_typed(seat.classes) else "press"
    return texts(f"instructions.{how}", count=seat.records_per_task)


def _pay(seat: Joined, texts: Texts) -> Content:
    paid = "paid_full" if seat.terminated_pay == "full" else "paid_part"
    amounts = dict.fromkeys(("minute", "record"), "bold $text-success")
    rates = styled(
        texts,
        "instructions.rates",
        amounts,
        minute=price(seat.micros_per_minute, numerals=texts.numerals),
        record=price(seat.micros_per_record, numerals=texts.numerals),
    )
    title = f"{texts('instructions.pay')}  "
    return Content.assemble(
        (title, "bold"), rates, f"\n{' ' * cell_len(title)}{texts(f'instructions.{paid}')}"
    )
