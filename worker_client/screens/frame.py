"""Base class of the screens: lines above and below, and access to the session."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from worker_client.keys import class_by_key, must_be_typed
from worker_client.session import Session
from worker_client.widgets.lines import Banner, KeyLine, LineWidget, TopLine

if TYPE_CHECKING:
    from worker_client.app import WorkerApp

Keys = list[tuple[str, str]]


class ScreenFrame(Screen[None]):
    """Draws the session on :meth:`show`; holds no state of the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.leave", "Leave", id="leave"),
        Binding("question_mark", "app.help", "Help", id="help"),
        Binding("m,f2", "app.messages", "Messages", id="messages"),
        Binding("i", "app.instructions", "Instructions", id="instructions"),
        Binding("f7", "app.instructions", "Instructions", id="instructions-again", priority=True),
    ]
    AUTO_FOCUS = ""
    says_why_itself = False
    """Whether the body says why the last key was refused, and the line below it need not."""
    _composed = False

    @property
    def worker_app(self) -> "WorkerApp":
        return cast("WorkerApp", self.app)

    @property
    def session(self) -> Session:
        return self.worker_app.session

    @property
    def texts(self) -> Texts:
        return self.worker_app.texts

    def compose(self) -> ComposeResult:
        yield TopLine()
        yield Banner()
        yield from self.body()
        yield LineWidget(classes="status")
        yield KeyLine()

    def on_mount(self) -> None:
        self._composed = True

    def body(self) -> ComposeResult:
        yield Static()

    def keys(self) -> Keys:
        """Keys that are active now, with their meaning."""
        return self.usual_keys()

    def usual_keys(self) -> Keys:
        """The keys of most screens."""
        return [("?", self.texts("hint.help")), self.key("escape", "leave")]

    def key(self, name: str, meaning: str) -> tuple[str, str]:
        """A key with its meaning, both by the keys of their sentences."""
        return self.texts(f"key.{name}"), self.texts(f"hint.{meaning}")

    def part(self, name: str) -> str:
        """A name, in the work of a study after its place: ``Part 6 of 8``."""
        seat = self.session.seat
        if seat is None or not seat.part:
            return name
        where = self.texts("stage.number", number=seat.part, total=seat.parts)
        return f"{where} \u00b7 {name}"

    def on_screen_resume(self) -> None:
        """Draw: the screen was not updated while it was hidden."""
        self.show(self.worker_app.now)

    def show(self, now: float) -> None:
        """Draw the session as it is."""
        if not self._composed or not self.app.is_running:
            return
        session = self.session
        self.query_one(TopLine).show_session(session, now)
        self.query_one(Banner).show_session(session)
        refused = "" if self.says_why_itself else self.worker_app.status
        status = refused or session.news or self.worker_app.remark
        style = "bold $text-warning" if refused else "$text-muted"
        width = max(1, self.size.width - 2)
        self.query_one(".status", LineWidget).put(Content.styled(show(status, width), style))
        self.query_one(KeyLine).show_keys([*self.keys(), *self.again(), *self._messages()])
        self.show_body(now)

    def again(self) -> Keys:
        """The key that shows the instructions again, if it does."""
        if not self.session.may_reopen:
            return []
        return [("F7" if self._taken("i") else "i", self.texts("stage.instructions"))]

    def _messages(self) -> Keys:
        if not self.session.notices:
            return []
        return [("F2" if self._taken("m") else "m", self.texts("hint.messages"))]

    def _taken(self, letter: str) -> bool:
        """Whether a letter is typed here, or labels a record."""
        seat = self.session.seat
        if seat is None or self.focused is not None:
            return True
        return must_be_typed(seat.classes) or letter in class_by_key(seat.classes)

    def show_body(self, now: float) -> None:
        """Draw the body."""
