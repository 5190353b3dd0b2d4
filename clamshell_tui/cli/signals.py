"""What ends a command early that runs until it is told to stop."""

import asyncio
import signal
from contextlib import ExitStack
from functools import partial
from typing import Self

from clamshell_tui.cli.keys import keys


class Stop:
    """What ends a demo early: q or Ctrl-C once gently, twice at once; SIGTERM and SIGHUP at once.

    A context manager within a running event loop. ``code`` is the exit code that came of it; keys
    are read only where ``by_key`` is true.
    """

    def __init__(self, *, by_key: bool) -> None:
        self.asked = asyncio.Event()
        self.gently = False  # there is something that can be ended gently
        self.code = 0
        self._by_key = by_key
        self._stack = ExitStack()

    def ask(self, *, from_screen: bool = False) -> None:
        """Gently, or at once if asked before; from a screen that closed, never at once."""
        if from_screen and (not self.gently or self.asked.is_set()):
            return
        if not self.gently or self.asked.is_set():
            self._at_once(signal.SIGINT)
        self.asked.set()

    def _at_once(self, number: int) -> None:
        self.code = 128 + number
        assert self._task is not None
        self._task.cancel()

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = signal.Signals[name]
            act = self.ask if name == "SIGINT" else partial(self._at_once, number)
            loop.add_signal_handler(number, act)
            self._stack.callback(loop.remove_signal_handler, number)
        if self._by_key:
            self._stack.enter_context(keys(self._pressed))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _pressed(self, key: str) -> None:
        if key in "qQ":
            self.ask()
