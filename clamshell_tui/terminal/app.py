"""Base class of both Textual apps: invalid UTF-8, lost terminals, signals, resizes, crashes."""

import asyncio
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import IO, Any, ClassVar

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste, Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.theme import Theme
from textual.worker import WorkerFailed

from clamshell_tui.terminal.ascii_filter import PlainLines
from clamshell_tui.terminal.themes import DARK, LIGHT
from clamshell_tui.text import show

_OURS = {theme.name: theme for theme in (DARK, LIGHT)}
_LOOK_AROUND = 0.1  # seconds between looks at whether the program has ended


class TerminalApp(App[None]):
    """``crash`` is the error that ended the app, if any; print it after the terminal is restored.

    Call :meth:`hand_on_size` regularly.
    """

    theme: Reactive[str] = Reactive(DARK.name)  # to begin with: any other parses all styles again
    crash: BaseException | None = None
    _plain_lines: Sequence[LineFilter] = ()
    plain = ""  # why lines are drawn in ASCII; empty for normal frames
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True, id="suspend")
    ]

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's, those registered since, and ours."""
        return super().available_themes | _OURS

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme. Asked for by each widget that is styled, so it makes no dictionary."""
        return _OURS.get(theme_name) or super().get_theme(theme_name)

    def draw_plain(self, why: str, encoding: str) -> None:
        """If there is a reason ``why``, draw in ASCII and letters of ``encoding``."""
        self.plain = why
        self._plain_lines = [PlainLines(encoding)] if why else []

    def get_line_filters(self) -> list[LineFilter]:
        """Filters for every line that is drawn."""
        return [*super().get_line_filters(), *self._plain_lines]

    def action_suspend_process(self) -> None:
        """Stop until ``fg``, as a job of a shell; do nothing if no shell could continue it."""
        if _is_a_job():
            super().action_suspend_process()

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver class, with the Linux driver replaced by ours."""
        chosen = super().get_driver_class()
        return PatientDriver if chosen is LinuxDriver else chosen

    def end_on_signals(self) -> None:
        """On a signal, restore the terminal and exit with 128 plus its number."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    def hand_on_size(self) -> None:
        """Send the terminal's size to the app and its screens if they missed a change.

        Textual reads the size in a signal handler. The next signal may interrupt it, and then the
        older size arrives last. Screens receive the size from a timer of 8 ms, which does nothing
        if it runs late. In both cases a screen would keep its old size.
        """
        if isinstance(self._driver, PatientDriver):
            size = Size(*self._driver._get_terminal_size())
            if size != self.size:
                self.post_message(Resize(size, size))
                return
        for screen in self.screen_stack:
            if screen.outer_size != self.size:
                screen.post_message(Resize(self.size, self.size))

    def _handle_exception(self, error: Exception) -> None:
        """Record the error. Textual calls this for errors in drawing and in message handlers."""
        if self.crash is None:
            self.crash = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Close without Textual's traceback, which fills the terminal."""
        self._close_messages_no_wait()

    def panic(self, *_: object) -> None:
        """As above, for errors that Textual prints in a panel."""
        self.crash = self.crash or RuntimeError("the terminal's keyboard cannot be read")
        self._return_code = 1
        self._close_messages_no_wait()


def _is_a_job() -> bool:
    """Whether a shell waits for this process alone.

    A gateway's terminal has no shell: there a stopped process would stay so. A screen of a
    coordinator shares its group, and must not stop it.
    """
    leader = os.getpgrp() == os.getpid()
    return leader and os.getsid(0) != os.getpid()


class PatientDriver(LinuxDriver):
    """Keeps Textual's reader and writer threads alive, and one of each.

    - Bytes that are not UTF-8 end Textual's reader; here they are ignored. A lost terminal ends the
      reader too, or makes it read nothing forever; here the app ends.
    - A lost terminal ends Textual's writer, and the app blocks on a full queue; here such writes
      are dropped.
    - SIGCONT follows every SIGHUP of a terminal and starts both threads again without ending the
      first two. The handler may also interrupt a put into the writer's queue, and deadlock on it.
      Here the running threads are ended first, in the event loop.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = _Terminal(self._file)  # type: ignore[arg-type, assignment]  # Textual opened one, and uses no other method

    def _sigcont_application(self, *_: object) -> None:
        """Set the terminal up again: another program may have used it."""
        with suppress(RuntimeError):  # the app has just ended
            self._loop.call_soon_threadsafe(self._set_up_again)

    def _set_up_again(self) -> None:
        if self._auto_restart and self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
        super()._sigcont_application()
        self._app.refresh(layout=True)

    def process_message(self, message: Message) -> None:
        """Sanitise pasted text: not every input field does."""
        if isinstance(message, Paste):
            message = Paste("\n".join(map(show, message.text.splitlines())))
        super().process_message(message)

    def run_input_thread(self) -> None:
        """Read keys until the program ends; end the program if its terminal is gone.

        A lost terminal is always readable. Without a SIGHUP, Textual's loop would read nothing
        from it forever and use a whole core.
        """
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("ignore").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], _LOOK_AROUND)[0]:
                keys = self._keys()
                if not keys:
                    self._end_without_a_terminal()
                    return
                if text := decode(keys):  # empty for an incomplete character
                    self._hand_on(parser.feed(text))
            self._hand_on(parser.tick())

    def _hand_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _keys(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:  # EIO: the other side is closed
            return b""

    def _end_without_a_terminal(self) -> None:
        end = partial(self._app.exit, return_code=128 + signal.SIGHUP)
        with suppress(RuntimeError):  # the app has just ended
            self._loop.call_soon_threadsafe(end)


class _Terminal:
    """A terminal file that ignores writes after the terminal is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
