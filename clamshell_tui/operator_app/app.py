"""The operator's screen: five pages on one run, a line of time below them, and keys that act.

The source keeps the replica up; ten times a second the page that is seen draws the moment that the
player is at. Nothing here is needed by the run.
"""

import gc
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from textual import events, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer

from clamshell_tui.errors import ClamshellError
from clamshell_tui.operator_app.action_flow import agreed, carry_out
from clamshell_tui.operator_app.actions import ACTIONS
from clamshell_tui.operator_app.dialogs import ActionMenu, HelpScreen, TellScreen, TooSmall, fits
from clamshell_tui.operator_app.export import save_view
from clamshell_tui.operator_app.header import Invitation, StatusLine, Tabs
from clamshell_tui.operator_app.pages import PAGES
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.pool import PoolPage
from clamshell_tui.operator_app.source import Source
from clamshell_tui.operator_app.transport import PlayerBar, PlayingApp
from clamshell_tui.operator_app.view import View
from clamshell_tui.run.history import Moment
from clamshell_tui.run.playback import Playback
from clamshell_tui.terminal.themes import DARK, LIGHT, light_terminal
from clamshell_tui.text import show

FRAME = 0.1  # seconds between two drawings
_OF_PAGES = frozenset(
    {"act", "page", "next_page", "play", "faster", "skip", "step", "beginning", "follow"}
)
_SEATS, _ASKED = 2.0, 1000  # seconds between two looks at who came; codes in one question
_CLOSING = 5.0  # seconds
_REPLAY = 60.0  # seconds of the wall that the whole of a replay takes at first


class OperatorApp(PlayingApp):
    """Watches one run. ``clock`` is the wall's, monotonic, in seconds.

    ``replay`` starts at the beginning and plays. ``seats`` are join codes, each with the command
    that leads to its seat. ``closes``: the screen closes when the run is over, unless a key is
    pressed.
    """

    CSS_PATH = "operator.tcss"
    TITLE = "CLAMShell"
    ALLOW_SELECT = False
    AUTO_FOCUS = None  # a page that is entered says what keys are for
    BINDINGS: ClassVar[list[BindingType]] = [
        *[
            Binding(
                str(number),
                f"page('{page.ID}')",
                page.TITLE,
                show=False,
                priority=True,
                id=f"page.{page.ID}",
            )
            for number, page in enumerate(PAGES, 1)
        ],
        Binding("tab", "next_page(1)", "Next page", show=False, priority=True, id="page.next"),
        Binding(
            "shift+tab", "next_page(-1)", "Last page", show=False, priority=True, id="page.last"
        ),
        *PlayingApp.PLAYING,
        Binding("x", "act", "Act", id="act"),
        Binding("p", "act('pause')", "Pause", show=False, id="act.pause"),
        Binding("r", "act('resume')", "Resume", show=False, id="act.resume"),
        Binding("j", "join", "Join", id="join"),
        Binding("s", "save", "Save", id="save"),
        Binding("question_mark", "help", "Help", id="help"),
        Binding("ctrl+t", "switch_theme", "Light/dark", show=False, id="theme"),
        Binding("q", "leave", "Close", id="quit"),
        *PlayingApp.JUMPS,
        Binding("ctrl+c,ctrl+q", "leave", "Close", show=False, priority=True, id="quit.always"),
    ]

    def __init__(
        self,
        source: Source,
        clock: Callable[[], float],
        *,
        replay: bool = False,
        seats: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__()
        self.source = source
        self.player = Playback(source.replica, live=source.live)
        self.problem = ""
        """Why no more of the run comes, if it is not simply over."""
        self._clock = clock
        self._replay = replay
        self._seats = dict(seats or {})
        self._closes = closes
        self._asking = False
        self._over_since: float | None = None
        self._ticked_at = clock()

    # -- building ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Status, tabs, pages, time, keys."""
        yield TooSmall(id="small")
        yield StatusLine(id="status")
        yield Tabs([(page.ID, page.TITLE) for page in PAGES], id="tabs")
        with ContentSwitcher(initial=PAGES[0].ID, id="pages"):
            for page in PAGES:
                yield page(id=page.ID)
        with Vertical(id="bottom"):
            yield Invitation(id="invitation")
            yield PlayerBar(id="player")
            yield Footer(show_command_palette=False, compact=True)

    async def on_mount(self) -> None:
        """Colours, signals, and the run's first picture."""
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = LIGHT.name if light_terminal(os.environ) else DARK.name
        self.end_on_signals()
        self.query_one(Tabs).choose(PAGES[0].ID)
        self.run_worker(self._keep_up(), name="source", exit_on_error=False)
        self.set_interval(FRAME, self.redraw)
        self.query_one(Invitation).show(self._ways_in())
        if self.source.live and self._seats:
            self._drop_used_seats()
            self.set_interval(_SEATS, self._drop_used_seats)
        self.call_after_refresh(_settle_memory)

    @work(group="seats", exclusive=True)
    async def _drop_used_seats(self) -> None:
        """Nobody is to be invited to a seat that is taken."""
        asked = list(self._seats)[:_ASKED]
        with suppress(ClamshellError):  # the next time will tell
            for code in set(asked).difference(await self.source.unused(asked)):
                del self._seats[code]
            self.query_one(Invitation).show(self._ways_in())

    async def _keep_up(self) -> None:
        try:
            await self.source.keep_up()
        except ClamshellError as error:
            self.problem = str(error)
        if not self.source.live:
            self._loaded()

    def _loaded(self) -> None:
        if self._replay:
            self.player.suit(_REPLAY)
            self.player.seek(0.0)
            self.player.play_or_pause()
        else:
            self.player.follow()

    # -- drawing ----------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """The page that is seen."""
        page = self.query_one(ContentSwitcher).visible_content
        assert isinstance(page, Page), "nothing else is in the switcher"
        return page

    def view(self) -> View:
        """The moment to be drawn."""
        player = self.player
        player.run_reached(self.source.now())
        frame = self.source.replica.frame_at(player.at)
        return View(player.at, frame, self.source, player)

    def redraw(self) -> None:
        """Draw what is seen as it is now; the time of the player goes on meanwhile."""
        if not self.is_running:
            return
        self.hand_on_size()
        now = self._clock()
        self.player.tick(now - self._ticked_at)
        self._ticked_at = now
        if self._closes:
            self._close_when_over(now)
        while self.source.notices:
            self.tell(self.source.notices.popleft(), bad=True)
        view = self.view()
        if not fits(self.size):
            return
        self.query_one(StatusLine).show(view, self.problem)
        self.query_one(PlayerBar).show(view)
        self.page.show(view)

    def on_resize(self, event: events.Resize) -> None:
        """Where the pages have no room, say so instead, and nothing else."""
        if not fits(event.size):
            self.clear_notifications()
        self.screen_stack[0].set_class(not fits(event.size), "-small")

    def _close_when_over(self, now: float) -> None:
        if not self.source.replica.finished:
            return
        if self._over_since is None:
            self._over_since = now
            self.tell(f"the run is over: closing in {_CLOSING:.0f} s. Press a key to stay")
        elif now - self._over_since > _CLOSING:
            self.exit(return_code=0)

    def on_key(self, event: events.Key) -> None:
        """Somebody is here."""
        if self._over_since is not None:
            self._closes = False

    # -- keys -------------------------------------------------------------------------------------

    def action_page(self, name: str) -> None:
        """Show another page."""
        self.query_one(ContentSwitcher).current = name
        self.query_one(Tabs).choose(name)
        self.set_focus(None)
        self.page.entered()
        self.redraw()

    def action_next_page(self, step: int) -> None:
        """The page to the right, or to the left."""
        names = [page.ID for page in PAGES]
        place = names.index(self.query_one(ContentSwitcher).current or names[0])
        self.action_page(names[(place + step) % len(names)])

    def on_tabs_chosen(self, message: Tabs.Chosen) -> None:
        """By mouse."""
        self.action_page(message.name)

    def action_act(self, name: str = "") -> None:
        """Do something to the run; without a name, ask what."""
        self._asking = True
        self._act(name)

    @work
    async def _act(self, name: str) -> None:
        worker = self.query_one(PoolPage).chosen
        action = next((action for action in ACTIONS if action.name == name), None)
        try:
            if action is None:
                action = await self.push_screen_wait(ActionMenu(worker))
            order = None if action is None else await agreed(self, action, worker)
        finally:
            self._asking = False
        if action is not None and order is not None:
            await carry_out(self, action, order)

    def _ways_in(self) -> list[str]:
        """Lines that lead to the free seats; there may be several to one."""
        return [line for ways in self._seats.values() for line in ways.splitlines()]

    def action_join(self) -> None:
        """How people get to their seats."""
        lines = self._ways_in() or ["no free seat is known; x and c issue a join code"]
        if self._seats:
            self.copy_to_clipboard(lines[0])
            note = "the first line is in your clipboard, if your terminal allows it"
            lines = [note, "", *lines]
        self.push_screen(TellScreen("To work there, paste a line into another terminal", lines))

    def action_save(self) -> None:
        """This view as SVG and text, where the program was started."""
        name = f"clamshell-{self.source.title.scenario}-{self.page.ID}-{self.player.at:.0f}s"
        try:
            files = save_view(self, Path.cwd(), name)
        except OSError as error:
            self.tell(f"cannot write here: {error.strerror}", bad=True)
        else:
            self.tell(f"saved {' and '.join(file.name for file in files)}")

    def action_help(self) -> None:
        """The keys."""
        self.push_screen(HelpScreen())

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Something that is seen for a while, in a corner; what was told before makes room."""
        self.clear_notifications()
        severity: Literal["warning", "information"] = "warning" if bad else "information"
        self.notify(show(text), severity=severity, timeout=6 if bad else 3, markup=False)

    def join_command(self, code: str) -> str:
        """What to paste to take the seat of a code."""
        return f"clamshell-worker {self.source.join(code)}"

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette finds: pages, actions, moments, and Textual's own."""
        for page in PAGES:
            yield SystemCommand(page.TITLE, "Show this page", partial(self.action_page, page.ID))
        for action in ACTIONS:
            title = action.title.removesuffix(" ...")
            yield SystemCommand(title, "Do this to the run", partial(self.action_act, action.name))
        for moment in (Moment.EVICTION, Moment.DUPLICATE, Moment.BATCH, Moment.ORDER):
            yield SystemCommand(
                f"Next {moment}", "Go there", partial(self.action_step, str(moment))
            )
        yield SystemCommand("Go to a time", "Seek", self.action_go_to)
        yield SystemCommand("Now", "Follow the run", self.action_follow)
        yield SystemCommand("Save this view", "As SVG and as text", self.action_save)
        yield SystemCommand("Keys", "All of them", self.action_help)
        yield from super().get_system_commands(screen)

    def action_switch_theme(self) -> None:
        """From light to dark or back."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_leave(self) -> None:
        """End the screen; the run goes on."""
        self.exit(return_code=0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is asked, keys belong to it."""
        if action == "join" and not (self.source.live or self._seats):
            return False
        asked = self._asking or len(self.screen_stack) > 1
        return not (asked and action in _OF_PAGES)


def _settle_memory() -> None:
    """What is loaded by now stays: the collector need not walk all of Textual again and again."""
    gc.collect()
    gc.freeze()
