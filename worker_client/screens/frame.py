"""The frame of every screen: lines on top and below, and the way to the session."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from clamshell_tui.text import show
from worker_client.session import Session
from worker_client.widgets.lines import Banner, KeyLine, LineWidget, TopLine

if TYPE_CHECKING:
    from worker_client.app import WorkerApp

Keys = list[tuple[str, str]]


class ScreenFrame(Screen[None]):
    """A screen draws the session when told so by :meth:`show`, and holds nothing of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.leave", "Leave", id="leave"),
        Binding("question_mark", "app.help", "Help", id="help"),
    ]
    AUTO_FOCUS = ""
    _composed = False

    @property
    def worker_app(self) -> "WorkerApp":
        """The application, by its own type."""
        return cast("WorkerApp", self.app)

    @property
    def session(self) -> Session:
        """The worker's session."""
        return self.worker_app.session

    def compose(self) -> ComposeResult:
        """Two lines, the body, two lines."""
        yield TopLine()
        yield Banner()
        yield from self.body()
        yield LineWidget(classes="status")
        yield KeyLine()

    def on_mount(self) -> None:
        """From now on there are widgets to draw on."""
        self._composed = True

    def body(self) -> ComposeResult:
        """What is in between."""
        yield Static()

    def keys(self) -> Keys:
        """The keys that do something now, with what they do."""
        return [("?", "help"), ("Esc", "leave")]

    def on_screen_resume(self) -> None:
        """Shown again: catch up."""
        self.show(self.worker_app.now)

    def show(self, now: float) -> None:
        """Draw the session as it is."""
        if not self._composed or not self.app.is_running:
            return
        session = self.session
        self.query_one(TopLine).show_session(session, now)
        self.query_one(Banner).show_session(session)
        status = self.worker_app.status or session.news or self.worker_app.remark
        style = "bold $text-warning" if self.worker_app.status else "$text-muted"
        width = max(1, self.size.width - 2)
        self.query_one(".status", LineWidget).put(Content.styled(show(status, width), style))
        self.query_one(KeyLine).show_keys(self.keys())
        self.show_body(now)

    def show_body(self, now: float) -> None:
        """Draw what is in between."""
