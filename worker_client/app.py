"""The participant's terminal: draws the session and passes keys on to it."""

import asyncio
import gc
import os
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from clamshell_tui.errors import ClamshellError
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.terminal.app import TerminalApp
from clamshell_tui.terminal.themes import DARK, LIGHT, light_terminal
from clamshell_tui.wire.invitation import EXAMPLE, JoinString, code_typed, join_line, parse
from clamshell_tui.wire.messages import ToClient
from worker_client.effects import Arrived, Effect, JoinRefused
from worker_client.keys import QUIET, HeldKeys, must_be_typed
from worker_client.lifecycle import SessionPhase
from worker_client.outbox import SeatStore
from worker_client.screens.choice import all_screens, screen_of
from worker_client.screens.frame import ScreenFrame
from worker_client.screens.overlays import (
    HEIGHT,
    WIDTH,
    LeaveScreen,
    MessagesScreen,
    TakeOverScreen,
    TooSmallScreen,
    WorkerHelpScreen,
)
from worker_client.screens.stage_frame import StageFrame
from worker_client.screens.study_overlays import (
    ConfirmScreen,
    InstructionsAgainScreen,
    StudyLeaveScreen,
    WithdrawScreen,
)
from worker_client.session import Session

if TYPE_CHECKING:
    from worker_client.driver import SessionDriver
    from worker_client.screen_bot import ScreenBot

_TICK = 0.25  # seconds between two drawings of what only time changes
_FLASH = 0.8
ASCII_ASKED = "--ascii"
# Do not draw in these phases: a drawing would delay the reply, which usually arrives before the
# frame is visible. If the reply is late, the next tick draws.
_UNDER_WAY = (SessionPhase.SENDING, SessionPhase.CHECKING)


class WorkerApp(TerminalApp):
    """One worker's terminal. ``return_code`` is the program's exit code.

    ``plain`` is why to draw in ASCII: a setting of the locale, or ``--ascii``; empty for normal
    frames. ``encoding`` is the terminal's, for records. ``quiet`` is the time without a key before
    one counts on a new record. ``texts`` are used until the coordinator sends others.
    """

    CSS_PATH = "worker.tcss"
    TITLE = "CLAMShell"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "leave", "Leave", priority=True, id="quit"),
        Binding("ctrl+t", "switch_theme", "Light or dark", id="theme"),
    ]

    def __init__(
        self,
        store: SeatStore,
        join: JoinString | None = None,
        *,
        review: bool = True,
        bot: "ScreenBot | None" = None,
        plain: str = "",
        encoding: str = "utf-8",
        quiet: float = QUIET,
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        super().__init__()
        self.store = store
        self.session = Session(review=review, encoding=encoding, texts=texts)
        self.status = ""  # why the last key was refused
        self.key_counts = True  # whether the last key was meant for the record in view
        self.line = ""  # initial text of the join screen
        self._review = review
        self._encoding = encoding
        self._join = join
        self._bot = bot
        self._held_keys = HeldKeys(quiet)
        self.draw_plain(plain, encoding)
        self._connection: SessionDriver | None = None

    @property
    def now(self) -> float:
        """The time of the event loop, the only clock here."""
        return asyncio.get_running_loop().time()

    @property
    def texts(self) -> Texts:
        return self.session.texts

    @property
    def remark(self) -> str:
        """Shown when there is no news: why frames are drawn in ASCII."""
        if self.plain == ASCII_ASKED:
            return self.texts("top.ascii_asked")
        return self.texts("top.ascii", setting=self.plain) if self.plain else ""

    @property
    def place(self) -> str:
        return self._join.place if self._join is not None else ""

    async def on_mount(self) -> None:
        self.theme = LIGHT.name if light_terminal(os.environ) else DARK.name
        self.end_on_signals()
        self._prepare()
        for name, screen in all_screens().items():
            self.install_screen(screen, name)
        await self.push_screen("join")
        self.set_interval(_TICK, self.redraw)
        self.call_after_refresh(self._start)

    async def on_event(self, event: events.Event) -> None:
        """Note every key, on any screen: a key may be held from one screen to the next."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.key_counts = self._held_keys.press(self.session.target, self.now)
        await super().on_event(event)

    def act(self, effects: list[Effect]) -> None:
        """Carry out the session's effects after a key press, then draw."""
        refusals = [effect.why for effect in effects if isinstance(effect, JoinRefused)]
        self.status = refusals[-1] if refusals else ""
        if self._connection is not None:
            self._connection.perform(effects)
        self._held_keys.show(self.session.target, self.now)
        if self.session.phase not in _UNDER_WAY or refusals:
            self._settle()

    def heard(self, message: ToClient | None, effects: list[Effect]) -> None:
        """Draw after a message, or after another change of the connection (``message`` is None)."""
        if message is not None:
            self.status = ""
        self._held_keys.show(self.session.target, self.now)
        if any(isinstance(effect, Arrived) for effect in effects):
            self._ring()
        if self._bot is not None and message is not None:
            self._bot.hear(message, self.now)
        self._settle()

    def join(self, text: str) -> None:
        """Request the seat of a join string, or of a code at the current coordinator."""
        try:
            self._join = self._understood(text)
            session = self._session_for(self._join)
        except ClamshellError as error:
            self.session.problem = self.texts.error(error)
            self._settle()
            return
        self.line, self.session = text, session
        if self._connection is not None:
            self._connection.adopt(session, self._join, self.store.at(self._join))
        self.act([])

    def redraw(self) -> None:
        """Draw the current screen."""
        if not self.is_running:
            return
        self.hand_on_size()
        if isinstance(self.screen, ScreenFrame):
            self.screen.show(self.now)

    def on_resize(self, event: events.Resize) -> None:
        """Cover the screen while the terminal is too small."""
        small = event.size.width < WIDTH or event.size.height < HEIGHT
        covered = isinstance(self.screen, TooSmallScreen)
        if small and not covered:
            self.push_screen(TooSmallScreen())
        elif covered and not small:
            self.pop_screen()
            self.call_after_refresh(self._settle)

    def action_switch_theme(self) -> None:
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_help(self) -> None:
        seat = self.session.seat
        typing = seat is not None and must_be_typed(seat.classes)
        keys = self.screen.help_keys() if isinstance(self.screen, StageFrame) else ()
        self.push_screen(WorkerHelpScreen(typing=typing, keys=keys), lambda _: self._settle())

    def action_messages(self) -> None:
        """Show the operator's messages, if there are any."""
        if self.session.notices and not isinstance(self.screen, ModalScreen):
            self.act(self.session.read_notices())
            self.push_screen(MessagesScreen(self.session.notices), lambda _: self._settle())

    def action_instructions(self) -> None:
        """Show the instructions of a study again."""
        seat = self.session.seat
        if (
            seat is not None
            and self.session.may_reopen
            and not isinstance(self.screen, ModalScreen)
        ):
            self.push_screen(InstructionsAgainScreen(seat.instructions), lambda _: self._settle())

    def action_leave(self) -> None:
        """Ask for confirmation if there is a seat."""
        if self.session.seat is None or self.session.over:
            self.action_close()
        elif isinstance(self.screen, ModalScreen):
            return
        else:
            self.act(self.session.keep_typed())
            asks = StudyLeaveScreen() if self.session.in_study else LeaveScreen()
            self.push_screen(asks, self._left)

    def action_close(self) -> None:
        """End the program."""
        self.exit(return_code=self.session.exit_code)

    def _left(self, choice: str | None) -> None:
        if choice == "close":
            self.action_close()
        elif choice == "leave":
            self.act(self.session.leave())
        elif choice == "stop":
            self.push_screen(WithdrawScreen(), self._stopping)
        self._settle()

    def _stopping(self, data: str | None) -> None:
        """Ask once more before the participation ends."""
        if not data:
            self._settle()
            return

        def sure(yes: bool | None) -> None:
            self.act(self.session.withdraw(delete=data == "delete") if yes else [])

        text = (self.texts(f"withdraw.{key}") for key in (f"sure_{data}", "sure_text", "sure_yes"))
        self.push_screen(ConfirmScreen(*text), sure)

    def _prepare(self) -> None:
        """Load the stored seat before the first screen."""
        join = self._join or self._last_place()
        if join is not None:
            self.line = join_line(join.place, join.code, join.fingerprint)
        if self._join is not None:
            self.session = self._session_for(self._join)

    def _last_place(self) -> JoinString | None:
        seat = self.store.latest()
        return seat.join if seat is not None else None

    def _session_for(self, join: JoinString) -> Session:
        seat, answers = self.store.at(join).load()
        token = seat.token if seat is not None else ""
        session = Session(
            join.code,
            token,
            answers,
            review=self._review,
            encoding=self._encoding,
            texts=self.texts,
        )
        session.by_program = self._bot is not None
        session.width, session.height = min(self.size.width, 10_000), min(self.size.height, 10_000)
        if not session.wants_connection:
            session.problem = self.texts("join.no_code", example=EXAMPLE)
        return session

    def _understood(self, text: str) -> JoinString:
        """A whole line, or only its code when the place is known."""
        if "/" in text or ":" in text or self._join is None:
            return parse(text)
        return self._join._replace(code=code_typed(text))

    def _start(self) -> None:
        """Connect, after the first screen is drawn."""
        from worker_client.driver import SessionDriver

        # Loaded modules are never freed. Without this, each full collection walks all of Textual,
        # and about every thirtieth key waits 40 ms longer for its record.
        gc.collect()
        gc.freeze()
        join = self._join or JoinString("127.0.0.1")
        self._connection = SessionDriver(self.session, join, self.store.at(join), self.heard)
        self.run_worker(self._connection.run(), name="connection")
        if self._bot is not None:
            self.run_worker(self._bot.run(self, self._connection), name="bot")
        self._settle()

    def _settle(self) -> None:
        """Show the screen of the session's phase, and redraw."""
        self._ask_to_stay()
        if not self.is_running or not isinstance(self.screen, ScreenFrame):
            return  # help or the leave question is on top; closing it calls this again
        wanted = screen_of(self.session)
        if self.get_screen(wanted) is not self.screen:
            self.switch_screen(wanted)
        self.redraw()

    def _ask_to_stay(self) -> None:
        """Show the question about the seat while it is open, above any other screen."""
        until = self.session.objection_until
        asked = [screen for screen in self.screen_stack if isinstance(screen, TakeOverScreen)]
        if until is not None and not asked and self.is_running:
            self.push_screen(TakeOverScreen(until, lambda: self.now), self._answered)
        elif until is None and asked and self.screen is asked[0]:
            asked[0].dismiss(False)

    def _answered(self, stays: bool | None) -> None:
        if stays:
            self.act(self.session.stay())
        self._settle()

    def _ring(self) -> None:
        self.bell()
        screen = self.get_screen("task")
        screen.add_class("-flash")
        self.set_timer(_FLASH, lambda: screen.remove_class("-flash"))
