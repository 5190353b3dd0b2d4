"""Modal screens: help, the leave question, and the notice about a terminal that is too small."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from clamshell_tui.text import show
from worker_client.notices import BLOCKED

WIDTH, HEIGHT = 80, 24
"""Cells that every screen fits into."""

_HELP = (
    ("1-9 0, letters", "label the record with that class and go on"),
    ("Backspace, u", "take the last label back"),
    ("\u2190 \u2192", "look at another record of the task"),
    ("Enter", "send all labels, when each record has one"),
    ("\u2191 \u2193, v", "scroll a long text, show all of it"),
    ("s", "skip this record: another worker gets it"),
    ("f", "flag this record, and label it all the same"),
    ("c", "comment on this record"),
    ("m or F2", "show the operator's messages again"),
    ("Ctrl+T", "light or dark colours"),
    ("Esc", "leave, for now or for good"),
)
_TYPED_HELP = (
    ("letters", "find a class by any parts of its name"),
    ("\u2191 \u2193", "mark another class; Tab completes the name"),
    ("Enter", "label the record with the class marked and go on;"),
    ("", "send all labels, when each record has one"),
    ("Esc", "clear what was typed; else leave"),
    ("Backspace", "take a letter back; else the last label"),
    ("\u2190 \u2192", "look at another record of the task"),
    ("PgUp PgDn, F5", "scroll a long text, show all of it"),
    ("F3", "skip this record: another worker gets it"),
    ("F4", "flag this record, and label it all the same"),
    ("F6", "comment on this record"),
    ("F2", "show the operator's messages again"),
    ("Ctrl+T", "light or dark colours"),
)
_NOTES = (
    "The mouse works too: click a class, or a record in the strip.",
    "Another worker may have the same task: both are paid.",
    "If the connection fails, your answers are kept.",
)


class WorkerHelpScreen(ModalScreen[None]):
    """Help: the keys and some notes. ``typing``: there are more classes than keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "dismiss(None)", "Close", id="close"),
    ]

    def __init__(self, *, typing: bool = False) -> None:
        super().__init__()
        self._keys = _TYPED_HELP if typing else _HELP

    def compose(self) -> ComposeResult:
        rows = [
            Content.assemble((f"{key:<16}", "bold $text-primary"), text) for key, text in self._keys
        ]
        with Vertical(classes="card"):
            yield Static("Help", classes="title", markup=False)
            yield Static(Content("\n").join(rows), markup=False)
            yield Static(Content("\n".join([*_NOTES, "", "Enter closes this."])), markup=False)


class MessagesScreen(ModalScreen[None]):
    """The operator's messages, the latest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,m,f2,enter,q", "dismiss(None)", "Close", id="close"),
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
    ]

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__()
        self._messages = tuple(messages)

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield Static("Messages from the operator", classes="title", markup=False)
            with VerticalScroll(id="messages", can_focus=False):
                for text in reversed(self._messages):
                    yield Static(Content(f"\u2709 {show(text)}"), markup=False)
            yield Static("Enter closes this, \u2191 \u2193 scroll.", markup=False)

    def action_scroll(self, pages: int) -> None:
        shown = self.query_one("#messages")
        shown.scroll_relative(y=pages * max(1, shown.size.height // 2), animate=False)


LONGEST = 200
"""Characters of a reason or a comment."""


class RemarkScreen(ModalScreen[str | None]):
    """Asks for one line of text; None if the participant goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="close"),
    ]

    def __init__(self, title: str, ask: str, value: str = "", placeholder: str = "") -> None:
        super().__init__()
        self._title = title
        self._ask = ask
        self._value = value
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._ask, markup=False)
            yield Input(self._value, self._placeholder, max_length=LONGEST, select_on_focus=False)
            yield Static("Enter keeps it, Esc goes back.", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or self._placeholder)


class LeaveScreen(ModalScreen[str]):
    """Asks whether to close for now or to leave for good."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss('stay')", "Stay", id="stay"),
        Binding("c", "dismiss('close')", "Close for now", id="close"),
        Binding("l", "dismiss('leave')", "Leave for good", id="leave"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield Static("Leave?", classes="title", markup=False)
            yield Static(
                Content("\n").join(
                    [
                        _choice("Esc", "stay"),
                        _choice("c", "close this window; the seat is kept for a short while:"),
                        Content("        the same command brings you back to it"),
                        _choice("l", "leave for good and see what you have earned"),
                    ]
                ),
                markup=False,
            )


class TakeOverScreen(ModalScreen[bool]):
    """Another place has shown this seat's code: a key keeps the seat; True then.

    Keys on their way when it appears are not meant for it. Without a key the seat is lost.
    """

    def __init__(self, until: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._until = until
        self._clock = clock
        self._since = clock()

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield Static("Your code is used at another place.", classes="title", markup=False)
            yield Static("Press any key to stay.", markup=False)
            yield Static(id="left", markup=False)

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(0.25, self._draw)

    def _draw(self) -> None:
        left = max(0.0, self._until - self._clock())
        self.query_one("#left", Static).update(
            Content(f"Otherwise this seat goes to that place in {left:.0f} s.")
        )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if self._clock() >= self._since + BLOCKED:
            self.dismiss(True)


class TooSmallScreen(ModalScreen[None]):
    """Covers the screen while the terminal is too small."""

    def compose(self) -> ComposeResult:
        yield Static(id="small", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Say how far it is off."""
        size = event.size
        self.query_one(Static).update(
            f"needs {WIDTH}x{HEIGHT}, is {size.width}x{size.height}\nplease enlarge this window"
        )


def _choice(key: str, text: str) -> Content:
    return Content.assemble((f"{key:<8}", "bold $text-primary"), text)
