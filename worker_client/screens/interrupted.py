"""The task in hand is gone: why, and what is paid for it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.formats import money
from worker_client.notices import Interruption
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText

_TITLES = {
    "finished-by-another": "Finished by another worker",
    "expired": "The time for this task ran out",
    "skipped": "Task given back",
    "withdrawn": "This task is no longer yours",
}
_WHY = {
    "finished-by-another": "Another worker had the same task and finished first. "
    "This is part of the method, and not your fault.",
    "expired": "It was given to another worker.",
    "skipped": "",
    "withdrawn": "It was finished, given to another worker or taken back in the meantime.",
}


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
            return [("\u2026", "one moment")]
        return [("Enter", "go on"), ("?", "help"), ("Esc", "leave")]

    def show_body(self, now: float) -> None:
        """The notice."""
        cover = self.session.cover
        if not isinstance(cover, Interruption):
            return
        labelled = (
            f"Your {cover.labelled} of {cover.asked} labels were not sent, and are not needed."
            if cover.labelled
            else ""
        )
        waiting = "\u25b6 New work is here." if self.session.sheet is not None else ""
        go_on = "\u2026" if cover.blocked(now) else "Press Enter to go on."
        self.query_one("#title", Static).update(Content(_TITLES[cover.reason]))
        self.query_one("#paid", Static).update(_paid(cover))
        self.query_one("#why", Static).update(Content(f"{_WHY[cover.reason]} {labelled}".strip()))
        self.query_one("#next", Static).update(
            Content.styled(f"{waiting}  {go_on}".strip(), "bold")
        )

    def on_click(self) -> None:
        self.action_dismiss_notice()

    def action_dismiss_notice(self) -> None:
        self.worker_app.act(self.session.dismiss(self.worker_app.now))


def _paid(cover: Interruption) -> Content:
    if cover.micros is None:
        return Content("Your statement shows the pay for it.")
    if not cover.micros:
        return Content("Nothing is paid for it.")
    return Content.assemble(
        "You are paid ", (money(cover.micros), "bold $text-success"), " for it all the same."
    )
