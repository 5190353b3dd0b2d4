"""What our two apps bear: any bytes, lines that drop, signals, sizes told late, their own crash."""

import asyncio
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import IO, Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste, Resize
from textual.geometry import Size
from textual.message import Message
from textual.worker import WorkerFailed

from clamshell_tui.text import show

_LOOK_AROUND = 0.1  # seconds between looks at whether the program has ended


class TerminalApp(App[None]):
    """``crash`` is the error that ended it, if one did: to be told when the terminal is given back.

    Call :meth:`hand_on_size` now and then.
    """

    crash: BaseException | None = None

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, unless it is the one that gives up too early."""
        chosen = super().get_driver_class()
        return PatientDriver if chosen is LinuxDriver else chosen

    def end_on_signals(self) -> None:
        """Give the terminal back when told to end, and say by which signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    def hand_on_size(self) -> None:
        """Tell the app and its screens the terminal's size if they missed it.

        Textual asks for the size in a signal handler, which the next signal may interrupt: then the
        older size is told last. And it tells the screens by a timer of 8 ms, which gives up for
        good when it gets to run later than that. Either way a screen would keep its old size.
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
        """Textual's own hook, for whatever is raised while drawing or taking a message in."""
        if self.crash is None:
            self.crash = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would leave pages of traceback where somebody was reading."""
        self._close_messages_no_wait()

    def panic(self, *_: object) -> None:
        """As above, for errors that Textual finds worth a frame of their own."""
        self.crash = self.crash or RuntimeError("the terminal's keyboard cannot be read")
        self._return_code = 1
        self._close_messages_no_wait()


class PatientDriver(LinuxDriver):
    """What ends a thread of Textual's, or starts a second one, when one of each is needed:

    - bytes that are not UTF-8 end the one that reads; here they are passed over. So does a
      terminal that is gone, or it reads nothing for ever; here the app ends;
    - a terminal that is gone ends the one that writes, and the app waits for ever for room to
      write; here writing to nobody costs nothing;
    - SIGCONT, which comes with every SIGHUP of a terminal, starts both again, and nobody ends the
      first two; and it does so in the middle of whatever the app is doing, also of handing
      something to the writer, who then waits for itself. Here what runs is ended before, and in
      its turn.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = _Terminal(self._file)  # type: ignore[arg-type, assignment]  # there is one, and more is not used of it

    def _sigcont_application(self, *_: object) -> None:
        """The terminal may have been somebody else's meanwhile: set it up anew."""
        with suppress(RuntimeError):  # the app has just ended
            self._loop.call_soon_threadsafe(self._set_up_anew)

    def _set_up_anew(self) -> None:
        if self._auto_restart and self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
        super()._sigcont_application()
        self._app.refresh(layout=True)

    def process_message(self, message: Message) -> None:
        """What is pasted is data; not every line that it may land in takes care of that."""
        if isinstance(message, Paste):
            message = Paste("\n".join(map(show, message.text.splitlines())))
        super().process_message(message)

    def run_input_thread(self) -> None:
        """Read keys until the program ends, or its terminal is gone: then end the program.

        A terminal that is gone is always readable. Textual's loop would read nothing from it for
        ever, with a core to itself, whenever no SIGHUP came.
        """
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("ignore").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], _LOOK_AROUND)[0]:
                keys = self._keys()
                if not keys:
                    self._end_without_a_terminal()
                    return
                if text := decode(keys):  # else it is a part of a letter
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
    """A file that may be gone."""

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
