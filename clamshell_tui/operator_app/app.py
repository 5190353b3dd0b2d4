"""The operator's screen: five pages on one run, a time bar and action keys.

The source keeps the replica up to date. Ten times a second while time is played, and once while a
live run is followed, the visible page draws the moment that the player has reached; a key draws at
once. Widgets compare new data with old and repaint only cells that differ, so an idle screen costs
almost nothing, and a busy one fits a slow line. The run does not depend on this process.
"""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from textual import events, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from clamshell_tui.errors import ClamshellError
from clamshell_tui.operator_app.action_flow import act_on_run
from clamshell_tui.operator_app.actions import Prompt, actions_of
from clamshell_tui.operator_app.dialogs import HelpDialog, PromptDialog, TooSmall, fits
from clamshell_tui.operator_app.header import Invitation, StatusLine, Tabs
from clamshell_tui.operator_app.join_dialog import JoinDialog
from clamshell_tui.operator_app.pages import PAGES, STUDY_PAGES
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.people import PeoplePage
from clamshell_tui.operator_app.pages.pool import PoolPage
from clamshell_tui.operator_app.pages.table_page import TablePage
from clamshell_tui.operator_app.person_actions import PERSON_ACTIONS
from clamshell_tui.operator_app.person_flow import act_on_people
from clamshell_tui.operator_app.preferences import Preferences
from clamshell_tui.operator_app.saving import save_view
from clamshell_tui.operator_app.study_flow import Alarms, follow_next_condition
from clamshell_tui.operator_app.transport import PlayerBar, PlayingApp
from clamshell_tui.operator_app.view import Source, View
from clamshell_tui.operator_app.widgets.footer import FittedFooter
from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.run.log import EventKind
from clamshell_tui.run.playback import Playback
from clamshell_tui.terminal.themes import DARK, LIGHT, light_terminal
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import join_command

FRAME = 0.1  # seconds between two drawings while time is played
LIVE_FRAME = 1.0  # while a live run is followed: its lines may be slow, and its tasks take seconds
_OF_PAGES = frozenset(
    {
        "act",
        "condition",
        "filter",
        "page",
        "next_page",
        "play",
        "faster",
        "skip",
        "step",
        "beginning",
        "follow",
    }
)
_OF_PERSONS = frozenset(action.name for action in PERSON_ACTIONS)
_SEATS, _ASKED = 2.0, 1000  # seconds between two checks; codes in one request
_CLOSING = 5.0  # seconds
_REPLAY = 60.0  # seconds of the wall that the whole of a replay takes at first


class OperatorApp(PlayingApp):
    """Shows one run. ``clock`` is the monotonic wall clock, in seconds.

    ``replay`` starts at the beginning and plays. ``seats`` maps join codes to commands that take
    their seats. ``closes`` ends the screen some seconds after the run, unless a key is pressed.
    ``read_only`` leaves out all that acts on the run; ``awaited`` is as for :func:`watch`.
    """

    CSS_PATH = "operator.tcss"
    TITLE = "CLAMShell"
    ALLOW_SELECT = False
    AUTO_FOCUS = None  # a page focuses its own widget when it is entered
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
            for number, page in enumerate((*PAGES, *STUDY_PAGES[:1]), 1)
        ],
        Binding("tab", "next_page(1)", "Next page", show=False, priority=True, id="page.next"),
        Binding(
            "shift+tab", "next_page(-1)", "Last page", show=False, priority=True, id="page.last"
        ),
        *PlayingApp.PLAYING,
        Binding("x", "act", "Act", id="act"),
        Binding("p", "act('pause')", "Pause", show=False, id="act.pause"),
        Binding("r", "act('resume')", "Resume", show=False, id="act.resume"),
        Binding("c", "condition", "Condition", id="condition"),
        Binding("j", "join", "Join", id="join"),
        Binding("slash", "filter", "Filter", key_display="/", id="filter"),
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
        read_only: bool = False,
        awaited: bool = False,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__()
        self.read_only = read_only
        self._awaited = awaited
        self.preferences = preferences or Preferences()
        self.source = source
        self.pages = PAGES if source.study is None else STUDY_PAGES
        self.switching = False
        """Whether another run is about to be followed: nothing is drawn."""
        self.player = Playback(source.replica, live=source.live)
        self.problem = ""
        """Reason why the run is no longer followed, if it is not over."""
        self._clock = clock
        self._replay = replay
        self._seats = dict(seats or {})
        self._closes = closes
        self._asking = False
        self._alarms = Alarms()
        self._over_since: float | None = None
        self._ticked_at = clock()

    # -- building ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield TooSmall(id="small")
        yield StatusLine(id="status")
        yield Tabs([(page.ID, page.TITLE) for page in self.pages], id="tabs")
        with ContentSwitcher(initial=self.pages[0].ID, id="pages"):
            for page in self.pages:
                yield page(id=page.ID)
        with Vertical(id="bottom"):
            yield Invitation(id="invitation")
            yield PlayerBar(id="player")
            yield FittedFooter()

    async def on_mount(self) -> None:
        numbers = {f"page.{page.ID}": str(at) for at, page in enumerate(self.pages, 1)}
        self.set_keymap(numbers | self.preferences.keys)
        for name, colours in self.preferences.themes.items():
            self.register_theme(colours.theme(name))
        usual = LIGHT.name if light_terminal(os.environ) else DARK.name
        self.theme = self.preferences.theme or usual
        self.end_on_signals()
        self.query_one(Tabs).choose(self.pages[0].ID)
        if self.source.study is not None:
            self.page.entered()
        self.run_worker(self._keep_up(), name="source", exit_on_error=False)
        self.set_interval(FRAME, self._frame)
        invites = self.source.study is None  # a study's codes are of named participants
        self.query_one(Invitation).show(self._join_commands() if invites else ())
        if self.source.live and self._seats and invites:
            self._drop_used_seats()
            self.set_interval(_SEATS, self._drop_used_seats)
        self.call_after_refresh(_settle_memory)

    @work(group="seats", exclusive=True)
    async def _drop_used_seats(self) -> None:
        """Stop inviting to seats that have been taken."""
        asked = list(self._seats)[:_ASKED]
        with suppress(ClamshellError):  # tried again at the next check
            for code in set(asked).difference(await self.source.free(asked)):
                del self._seats[code]
            self.query_one(Invitation).show(self._join_commands())

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
        """The visible page."""
        page = self.query_one(ContentSwitcher).visible_content
        assert isinstance(page, Page), "nothing else is in the switcher"
        return page

    def view(self) -> View:
        player = self.player
        player.run_reached(self.source.now())
        snapshot = self.source.replica.snapshot_at(player.at)
        return View(player.at, snapshot, self.source, player)

    def _frame(self) -> None:
        """Draw if a frame is due; keys draw at their own time."""
        rests = self.source.live and self.player.following
        if not rests or self._clock() - self._ticked_at >= LIVE_FRAME:
            self.redraw()
        else:
            self.hand_on_size()

    def redraw(self) -> None:
        """Advance the player and draw the visible page."""
        if not self.is_running or self.switching:
            return
        self.hand_on_size()
        now = self._clock()
        self.player.tick(now - self._ticked_at)
        self._ticked_at = now
        if self._closes:
            self._close_when_over(now)
        while self.source.notices:
            self.announce(self.source.notices.popleft(), bad=True)
        self._alarms.ring(self)
        view = self.view()
        if not fits(self.size):
            return
        status, whole = self.query_one(StatusLine), isinstance(self.page, PeoplePage)
        status.show(view, self.problem, self.read_only, self._awaited, of_study=whole)
        self.query_one(PlayerBar).show(view)
        self.page.show(view)

    def on_resize(self, event: events.Resize) -> None:
        if not fits(event.size):
            self.clear_notifications()
        self.screen_stack[0].set_class(not fits(event.size), "-small")

    def _close_when_over(self, now: float) -> None:
        if not self.source.replica.finished:
            return
        if self._over_since is None:
            self._over_since = now
            self.announce(f"the run is over: closing in {_CLOSING:.0f} s. Press a key to stay")
        elif now - self._over_since > _CLOSING:
            self.exit(return_code=0)

    def on_key(self, event: events.Key) -> None:
        if self._over_since is not None:
            self._closes = False

    # -- keys -------------------------------------------------------------------------------------

    def action_page(self, name: str) -> None:
        self.query_one(ContentSwitcher).current = name
        self.query_one(Tabs).choose(name)
        self.set_focus(None)
        self.page.entered()
        self.redraw()

    def action_next_page(self, step: int) -> None:
        names = [page.ID for page in self.pages]
        self.action_page(names[(names.index(self.page.ID) + step) % len(names)])

    def on_tabs_chosen(self, message: Tabs.Chosen) -> None:
        self.action_page(message.name)

    def action_act(self, name: str = "") -> None:
        self._asking = True
        self._act(name)

    @work
    async def _act(self, name: str) -> None:
        page = self.page
        try:
            if isinstance(page, PeoplePage) and (not name or name in _OF_PERSONS):
                send = await act_on_people(self, page, name)
            else:
                send = await act_on_run(self, self.query_one(PoolPage), name)
        finally:
            self._asking = False
        if send is not None:
            await send()

    @work(group="condition", exclusive=True)
    async def action_condition(self) -> None:
        """Let the pages of the run follow the next condition of the study."""
        await follow_next_condition(self)

    def _join_commands(self) -> list[str]:
        """Commands that take the free seats; one seat may have several."""
        return [line for ways in self._seats.values() for line in ways.splitlines()]

    def action_join(self) -> None:
        self.push_screen(JoinDialog(self._seats))

    @work
    async def action_filter(self) -> None:
        """Ask for words; show only rows of the page that have all of them."""
        page = self.page
        if not page.ROWS:
            titles = [each.TITLE for each in self.pages if each.ROWS]
            self.announce(f"rows to filter are on {' and '.join(titles)}", bad=True)
            return
        hint = "words in any column; empty: all"
        words = await self.push_screen_wait(
            PromptDialog(Prompt(f"Show {page.ROWS} with", hint, page.words))
        )
        if words is not None:
            page.words = " ".join(words.split())
            self.redraw()

    def action_save(self) -> None:
        name = f"clamshell-{self.source.title.scenario}-{self.page.ID}-{self.player.at:.0f}s"
        try:
            files = save_view(self, Path.cwd(), name)
        except OSError as error:
            self.announce(f"cannot write here: {error.strerror}", bad=True)
        else:
            self.announce(f"saved {' and '.join(file.name for file in files)}")

    def action_help(self) -> None:
        self.push_screen(HelpDialog(self.preferences.keys))

    def announce(self, text: str, *, bad: bool = False) -> None:
        """Show a notification in place of the last one."""
        self.clear_notifications()
        severity: Literal["warning", "information"] = "warning" if bad else "information"
        self.notify(show(text), severity=severity, timeout=6 if bad else 3, markup=False)

    def join_command(self, code: str) -> str:
        return join_command(self.source.join(code))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for page in self.pages:
            yield SystemCommand(page.TITLE, "Show this page", partial(self.action_page, page.ID))
        actions = actions_of(study=self.source.study is not None)
        for action in () if self.read_only else actions:
            title = action.title.removesuffix(" ...")
            yield SystemCommand(title, "Do this to the run", partial(self.action_act, action.name))
        for moment in (EventKind.EVICTION, EventKind.DUPLICATE, EventKind.BATCH, EventKind.ORDER):
            yield SystemCommand(
                f"Next {moment}", "Go there", partial(self.action_step, str(moment))
            )
        yield SystemCommand("Go to a time", "Seek", self.action_go_to)
        yield SystemCommand("Now", "Follow the run", self.action_follow)
        yield SystemCommand("Save this view", "As SVG and as text", self.action_save)
        yield SystemCommand("Keys", "All of them", self.action_help)
        yield from super().get_system_commands(screen)

    def action_switch_theme(self) -> None:
        names = [*self.preferences.themes, DARK.name, LIGHT.name]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def action_leave(self) -> None:
        self.exit(return_code=0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys of the pages while a dialog is open, and hide those without a use."""
        study, seats = self.source.study, self.source.live or bool(self._seats)
        if action == "join" and (self.read_only or study is not None or not seats):
            return False  # the codes of a study are of named people
        if action == "act" and self.read_only:
            return False
        if action == "condition" and (study is None or not study.several):
            return False
        if action == "page" and parameters[0] == PeoplePage.ID and study is None:
            return False
        asked = self._asking or len(self.screen_stack) > 1
        return not (asked and action in _OF_PAGES)


def own_bindings() -> Iterator[Binding]:
    """The bindings that the operator's file may change."""
    for owner in (OperatorApp, TablePage, LiveTable, Gantt):
        yield from Binding.make_bindings(owner.BINDINGS)


def _settle_memory() -> None:
    """Exclude Textual's modules from later garbage collections, which would scan them again."""
    gc.collect()
    gc.freeze()
