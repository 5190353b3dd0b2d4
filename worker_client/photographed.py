"""Pictures of a study's screens: a bot works on them, without a terminal, at a fixed size.

The bot sees what a participant sees, and a picture is taken of each view before it goes on: of each
page of a text, of the first record of a stage and its feedback, of each question, of the first task
and its review. Nothing is scaled or faked: it is the app of the participants.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.containers import VerticalScroll
from textual.css.query import NoMatches
from textual.widgets import Static

from clamshell_tui.participant_texts import Texts, english
from clamshell_tui.terminal.themes import DARK
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.study_messages import (
    BreakShown,
    ConsentShown,
    DebriefShown,
    GateShown,
    PagesShown,
    PausedShown,
    QuestionsShown,
    RecordsShown,
    StagePart,
)
from worker_client.app import WorkerApp
from worker_client.lifecycle import SessionPhase
from worker_client.notices import Lesson
from worker_client.outbox import SeatStore
from worker_client.screen_bot import ScreenBot
from worker_client.widgets.record_view import RecordView
from worker_client.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from worker_client.driver import SessionDriver

_LOOK = 0.05  # wall seconds between two looks
_PATIENCE = 20.0  # wall seconds for a screen to be drawn, on a busy machine
_LONGEST = 60.0  # wall seconds of a stage, after which the bot is taken to be stuck
_TEXT = re.compile(r'<text class="[^"]*-r\d+" x="[^"]*" y="([^"]*)"[^>]*>([^<]*)</text>')
_NAMES: dict[type, str] = {
    ConsentShown: "consent",
    PagesShown: "instructions",
    GateShown: "gate",
    QuestionsShown: "questionnaire",
    BreakShown: "break",
    PausedShown: "paused",
    DebriefShown: "debrief",
}
_OF_WORK = (BreakShown, PausedShown)
_AT_WORK = {
    SessionPhase.WORKING: "task",
    SessionPhase.REVIEWING: "review",
    SessionPhase.WAITING: "waiting",
}

View = tuple[int, str, object]
"""Number and name of a stage, and the part of it that is on the screen."""


class Picture(Struct, frozen=True):
    """One view. ``source`` is the text that has to be on the pictures of this stage.

    ``cut`` are remarks on what does not fit.
    """

    number: int
    stage: str
    svg: str
    lines: tuple[str, ...]
    source: str
    cut: tuple[str, ...]


class StuckError(Exception):
    """The bot did not come out of a stage within a minute."""

    def __init__(self, number: int, stage: str) -> None:
        super().__init__(f"stage {number} ({stage})")


class PhotographedBot(ScreenBot):
    """A screen bot that acts only when :meth:`go_on` is called."""

    _connection: "SessionDriver | None" = None

    async def run(self, app: WorkerApp, connection: "SessionDriver") -> None:
        """Note the connection; the photographer decides when to act."""
        self._connection = connection

    def go_on(self, app: WorkerApp) -> None:
        """Do what is due."""
        if self._connection is not None:
            self.look(app, self._connection)


class PhotographedApp(WorkerApp):
    """The app within a command: signals and output are the command's."""

    def __init__(self, store: SeatStore, join: JoinString, bot: ScreenBot, texts: Texts) -> None:
        super().__init__(store, join, bot=bot, texts=texts)
        # Textual puts these in the place of stdout and stderr while an app runs. Of two apps, the
        # one that ends last would leave those of the other.
        self._capture_stdout = sys.stdout  # type: ignore[assignment]
        self._capture_stderr = sys.stderr  # type: ignore[assignment]

    def end_on_signals(self) -> None:
        """Leave them alone."""


async def photograph(
    join: JoinString,
    bot: PhotographedBot,
    folder: Path,
    size: tuple[int, int],
    texts: Texts,
    keep: Callable[[Picture], None],
    title: str,
) -> None:
    """Take a seat and go through a study; pass each picture to ``keep``.

    ``folder`` is for the state of the seat. Raises StuckError, and the app's own errors.
    """
    app = PhotographedApp(SeatStore(folder), join, bot, texts)
    async with app.run_test(size=size):
        app.theme = DARK.name
        await _Photographer(app, bot, keep, title).work()


class _Photographer:
    def __init__(
        self, app: WorkerApp, bot: PhotographedBot, keep: Callable[[Picture], None], title: str
    ) -> None:
        self._app = app
        self._bot = bot
        self._keep = keep
        self._title = title
        self._taken: set[View] = set()
        self._number = 0
        self._stage = ""
        self._since = perf_counter()

    async def work(self) -> None:
        """Take pictures until the session is over."""
        while not self._app.session.over:
            view = self._view()
            if view is not None and view not in self._taken:
                await self._drawn()
                if view != self._view():
                    continue  # it has just changed
                self._taken.add(view)
                self._keep(self._picture(view))
            self._bot.go_on(self._app)
            await asyncio.sleep(_LOOK)
            self._watch_time()

    def _watch_time(self) -> None:
        view = self._view()
        if view is not None and view[:2] != (self._number, self._stage):
            self._number, self._stage, self._since = *view[:2], perf_counter()
        if perf_counter() - self._since > _LONGEST:
            raise StuckError(self._number, self._stage or "before the first one")

    def _view(self) -> View | None:
        """The screen as text; None if nothing of it is to be kept."""
        session = self._app.session
        stage = session.stage
        if stage is None:
            return None
        number, shown = stage.message.number, stage.shown
        if isinstance(lesson := session.cover, Lesson):
            return lesson.number, "training", "right" if lesson.right else "wrong"
        if session.in_stage is None:
            part = _AT_WORK.get(session.phase)
            if part is None or session.cover is not None:
                return None
            return number + (not isinstance(shown, _OF_WORK)), "work", part
        if isinstance(shown, RecordsShown):
            name = "training" if shown.feedback else "qualification"
            return number, name, "record"
        return number, _NAMES[type(shown)], self._part(shown)

    def _part(self, shown: StagePart) -> object:
        stage = self._app.session.stage
        assert stage is not None
        if isinstance(shown, QuestionsShown):
            return stage.form.at
        if isinstance(shown, ConsentShown | PagesShown | DebriefShown):
            pane = self._find(TextPane)
            return stage.at, round(pane.scroll_y) if pane is not None and pane.laid_out else 0
        return ""

    async def _drawn(self) -> None:
        """Wait until the screen shows the session as it is."""
        app, give_up = self._app, perf_counter() + _PATIENCE
        while perf_counter() < give_up:
            app.redraw()
            done = asyncio.Event()
            app.screen.call_after_refresh(done.set)
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _PATIENCE)
            await asyncio.sleep(_LOOK)
            pane = self._find(TextPane)
            if pane is None or pane.laid_out:
                break
        app.redraw()
        await asyncio.sleep(_LOOK)

    def _find(self, kind: type[TextPane]) -> TextPane | None:
        with suppress(NoMatches):
            return self._app.screen.query_one(kind)
        return None

    def _picture(self, view: View) -> Picture:
        number, name, _ = view
        app = self._app
        svg = app.export_screenshot(title=f"{self._title}: {number} {name}")
        lines = _lines(svg)
        return Picture(number, name, svg, lines, _source(app), tuple(self._cut(lines)))

    def _cut(self, lines: tuple[str, ...]) -> Iterator[str]:
        """Remarks on text that is not whole on the screen."""
        screen = self._app.screen
        for widget in screen.query(Static):
            scrolls = any(isinstance(each, VerticalScroll) for each in widget.ancestors)
            if scrolls or not widget.is_on_screen or not widget.region.area:
                continue
            place = screen.find_widget(widget)
            if place.visible_region != place.region:
                yield f"the part {widget.id or 'below'} does not fit on the screen"
        choices = [each for each in screen.query(VerticalScroll) if each.id == "choices"]
        if any(each.display and each.max_scroll_y for each in choices):
            yield "the answers do not fit on the screen: participants have to scroll"
        meant = " ".join(
            [*english().values(), *self._app.texts.replaced.values(), _source(self._app)]
        )
        for word in re.findall(r"\S{2,24}\u2026", " ".join(lines)):
            if word not in meant:
                yield f'a line is cut off: "{word}"'


def _lines(svg: str) -> tuple[str, ...]:
    """The lines of a picture, from its top to its bottom."""
    lines: dict[float, list[str]] = {}
    for y, text in _TEXT.findall(svg):
        lines.setdefault(float(y), []).append(unescape(text).replace("\xa0", " "))
    return tuple(["".join(lines[y]) for y in sorted(lines)])


def _source(app: WorkerApp) -> str:
    """The experimenter's text that is on this screen, or on another picture of the stage."""
    session = app.session
    stage, sheet = session.in_stage, session.sheet
    if stage is None:
        seen = not any(view.max_scroll_y for view in app.screen.query(RecordView))
        return (sheet.record.text or "") if sheet is not None and seen else ""
    match stage.shown:
        case ConsentShown(text=text) | DebriefShown(text=text):
            return text
        case PagesShown():
            return stage.page
        case RecordsShown():
            return stage.record.text or "" if stage.record is not None else ""
        case QuestionsShown():
            asked = stage.form.question
            return " ".join([asked.ask, *asked.options]) if asked is not None else ""
        case _:
            return ""
