"""What is asked on top of a page: which action, a line of text, are you sure; and the help.

What stands on a terminal that has no room for the pages.

A time as people type it.
"""

import re
from abc import abstractmethod
from collections.abc import Sequence
from math import isfinite
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from clamshell_tui.operator_app.actions import ACTIONS, Action, Ask
from clamshell_tui.operator_app.widgets.line_widget import Drawn
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import centred
from clamshell_tui.text import show


def said(text: str) -> Static:
    """Words, never markup."""
    return Static(Content(show(text)), markup=False)


class ActionMenu(ModalScreen[Action | None]):
    """All actions, by key or by arrow and Enter."""

    AUTO_FOCUS = "OptionList"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="menu.back"),
    ]

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def compose(self) -> ComposeResult:
        """One line an action."""
        with Vertical(classes="card"):
            yield said("What should be done?").add_class("title")
            yield OptionList(*[self._option(action) for action in ACTIONS], markup=False)
            yield said("its key or Enter; Escape: nothing").add_class("quiet")

    def _option(self, action: Action) -> Option:
        title = action.title
        if action.of_worker:
            title = title.replace("a worker", self._worker or "the worker chosen on page 2")
        return Option(Content(show(f"{action.key}  {title}")), id=action.name)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        self.dismiss(next(action for action in ACTIONS if action.name == message.option_id))

    def on_key(self, event: events.Key) -> None:
        """The key of an action."""
        found = next((action for action in ACTIONS if action.key == event.character), None)
        if found is not None:
            event.stop()
            self.dismiss(found)


class PromptLine(Input):
    """Whatever gets into it, by paste for example, is made harmless: Textual draws it as it is."""

    def validate_value(self, value: str) -> str:
        """Textual's hook for what is about to become the value."""
        return show(value)


class AskScreen(ModalScreen[str | None]):
    """A line of text; None when there is none to be."""

    AUTO_FOCUS = "PromptLine"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="ask.back"),
    ]

    def __init__(self, ask: Ask, problem: str = "") -> None:
        super().__init__()
        self._ask = ask
        self._problem = problem

    def compose(self) -> ComposeResult:
        """Title, line, hint."""
        with Vertical(classes="card"):
            yield said(self._ask.title).add_class("title")
            yield PromptLine(self._ask.given, max_length=1000)
            yield said(self._problem).add_class("problem")
            yield said(f"{self._ask.hint}; Enter: do it, Escape: do nothing").add_class("quiet")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(message.value)


class ConfirmScreen(ModalScreen[bool]):
    """Are you sure? No, unless said otherwise."""

    AUTO_FOCUS = "#no"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "dismiss(False)", "No", id="confirm.no"),
    ]

    def __init__(self, title: str, why: str) -> None:
        super().__init__()
        self._title = title
        self._why = why

    def compose(self) -> ComposeResult:
        """The question and two answers."""
        with Vertical(classes="card"):
            yield said(self._title).add_class("title")
            yield said(self._why)
            with Horizontal(classes="answers"):
                yield Button("No (n)", id="no")
                yield Button("Yes (y)", id="yes", variant="warning")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """By mouse, or Enter."""
        self.dismiss(message.button.id == "yes")


class ReadDialog(ModalScreen[None]):
    """Something to be read: it scrolls where the terminal has no room, its last line does not."""

    AUTO_FOCUS = "VerticalScroll"
    CARD = "card"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    @abstractmethod  # mypy sees to it: Textual's metaclass rules out ABC
    def body(self) -> ComposeResult:
        """What is to be read."""

    def compose(self) -> ComposeResult:
        """Title, text, and how to get away."""
        with Vertical(classes=self.CARD):
            yield said(self._title).add_class("title")
            with VerticalScroll():
                yield from self.body()
            yield said("").add_class("quiet")

    def on_resize(self, event: events.Resize) -> None:
        """As much of it as there is room for."""
        scroll = self.query_one(VerticalScroll)
        scroll.styles.max_height = max(1, event.size.height - _AROUND)
        self.call_after_refresh(self._show_keys)

    def on_mount(self) -> None:
        """Count the hidden lines again whenever the text is scrolled."""
        self.watch(self.query_one(VerticalScroll), "scroll_y", self._show_keys, init=False)

    def _show_keys(self) -> None:
        scroll = self.query_one(VerticalScroll)
        below = round(scroll.max_scroll_y - scroll.scroll_y)
        more = f"{below} more {'line' if below == 1 else 'lines'} below; " if below > 0 else ""
        scrolls = "up, down: scroll; " if scroll.max_scroll_y > 0 else ""
        self.query_one(".quiet", Static).update(Content(f"{more}{scrolls}Escape: back"))


_AROUND = 8  # lines of a card beside its text: border, padding, title, last line
_WIDTH, _BESIDE = 74, 8  # of a card; of what stands beside its text, with room to scroll


class TellScreen(ReadDialog):
    """Something to be read, and perhaps copied: a new join code, on one line if there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space", "dismiss", "Back", id="tell.back"),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(title)
        self._lines = lines

    def on_mount(self) -> None:
        """Wider than other cards for a line with a fingerprint; never wider than the terminal."""
        super().on_mount()
        longest = max(map(len, self._lines))
        self.query_one(".card").styles.width = max(_WIDTH, longest + _BESIDE)

    def body(self) -> ComposeResult:
        """The lines."""
        for line in self._lines:
            yield said(line)


class HelpScreen(ReadDialog):
    """All keys."""

    CARD = "card wide"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Back", id="help.back"),
    ]

    def __init__(self) -> None:
        super().__init__("Keys")

    def body(self) -> ComposeResult:
        """By what they are for."""
        yield Static(Content(KEYS), markup=False)  # our own words, on lines of their own


KEYS = """\
Pages     1-5, Tab        Overview, Pool, Timeline, Learning, Costs
Act       x               all actions: pause, stop, settings, codes ...
          p  r            pause, resume
          ctrl+p          search all commands
          j               how to join, with the codes
Time      space           play, or stand still
          [  ]            slower, faster
          ,  .            back, on
          e d b           to the next eviction, duplicate, batch
          E D B           to the last one
          0  9            to the beginning, to now
          g               to a time
Timeline  arrows          select a bar; with shift they scroll
          + -  a  f       zoom, show all, follow
Tables    up down, Enter  choose a row
          < >             sort by another column (or click its title)
          i               turn the order round
Screen    s               save this view as SVG and text
          ctrl+t          light or dark
          ?               this help
          q               close the screen: the run goes on"""


NEEDED = Size(80, 24)


def fits(size: Size) -> bool:
    """Whether the pages can be drawn."""
    return size.width >= NEEDED.width and size.height >= NEEDED.height


class TooSmall(Drawn):
    """Says how large the terminal should be, and how large it is."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """In the middle, on as many lines as there are."""
        needs = f"needs {NEEDED.width}x{NEEDED.height}, is {width}x{height}"
        return centred([needs, "the run goes on"][:height], width, height, palette)


_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")


def time_typed(text: str, end: float) -> float:
    """Seconds since the run began, from ``90``, ``1:30``, ``1:02:03`` or ``50%`` of ``end``.

    ValueError says how to write it.
    """
    text = text.strip().removesuffix("s").strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    scale = end / 100 if text.endswith("%") else 1.0
    try:
        seconds = float(text.removesuffix("%")) * scale
    except ValueError:
        seconds = float("nan")
    if not isfinite(seconds):
        raise ValueError(f'"{text}" is not a time. Write 90, 1:30 or 50%')
    return seconds
