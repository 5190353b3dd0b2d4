"""The waiting room: waiting is paid, and work arrives without a key press."""

from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from clamshell_tui.formats import clock, money, price
from worker_client.screens.frame import ScreenFrame
from worker_client.session import Session
from worker_client.widgets.lines import SteadyText

_WHY = {
    "reserve": "You are qualified and in reserve: a place frees up soon.",
    "available": "You have a place. Work starts as soon as there is some for you.",
    "training": "Your training is being prepared.",
    "paused": "The operator has paused the run; it will go on.",
    "": "One moment\u2026",
}


class WaitingScreen(ScreenFrame):
    """Shows the growing pay and the time waited."""

    _amount = ""

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield Static("Waiting room", classes="title", markup=False)
            yield SteadyText(id="why", markup=False)
            plain = bool(self.worker_app.remark)  # large digits are drawn with lines
            yield SteadyText(id="owed", markup=False) if plain else Digits(money(0), id="owed")
            yield SteadyText(id="rate", markup=False)
            yield Static(
                "Work comes by itself, with a bell: there is nothing to press.\n"
                "Please stay within reach of the keyboard.",
                id="advice",
                markup=False,
            )

    def show_body(self, now: float) -> None:
        """The amounts of this moment."""
        session = self.session
        account = session.account
        self.query_one("#why", Static).update(_why(session))
        owed = self.query_one("#owed")
        assert isinstance(owed, Static | Digits)
        if (amount := money(account.owed_at(now))) != self._amount:
            self._amount = amount
            owed.update(amount)
        self.query_one("#rate", Static).update(self._rate(now))

    def _rate(self, now: float) -> Content:
        account = self.session.account
        waited = f"{clock(account.waited_at(now))} so far"
        if not self.session.connected:
            return Content.styled("not paid while the connection is lost", "$text-warning bold")
        if not account.rate:
            return Content(f"waiting is not paid right now \u00b7 {waited}")
        rate = price(account.rate)
        return Content.assemble(
            (f"{rate} a minute", "bold $text-success"), f" for waiting \u00b7 {waited}"
        )


def _why(session: Session) -> Content:
    if session.waiting_for != "available" or not session.needed:
        return Content(_WHY.get(session.waiting_for, ""))
    come = f"{session.present} of {session.needed} have come."
    return Content.assemble(
        (come, "bold"), "\nYou have a place. Work starts when all of them are here."
    )
