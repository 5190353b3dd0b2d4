"""The lines around the pages: status, tabs and invitation."""

from collections.abc import Iterable, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from clamshell_tui.client.operator import ConnectionState, FollowedStudy
from clamshell_tui.formats import coins, duration, money
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, strip_of, width_of
from clamshell_tui.text import show

_NAME = 24  # cells of a scenario's name
_INKS: dict[str, str] = {
    ConnectionState.CONNECTED: "good",
    ConnectionState.LOST: "bad bold",
    ConnectionState.OVER: "muted",
}


class StatusLine(LineWidget):
    """Run, or study, and phase on the left, connection on the right; a problem replaces both."""

    _left: tuple[Span, ...] = ()
    _right: tuple[Span, ...] = ()

    def show(
        self, view: View, problem: str, read_only: bool, awaited: bool, *, of_study: bool
    ) -> None:
        study = view.source.study if of_study else None
        end = _end(view.source.study, awaited)
        left = _left(view, end) if study is None else _left_of_study(view, study, end)
        right = _right(view)
        if read_only:
            right = (("read-only  ", "muted"), *right)
        if problem:
            left, right = ((f" {problem}", "bad bold"),), ()
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        room = width - width_of(self._left) - width_of(self._right)
        right = self._right if room > 0 else ()
        gap = (" " * max(0, room), "text")
        return [strip_of([*self._left, gap, *right], width, palette)]


def _end(study: FollowedStudy | None, awaited: bool) -> Sequence[Span]:
    """What stands in place of phase and time once nobody of a study is under way or awaited."""
    if study is None or study.people is None or not study.people.over:
        return ()
    through = ("all through", "text bold")
    return (through, (": q ends serve", "accent bold")) if awaited else (through,)


def _left(view: View, end: Sequence[Span]) -> tuple[Span, ...]:
    run = view.snapshot.run
    phase = "paused" if run.paused else run.phase
    ink = {"labelling": "good bold", "paused": "warning bold", "finished": "text bold"}.get(
        phase, "accent bold"
    )
    if phase == "finished" and run.finish_reason:
        phase = f"finished: {run.finish_reason}"
    return (
        (" CLAMShell ", "accent bold"),
        (f" {show(view.source.title.scenario, _NAME)}  ", "text bold"),
        *(end or [(phase, ink), (f"  {duration(view.at)}", "text")]),
        (f"  {money(sum(run.cost.values()), view.currency)}", "text"),
    )


def _left_of_study(view: View, study: FollowedStudy, end: Sequence[Span]) -> tuple[Span, ...]:
    """The study as a whole: the pages of the run show one condition of it."""
    people = study.people
    if people is None:
        return ((" CLAMShell ", "accent bold"),)
    condition = people.conditions[study.selected or 0]  # ends the title of its run
    name = view.source.title.scenario.removesuffix(f" {condition}")
    here = sum(row.connected for row in people.rows if not row.bot)
    owed = sum(row.micros for row in people.rows if not row.bot)
    at = duration(view.source.now())
    return (
        (" CLAMShell ", "accent bold"),
        (f" {show(name, _NAME)}  ", "text bold"),
        *(end or [(f"{here} here", "good bold" if here else "accent bold"), (f"  {at}", "text")]),
        (f"  {coins(owed, people.currency)} earned", "text"),
    )


def _right(view: View) -> tuple[Span, ...]:
    contact = view.source.contact
    if view.source.live:
        return ((f"\u25cf {contact} ", _INKS.get(contact, "warning")),)
    return ((f"{contact} ", "muted"),)


class Tabs(LineWidget):
    """The pages with their keys; the current one is highlighted."""

    class Chosen(Message):
        """Request to show a page."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[tuple[str, str]], *, id: str) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._tabs = tabs
        self._chosen = ""

    def choose(self, name: str) -> None:
        self._chosen = name
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        spans: list[Span] = [(" ", "text")]
        for number, (name, title) in enumerate(self._tabs, 1):
            ink = "auto bold on accent" if name == self._chosen else "muted"
            spans += [(f" {number} {title} ", ink), (" ", "text")]
        return [strip_of(spans, width, palette)]

    def on_click(self, event: events.Click) -> None:
        left = 1
        for number, (name, title) in enumerate(self._tabs, 1):
            width = len(f" {number} {title} ")
            if left <= event.x < left + width:
                self.post_message(self.Chosen(name))
                return
            left += width + 1


class Invitation(LineWidget):
    """The command for the first free seat, or the key that shows it if that is too long."""

    _first = ""

    def show(self, seats: Iterable[str]) -> None:
        """Show the first of these commands; hide the line if there is none."""
        self._first = next(iter(seats), "")
        self.display = bool(self._first)
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        first = (self._first, "accent bold")
        candidates: tuple[list[Span], ...] = (
            [(" work there yourself: ", "muted"), first, ("  j: more ", "muted")],
            [(" ", "muted"), first],
            [(" press ", "muted"), ("j", "accent bold"), (" to see how to join", "muted")],
        )
        spans = next((each for each in candidates if width_of(each) <= width), candidates[-1])
        return [strip_of(spans, width, palette)]
