"""The lines around every screen, titled borders, and text from foreign data.

Foreign text is sanitised line by line and passed as Content: Textual parses strings as markup, also
in border titles.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Static

from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from worker_client.session import Session

if TYPE_CHECKING:
    from worker_client.app import WorkerApp


def texts_of(widget: Widget) -> Texts:
    """The sentences of the app that a widget is part of."""
    return cast("WorkerApp", widget.app).texts


def styled(texts: Texts, key: str, styles: Mapping[str, str], **values: object) -> Content:
    """A sentence with its values, some of them in a style, by placeholder."""
    parts = texts.parts(key, **values)
    return Content.assemble(*[(text, styles.get(name, "")) for text, name in parts])


class LineWidget(Widget):
    """One line of text."""

    DEFAULT_CSS = "LineWidget { height: 1; width: 1fr; padding: 0 1; }"
    can_focus = False

    def __init__(self, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._content = Content("")

    def put(self, content: Content) -> None:
        """Show this from now on."""
        if not content.is_same(self._content):
            self._content = content
            self.refresh(layout=self.styles.is_auto_height)

    def render(self) -> Content:
        return self._content


class SteadyText(Static):
    """Text that is painted again only if it changes: the screens are drawn four times a second."""

    _content_shown: Content | None = None

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        if isinstance(content, Content):
            if self._content_shown is not None and content.is_same(self._content_shown):
                return
            self._content_shown = content
        super().update(content, layout=layout)


class TopLine(LineWidget):
    """Run, worker, amount owed, and state of the connection."""

    DEFAULT_CSS = "TopLine { background: $panel; color: $foreground; }"

    def show_session(self, session: Session, now: float) -> None:
        who = show(session.seat.worker, 16) if session.seat is not None else ""
        left = " \u00b7 ".join(part for part in ("CLAMShell", show(session.run, 30), who) if part)
        state = _state(session)
        micros = session.account.owed_at(now)
        amount = session.amount(micros)
        owed = f"{session.texts('top.owed', amount=amount)}   " if micros else ""
        gap = self.app.size.width - 2 - cell_len(f"{left}{owed}{state[0]}")
        self.put(Content.assemble((left, "bold"), " " * max(1, gap), owed, state))


def _state(session: Session) -> tuple[str, str]:
    texts = session.texts
    if session.connected:
        return f"\u25cf {texts('top.connected')}", "$text-success"
    if session.over or not session.wants_connection:
        return f"\u25cb {texts('top.not_connected')}", "$text-muted"
    return f"\u25cb {texts('top.connecting')}", "$text-warning bold"


_NOTICE_LINES = 3  # of an operator's message; a key shows all of a longer one
_LOST_LINES = 3  # without a connection: why, and what to do
_WRAPPED = 8  # cells of a line that a word at its end may leave free


class Banner(LineWidget):
    """The most urgent message, of our own or of the operator; else how far it is, or the title."""

    DEFAULT_CSS = """
    Banner { color: $text-primary; text-style: bold; height: auto; }
    Banner.-warning { color: $foreground; background: $warning 30%; }
    """

    def show_session(self, session: Session) -> None:
        text, width = _most_urgent(session), self.app.size.width - 2
        lines = 1 if session.connected else _LOST_LINES
        if not text and session.notice:
            text, lines = f"\u2709 {session.notice}", _NOTICE_LINES
        if lines > 1:
            width -= _WRAPPED
        self.set_class(bool(text), "-warning")
        title = session.seat.title if session.seat is not None else ""
        title = title if title != session.run else ""  # it stands in the line above
        self.put(Content(show(text or session.milestone or title, lines * width)))


def _most_urgent(session: Session) -> str:
    if session.seat is not None and not session.connected and not session.over:
        kept = len(session.outbox)
        why = session.trouble.partition(": ")[0] or session.texts("top.lost")
        key = "top.reconnecting_kept" if kept else "top.reconnecting"
        return f"\u26a0 {session.texts(key, count=kept, why=why)}"
    told_below = session.over and session.problem == session.failure
    if session.problem and session.seat is not None and not told_below:
        return f"\u26a0 {session.problem}"
    if session.paused:
        return f"\u2016 {session.texts('top.paused')}"
    return ""


class KeyLine(LineWidget):
    """The keys that are active now; on two lines if a language needs them."""

    DEFAULT_CSS = "KeyLine { background: $panel; }"

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        lines: list[list[Content]] = [[]]
        room = width = self.app.size.width - 2
        for key, meaning in keys:
            hint = Content.assemble((f" {key} ", "bold $text-primary"), f"{meaning}  ")
            if hint.cell_length - 2 > room:
                lines.append([])
                room = width
            lines[-1].append(hint)
            room -= hint.cell_length
        shown = [line for line in lines if line] or [[]]
        self.styles.height = len(shown)
        self.put(Content("\n").join([Content("").join(line) for line in shown]))


def bar(share: float, width: int) -> Content:
    """A bar that is filled up to ``share``, from 0 to 1."""
    filled = round(share * width)
    rest = ("\u2591" * (width - filled), "$text-muted")
    return Content.assemble(("\u2588" * filled, "$text-primary"), rest)


BRIEF = 4000
"""Characters shown of a long text; a key shows the rest."""


def lines_of(text: str) -> str:
    """``text`` with its line breaks and without anything else that would act on a terminal."""
    return "\n".join(show(line) for line in text.replace("\r\n", "\n").split("\n"))


def brief(text: str) -> tuple[str, bool]:
    """The beginning of ``text``, and whether that is less than all of it."""
    return text[:BRIEF], len(text) > BRIEF


class Titled(Widget):
    """A widget with titles in its border."""

    _titles = ("", "", "")

    def entitle(self, above: str, below: str = "", quiet: str = "") -> None:
        """Set the border titles, ``quiet`` after the one below; nothing if they are unchanged."""
        if (above, below, quiet) == self._titles:
            return
        self._titles = (above, below, quiet)
        self.border_title = Content(show(above))
        dot = " \u00b7 " if below and quiet else ""
        muted = (show(f"{dot}{quiet}"), "not bold $text-muted")
        self.border_subtitle = Content.assemble(show(below), muted)


class ChosenIndex(Message):
    """A place was chosen in a widget."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
