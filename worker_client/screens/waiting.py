"""The waiting room: waiting is paid, and work arrives without a key press."""

from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from clamshell_tui.formats import clock, price
from worker_client.screens.frame import ScreenFrame
from worker_client.session import Session
from worker_client.widgets.lines import SteadyText


class WaitingScreen(ScreenFrame):
    """Shows the growing pay and the time waited."""

    _amount = ""

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield SteadyText(id="title", classes="title", markup=False)
            yield SteadyText(id="why", markup=False)
            plain = bool(self.worker_app.plain)  # large digits are drawn with lines
            yield SteadyText(id="owed", markup=False) if plain else Digits(id="owed")
            yield SteadyText(id="rate", markup=False)
            yield SteadyText(id="advice", markup=False)

    def show_body(self, now: float) -> None:
        """The amounts of this moment."""
        session = self.session
        account = session.account
        advice = f"{self.texts('waiting.advice')}\n{self.texts('waiting.stay')}"
        self.query_one("#title", Static).update(Content(self.part(self.texts("waiting.title"))))
        self.query_one("#advice", Static).update(Content(advice))
        self.query_one("#why", Static).update(_why(session))
        owed = self.query_one("#owed")
        assert isinstance(owed, Static | Digits)
        if (amount := session.amount(account.owed_at(now))) != self._amount:
            self._amount = amount
            owed.update(amount)
        self.query_one("#rate", Static).update(self._rate(now))

    def _rate(self, now: float) -> Content:
        account, texts = self.session.account, self.texts
        waited = clock(account.waited_at(now))
        if not self.session.connected:
            return Content.styled(texts("waiting.not_paid_lost"), "$text-warning bold")
        if not account.rate:
            return Content(texts("waiting.not_paid", time=waited))
        rate = price(account.rate, self.session.currency, texts.numerals)
        return Content.assemble(
            (texts("waiting.rate", rate=rate), "bold $text-success"),
            f" {texts('waiting.waited', time=waited)}",
        )


def _why(session: Session) -> Content:
    texts, state = session.texts, session.waiting_for or "one_moment"
    if state != "available" or not session.needed:
        return Content(texts(f"waiting.{state}"))
    present = texts("waiting.present", present=session.present, needed=session.needed)
    return Content.assemble((present, "bold"), f"\n{texts('waiting.starts')}")
