"""How a command with an event loop ends early: by a signal or a key."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Self

if sys.platform != "win32":
    import termios
    import tty


class Stop:
    """Ends a demo early. A context manager within a running event loop.

    The first q or Ctrl-C ends it gently, the second one immediately, as do SIGTERM and SIGHUP.
    ``code`` is then the exit code. Keys are read only if ``by_key``.
    """

    def __init__(self, *, by_key: bool) -> None:
        self.asked = asyncio.Event()
        self.gently = False  # whether anything runs that can end gently
        self.code = 0
        self._by_key = by_key
        self._stack = ExitStack()

    def ask(self, *, from_screen: bool = False) -> None:
        """End gently, or immediately the second time; a closed screen only ends gently."""
        if from_screen and (not self.gently or self.asked.is_set()):
            return
        if not self.gently or self.asked.is_set():
            self._cancel(signal.SIGINT)
        self.asked.set()

    def _cancel(self, number: int) -> None:
        self.code = 128 + number
        assert self._task is not None
        self._task.cancel()

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = signal.Signals[name]
            act = self.ask if name == "SIGINT" else partial(self._cancel, number)
            loop.add_signal_handler(number, act)
            self._stack.callback(loop.remove_signal_handler, number)
        if self._by_key:
            self._stack.enter_context(_keys(self._pressed))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _pressed(self, key: str) -> None:
        if key in "qQ":
            self.ask()


@contextmanager
def _keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call ``pressed`` with each key, if stdin is a terminal; restore the terminal at the end."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield
        return
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        for key in os.read(terminal, 64).decode("utf-8", "replace"):
            pressed(key)

    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)  # Ctrl-C stays a signal
    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
