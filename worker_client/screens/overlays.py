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
from worker_client.widgets.fields import LineField
from worker_client.widgets.lines import texts_of

WIDTH, HEIGHT = 80, 24
"""Cells that every screen fits into."""

_HELP = (
    ("help.keys_label", "label"),
    ("help.keys_undo", "undo"),
    ("\u2190 \u2192", "look"),
    ("key.enter", "send"),
    ("\u2191 \u2193, v", "scroll"),
    ("s", "skip"),
    ("f", "flag"),
    ("c", "comment"),
    ("help.keys_messages", "messages"),
    ("help.keys_colours", "colours"),
    ("key.escape", "leave"),
)
_TYPED_HELP = (
    ("help.keys_find", "find"),
    ("\u2191 \u2193", "mark"),
    ("key.enter", "choose"),
    ("key.escape", "clear"),
    ("help.keys_letter", "letter"),
    ("\u2190 \u2192", "look"),
    ("help.keys_scroll", "scroll"),
    ("F3", "skip"),
    ("F4", "flag"),
    ("F6", "comment"),
    ("F2", "messages"),
    ("help.keys_colours", "colours"),
)
_STAGE_HELP = (
    ("help.keys_messages", "messages"),
    ("help.keys_colours", "colours"),
    ("key.escape", "leave"),
)
"""Keys, by the key of a sentence if they have one, and what they do; in all stages alike."""

_NOTES = ("mouse", "both_paid", "kept")


class WorkerHelpScreen(ModalScreen[None]):
    """Help: the keys and some notes. ``typing``: there are more classes than keys.

    ``keys`` are those of the stage of a study, with their meanings.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "dismiss(None)", "Close", id="close"),
    ]

    def __init__(self, *, typing: bool = False, keys: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._keys = _TYPED_HELP if typing else _HELP
        self._stage_keys = tuple(keys)

    def compose(self) -> ComposeResult:
        texts = texts_of(self)
        rows = [
            choice_row(texts(key) if key in texts else key, texts(f"help.{what}"), width=16)
            for key, what in (_STAGE_HELP if self._stage_keys else self._keys)
        ]
        rows = [choice_row(*each, width=16) for each in self._stage_keys] + rows
        notes = [texts(f"help.{note}") for note in (_NOTES[-1:] if self._stage_keys else _NOTES)]
        with Vertical(classes="card"):
            yield Static(texts("help.title"), classes="title", markup=False)
            yield Static(Content("\n").join(rows), markup=False)
            yield Static(Content("\n".join([*notes, "", texts("help.close")])), markup=False)


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
        texts = texts_of(self)
        with Vertical(classes="card"):
            yield Static(texts("messages.title"), classes="title", markup=False)
            with VerticalScroll(id="messages", can_focus=False):
                for text in reversed(self._messages):
                    yield Static(Content(f"\u2709 {show(text)}"), markup=False)
            yield Static(texts("messages.keys"), markup=False)

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
            yield LineField(
                self._value, self._placeholder, max_length=LONGEST, select_on_focus=False
            )
            yield Static(texts_of(self)("remark.keys"), markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or self._placeholder)


class ChoiceScreen(ModalScreen[str]):
    """Asks what to do. ``choices`` are keys, with the keys of their sentences."""

    title_key: ClassVar[str]
    text_key: ClassVar[str] = ""
    choices: ClassVar[Sequence[tuple[str, str]]]

    def compose(self) -> ComposeResult:
        texts = texts_of(self)
        rows = [
            choice_row(texts("key.escape") if key == "escape" else key, texts(sentence))
            for key, sentence in self.choices
        ]
        with Vertical(classes="card"):
            yield Static(texts(self.title_key), classes="title", markup=False)
            if self.text_key:
                yield Static(texts(self.text_key), markup=False)
            yield Static(Content("\n").join(rows), markup=False)


class LeaveScreen(ChoiceScreen):
    """Asks whether to close for now or to leave for good."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss('stay')", "Stay", id="stay"),
        Binding("c", "dismiss('close')", "Close for now", id="close"),
        Binding("l", "dismiss('leave')", "Leave for good", id="leave"),
    ]
    title_key = "leave.title"
    choices = (
        ("escape", "leave.stay"),
        ("c", "leave.close"),
        ("", "leave.come_back"),
        ("l", "leave.leave"),
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
        texts = texts_of(self)
        with Vertical(classes="card"):
            yield Static(texts("take_over.title"), classes="title", markup=False)
            yield Static(texts("take_over.stay"), markup=False)
            yield Static(id="left", markup=False)

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(0.25, self._draw)

    def _draw(self) -> None:
        left = max(0.0, self._until - self._clock())
        text = texts_of(self)("take_over.left", seconds=f"{left:.0f}")
        self.query_one("#left", Static).update(Content(text))

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
        texts = texts_of(self)
        needed, found = f"{WIDTH}x{HEIGHT}", f"{size.width}x{size.height}"
        lines = texts("too_small.size", needed=needed, found=found), texts("too_small.enlarge")
        self.query_one(Static).update("\n".join(lines))


def choice_row(key: str, text: str, width: int = 8) -> Content:
    return Content.assemble((f"{key:<{width}}", "bold $text-primary"), text)
