"""The operator's screen in a process of its own, on a terminal that can be pulled and resized."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from tests.worker_client.pseudo_terminal import DEADLINE, PseudoTerminal

_OWNING = (  # only a controlling terminal signals that it is closed or resized
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'clamshell_tui.cli', *sys.argv[1:]])\n"
)


class OperatorTerminal(PseudoTerminal):
    """``clamshell WORDS`` with a controlling terminal."""

    def __init__(self, *words: str, size: tuple[int, int] = (100, 30)) -> None:
        super().__init__(sys.executable, "-c", _OWNING, *words, size=size)
        self._forgotten = 0

    def __enter__(self) -> Self:
        return self

    @property
    def lately(self) -> bytes:
        """The output since :meth:`forget`; modes are those of all output."""
        return self.shown[self._forgotten :]

    def forget(self) -> None:
        """Begin ``lately`` here."""
        self._forgotten = len(self.shown)

    def reads(self, words: bytes) -> None:
        """Wait until the process has written this lately."""
        self.until(lambda: words in self.lately)

    def read_for(self, seconds: float) -> None:
        """Take what is drawn for a while, as a terminal does."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and self.process.poll() is None:
            self._read(min(0.05, left))

    def until(self, true: Callable[[], bool], seconds: float = DEADLINE) -> None:
        """Go on reading until something is true."""
        end = time.perf_counter() + seconds
        while not true():
            assert time.perf_counter() < end, self.lately[-2000:]
            self.read_for(0.02)

    def press(self, keys: bytes) -> None:
        """Type, however much: what is drawn meanwhile is taken, or neither side could go on."""
        os.set_blocking(self._terminal, False)
        while keys and self.process.poll() is None:
            with suppress(BlockingIOError):
                keys = keys[os.write(self._terminal, keys[:512]) :]
            self._read(0.002)
        os.set_blocking(self._terminal, True)

    def pull(self) -> None:
        """The window is closed, or the line drops: the terminal is gone."""
        os.close(self._terminal)
        self._terminal = os.open(os.devnull, os.O_RDWR)

    def wait(self) -> int:
        """The exit code, when the terminal is not there any more."""
        return self.process.wait(DEADLINE)

    @contextmanager
    def read_in_the_background(self) -> Iterator[None]:
        """Read the screen during the block, as a terminal would, and keep nothing."""
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                self._read(0.05)
                self.shown = b""

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was: no mode on, a cursor, lines and echo."""
        return not self.modes_left_on and self.cursor_shown and self.echoes

    def stop(self) -> None:
        """Stop the process, as Ctrl-Z would: it reads nothing."""
        self.send(signal.SIGSTOP)

    def go_on(self) -> None:
        """It runs again."""
        self.send(signal.SIGCONT)
