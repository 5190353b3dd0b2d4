"""Textual's way to the terminal, more patient: bytes, lines that drop, signals, late resizes."""

from contextlib import suppress
from typing import IO, Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste, Resize
from textual.geometry import Size
from textual.message import Message

from clamshell_tui.text import show


def hand_on_size(app: App[Any]) -> None:
    """Tell the app and its screens the terminal's size if they missed it; call it now and then.

    Textual asks for the size in a signal handler, which the next signal may interrupt: then the
    older size is told last. And it tells the screens by a timer of 8 ms, which gives up for good
    when it gets to run later than that. Either way a screen would keep its old size for ever.
    """
    if isinstance(app._driver, PatientDriver):
        size = Size(*app._driver._get_terminal_size())
        if size != app.size:
            app.post_message(Resize(size, size))
            return
    for screen in app.screen_stack:
        if screen.outer_size != app.size:
            screen.post_message(Resize(app.size, app.size))


class PatientDriver(LinuxDriver):
    """What ends a thread of Textual's, or starts a second one, when one of each is needed:

    - bytes that are not UTF-8 end the one that reads; here they are passed over;
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
        """Read keys until the program ends."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue


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
