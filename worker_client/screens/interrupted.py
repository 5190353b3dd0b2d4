"""The task in hand is gone: why, and what is paid for it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import money, price
from worker_client.notices import Interruption
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.session import Session
from worker_client.widgets.lines import SteadyText, styled

_UNEXPLAINED = "skipped"


class InterruptedScreen(ScreenFrame):
    """Ignores keys for a moment, then accepts only Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ScreenFrame.BINDINGS,
        Binding("enter", "dismiss_notice", "Go on", id="go-on"),
    ]

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card -notice"):
            yield SteadyText(id="title", classes="title", markup=False)
            yield SteadyText(id="paid", markup=False)
            yield SteadyText(id="why", markup=False)
            yield SteadyText(id="next", markup=False)

    def keys(self) -> Keys:
        cover = self.session.cover
        if cover is not None and cover.blocked(self.worker_app.now):
            return [("\u2026", self.texts("hint.one_moment"))]
        return [self.key("enter", "go_on"), *self.usual_keys()]

    def show_body(self, now: float) -> None:
        """The notice."""
        cover = self.session.cover
        if not isinstance(cover, Interruption):
            return
        texts, reason = self.texts, cover.reason.replace("-", "_")
        labelled = why = ""
        if cover.labelled:
            counts = {"labelled": cover.labelled, "asked": cover.asked}
            labelled = texts("interrupted.not_needed", **counts)
        if reason != _UNEXPLAINED:
            why = texts(f"interrupted.why_{reason}")
        new = self.session.sheet is not None
        waiting = f"\u25b6 {texts('interrupted.new_work')}" if new else ""
        go_on = "\u2026" if cover.blocked(now) else texts("interrupted.go_on")
        self.query_one("#title", Static).update(Content(texts(f"interrupted.{reason}")))
        self.query_one("#paid", Static).update(_paid(cover, self.session))
        self.query_one("#why", Static).update(Content(f"{why} {labelled}".strip()))
        self.query_one("#next", Static).update(
            Content.styled(f"{waiting}  {go_on}".strip(), "bold")
        )

    def on_click(self) -> None:
        self.action_dismiss_notice()

    def action_dismiss_notice(self) -> None:
        self.worker_app.act(self.session.dismiss(self.worker_app.now))


def _paid(cover: Interruption, session: Session) -> Content:
    texts = session.texts
    if cover.micros is None:
        return Content(texts("interrupted.pay_later"))
    if not cover.micros:
        return Content(texts("interrupted.not_paid"))
    # a study pays it in a sum; a part of a coin is a price here, and not nothing
    said = price if session.in_study else money
    amount = said(cover.micros, session.currency, texts.numerals)
    style = {"amount": "bold $text-success"}
    return styled(texts, "interrupted.paid", style, amount=amount)
