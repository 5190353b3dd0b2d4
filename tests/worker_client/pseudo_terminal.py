"""A process on a terminal of its own: what it writes is kept, what is typed reaches it."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping

WORKER = [sys.executable, "-m", "worker_client"]
DEADLINE = 60.0  # seconds, for a machine on which much else is going on
UTF_8 = {"LC_ALL": "C.UTF-8"}


class PseudoTerminal:
    """``shown`` is all that the process wrote, escape sequences and all."""

    def __init__(
        self, *command: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] = UTF_8
    ) -> None:
        self.shown = b""
        self._terminal, theirs = os.openpty()
        width, height = size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**_plain(os.environ), "TERM": "xterm-256color", **env},
        )
        os.close(theirs)

    def reads(self, words: bytes) -> None:
        """Wait until the process has written this."""
        end = time.monotonic() + DEADLINE  # noqa: TID251  # a deadline of the test's own
        while words not in self.shown:
            assert time.monotonic() < end, self.shown[-4000:]  # noqa: TID251  # as above
            self._read(0.2)

    def presses(self, keys: bytes, *, until: bytes) -> None:
        """Type this again and again, as somebody who works, until the process has written that."""
        end = time.monotonic() + DEADLINE  # noqa: TID251  # a deadline of the test's own
        while until not in self.shown:
            assert time.monotonic() < end, self.shown[-4000:]  # noqa: TID251  # as above
            self.press(keys)
            for _ in range(10):
                self._read(0.05)

    def forget(self) -> None:
        """What was written up to now does not count any more."""
        self.shown = b""

    def ends(self) -> int:
        """Wait for the end of the process; its exit code, negative for a signal."""
        end = time.monotonic() + DEADLINE  # noqa: TID251  # a deadline of the test's own
        while self.process.poll() is None:
            assert time.monotonic() < end, "still running"  # noqa: TID251  # as above
            self._read(0.05)
        self._read(0.05)
        return self.process.returncode

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

    def resize(self, width: int, height: int) -> None:
        """The kernel tells the process, if this is its controlling terminal."""
        window = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, window)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """The terminal is gone. No SIGHUP comes: it is not the controlling terminal."""
        os.close(self._terminal)
        self._terminal = -1

    def close(self) -> None:
        """Make sure that nothing is left."""
        self.process.kill()
        self.process.wait()
        if self._terminal >= 0:
            os.close(self._terminal)

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def modes_left_on(self) -> set[bytes]:
        """Private modes of the terminal that were switched on and not off again.

        Seven, lines that wrap, and 25, a cursor, are on in any terminal.
        """
        last = dict(re.findall(rb"\x1b\[\?([\d;]+)([hl])", self.shown))
        return {mode for mode, switch in last.items() if switch == b"h"} - {b"7", b"25"}

    @property
    def cursor_shown(self) -> bool:
        """Whether the cursor that was hidden is back."""
        return self.shown.rindex(b"\x1b[?25h") > self.shown.rindex(b"\x1b[?25l")

    @property
    def echoes(self) -> bool:
        """Whether the terminal is in the state in which a shell left it."""
        flags = termios.tcgetattr(self._terminal)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)

    def _read(self, patience: float) -> None:
        if select.select([self._terminal], [], [], patience)[0]:
            try:
                self.shown += os.read(self._terminal, 65536)
            except OSError:  # the other side is closed
                return


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what says how this terminal or this test run looks."""
    theirs = ("LC_", "LANG", "COLUMNS", "LINES", "COLORFGBG", "COLORTERM", "NO_COLOR", "TEXTUAL")
    return {key: value for key, value in environment.items() if not key.startswith(theirs)}
