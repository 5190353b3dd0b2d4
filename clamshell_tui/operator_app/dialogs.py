"""Dialogs over the pages, and the notice for terminals that are too small."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import ClassVar, NamedTuple

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

from clamshell_tui.operator_app.actions import Prompt
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import centred
from clamshell_tui.text import show


def plain_text(text: str) -> Static:
    """A widget with this text, sanitised and never parsed as markup."""
    return Static(Content(show(text)), markup=False)


class MenuEntry(NamedTuple):
    """An action in the menu."""

    key: str
    name: str
    title: str


class ActionMenu(ModalScreen[str | None]):
    """Choose an action by its key, or by arrow and Enter; the result is its name."""

    AUTO_FOCUS = "OptionList"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="menu.back"),
    ]

    def __init__(self, entries: Iterable[MenuEntry]) -> None:
        super().__init__()
        self._entries = tuple(entries)

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield plain_text("Actions").add_class("title")
            yield OptionList(*[self._option(entry) for entry in self._entries], markup=False)
            yield plain_text("its key or Enter; Escape: nothing").add_class("quiet")

    def _option(self, entry: MenuEntry) -> Option:
        return Option(Content(show(f"{entry.key}  {entry.title}")), id=entry.name)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(message.option_id)

    def on_key(self, event: events.Key) -> None:
        found = next((entry for entry in self._entries if entry.key == event.character), None)
        if found is not None:
            event.stop()
            self.dismiss(found.name)


class PromptLine(Input):
    """An input line that sanitises its value, including pasted text: Textual draws it as is."""

    def validate_value(self, value: str) -> str:
        return show(value)


class PromptDialog(ModalScreen[str | None]):
    """Prompt for a line of text; None if cancelled."""

    AUTO_FOCUS = "PromptLine"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="ask.back"),
    ]

    def __init__(self, ask: Prompt, problem: str = "") -> None:
        super().__init__()
        self._ask = ask
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical(classes="card"):
            yield plain_text(self._ask.title).add_class("title")
            yield PromptLine(self._ask.given, max_length=1000)
            yield plain_text(self._problem).add_class("problem")
            yield plain_text(f"{self._ask.hint}; Enter: do it, Escape: do nothing").add_class(
                "quiet"
            )

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)


class ConfirmDialog(ModalScreen[bool]):
    """Prompt for a confirmation; the default is no."""

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
        with Vertical(classes="card"):
            yield plain_text(self._title).add_class("title")
            yield plain_text(self._why)
            with Horizontal(classes="answers"):
                yield Button("No (n)", id="no")
                yield Button("Yes (y)", id="yes", variant="warning")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id == "yes")


class ReadDialog(ModalScreen[None]):
    """A text that scrolls if it does not fit; its last line shows the keys and the hidden lines."""

    AUTO_FOCUS = "VerticalScroll"
    CARD = "card"
    KEYS = ""
    """Keys of its own, for the last line."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    @abstractmethod  # checked by mypy: Textual's metaclass rules out ABC
    def body(self) -> ComposeResult:
        """The lines of the text."""

    def compose(self) -> ComposeResult:
        with Vertical(classes=self.CARD):
            yield plain_text(self._title).add_class("title")
            with VerticalScroll():
                yield from self.body()
            yield plain_text("").add_class("quiet")

    def on_resize(self, event: events.Resize) -> None:
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
        self.query_one(".quiet", Static).update(Content(f"{more}{scrolls}{self.KEYS}Escape: back"))


_AROUND = 8  # lines of a card beside its text: border, padding, title, last line
_WIDTH, _BESIDE = 74, 8  # of a card; of what stands beside its text, with room to scroll


class TextDialog(ReadDialog):
    """Lines to read or copy, such as join codes, unwrapped if the terminal is wide enough."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space", "dismiss", "Back", id="tell.back"),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(title)
        self._lines = lines

    def on_mount(self) -> None:
        """Widen the card for a line with a fingerprint."""
        super().on_mount()
        longest = max(map(len, self._lines), default=0)
        self.query_one(".card").styles.width = max(_WIDTH, longest + _BESIDE)

    def body(self) -> ComposeResult:
        for line in self._lines:
            yield plain_text(line)


class HelpDialog(ReadDialog):
    CARD = "card wide"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Back", id="help.back"),
    ]

    def __init__(self, own: Mapping[str, str]) -> None:
        super().__init__("Keys")
        self._own = own

    def body(self) -> ComposeResult:
        if self._own:
            changed = ", ".join(f"{name} = {key}" for name, key in self._own.items())
            yield plain_text(f"Changed by your file: {changed}")
        yield Static(Content(KEYS), markup=False)  # our own words, on lines of their own


KEYS = """\
Pages     1-5, Tab        Overview, Pool, Timeline, Learning, Costs
                          of a study: People is 1, the others are 2-6
Study     c               the run of the next condition, on pages 2-6
          x               on page 1: message, pause, code, pay, start
          p  r            on page 1: those who are marked pause, go on
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
          /               show only workers, or events, with these words
          space, Escape   mark a worker for the next action; unmark all
          a               mark all that are shown
          < >             sort by another column (or click its title)
          i               turn the order round
Screen    s               save this view as SVG and text
          ctrl+t          light or dark
          ?               this help
          q               close the screen: the run goes on"""


NEEDED = Size(80, 24)


def fits(size: Size) -> bool:
    """True if a terminal of this size has room for the pages."""
    return size.width >= NEEDED.width and size.height >= NEEDED.height


class TooSmall(LineWidget):
    """Shown instead of the pages: the size needed and the size available."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        needs = f"needs {NEEDED.width}x{NEEDED.height}, is {width}x{height}"
        return centred([needs, "the run goes on"][:height], width, height, palette)


_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")


def time_typed(text: str, end: float) -> float:
    """Parse ``90``, ``1:30``, ``1:02:03`` or ``50%`` of ``end`` as seconds since the start.

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
