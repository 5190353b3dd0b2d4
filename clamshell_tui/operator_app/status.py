"""The first line: which run, how it stands, and how we stand with it."""

from textual.strip import Strip

from clamshell_tui.formats import duration, money
from clamshell_tui.operator_app.spans import width_of
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.replica.live import Contact
from clamshell_tui.text import show

_NAME = 24  # cells of a scenario's name
_INKS: dict[str, str] = {
    Contact.CONNECTED: "good",
    Contact.LOST: "bad bold",
    Contact.OVER: "muted",
}


class StatusLine(Drawn):
    """Left what the run does, right where it comes from; a problem takes the whole line."""

    _left: tuple[Span, ...] = ()
    _right: tuple[Span, ...] = ()

    def show(self, view: View, problem: str) -> None:
        """Say how things stand."""
        left, right = _left(view), _right(view)
        if problem:
            left, right = ((f" {problem}", "bad bold"),), ()
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """The right end gives way first."""
        room = width - width_of(self._left) - width_of(self._right)
        right = self._right if room > 0 else ()
        gap = (" " * max(0, room), "text")
        return [strip_of([*self._left, gap, *right], width, palette)]


def _left(view: View) -> tuple[Span, ...]:
    run = view.frame.run
    phase = "paused" if run.paused else run.phase
    ink = {"labelling": "good bold", "paused": "warning bold", "finished": "text bold"}.get(
        phase, "accent bold"
    )
    if phase == "finished" and run.finish_reason:
        phase = f"finished: {run.finish_reason}"
    return (
        (" CLAMShell ", "accent bold"),
        (f" {show(view.source.title.scenario, _NAME)}  ", "text bold"),
        (phase, ink),
        (f"  {duration(view.at)}", "text"),
        (f"  {money(sum(run.cost.values()))}", "text"),
    )


def _right(view: View) -> tuple[Span, ...]:
    contact = view.source.contact
    if view.source.live:
        return ((f"\u25cf {contact} ", _INKS.get(contact, "warning")),)
    return ((f"{contact} ", "muted"),)
