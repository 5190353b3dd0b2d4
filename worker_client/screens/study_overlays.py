"""Modal screens of a study: the instructions again, questions to be sure, and the leave menu."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from worker_client.screens.overlays import ChoiceScreen, choice_row
from worker_client.widgets.lines import texts_of
from worker_client.widgets.text_pane import TextPane


class ConfirmScreen(ModalScreen[bool]):
    """Asks once more; True if the participant is sure."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", "Back", id="back"),
        Binding("y", "dismiss(True)", "Yes", id="yes"),
    ]

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes

    def compose(self) -> ComposeResult:
        texts = texts_of(self)
        rows = [choice_row("y", self._yes), choice_row(texts("key.escape"), texts("stage.no"))]
        with Vertical(classes="card"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, markup=False)
            yield Static(Content("\n").join(rows), markup=False)


class InstructionsAgainScreen(ModalScreen[None]):
    """All pages of the instructions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,i,f7,enter,q", "dismiss(None)", "Close", id="close"),
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
        Binding("pagedown,space", "scroll(2)", "Page down", id="page-down"),
        Binding("pageup", "scroll(-2)", "Page up", id="page-up"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="again"):
            yield TextPane()
            yield Static(texts_of(self)("pages.close"), markup=False)

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(0.25, self._draw)

    def _draw(self) -> None:
        self.query_one(TextPane).show_text(self._text, texts_of(self)("pages.title"))

    def action_scroll(self, halves: int) -> None:
        self.query_one(TextPane).scroll_halves(halves)
        self.call_after_refresh(self._draw)


class StudyLeaveScreen(ChoiceScreen):
    """Asks whether to close for now, or to stop taking part."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss('stay')", "Stay", id="stay"),
        Binding("c", "dismiss('close')", "Close for now", id="close"),
        Binding("s", "dismiss('stop')", "Stop taking part", id="stop"),
    ]
    title_key = "leave.title"
    choices = (
        ("escape", "withdraw.stay"),
        ("c", "withdraw.close"),
        ("", "withdraw.come_back"),
        ("s", "withdraw.stop"),
    )


class WithdrawScreen(ChoiceScreen):
    """Asks what happens to the data of a participant who stops: ``keep``, ``delete``, or back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss('')", "Back", id="back"),
        Binding("k", "dismiss('keep')", "Keep", id="keep"),
        Binding("d", "dismiss('delete')", "Delete", id="delete"),
    ]
    title_key, text_key = "withdraw.title", "withdraw.text"
    choices = (("k", "withdraw.keep"), ("d", "withdraw.delete"), ("escape", "stage.no"))
