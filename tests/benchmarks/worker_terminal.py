"""``clamshell-worker`` on a terminal of its own, timed from outside: what a person would see."""

import os
import pty
import re
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

PATIENCE = 15.0  # seconds for something to appear


class WorkerTerminal:
    """A terminal of 80x24 cells with a worker's client on it."""

    def __init__(self, state: Path, *args: str) -> None:
        self.began = perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24")
            command = [sys.executable, "-m", "worker_client", "--state", str(state), *args]
            os.execv(command[0], command)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

    def reads(self, pattern: bytes, but: bytes = b"") -> bytes:
        """Wait until the process writes this, from now on; ``but`` is a match to pass over."""
        shown, end = b"", perf_counter() + PATIENCE
        while perf_counter() < end:
            if select.select([self._terminal], [], [], 0.2)[0]:
                shown += os.read(self._terminal, 65536)
                for found in re.findall(pattern, shown):
                    if found != but:
                        return bytes(found)
        raise TimeoutError(f"no {pattern!r} on the screen, but {shown[-2000:]!r}")

    def settles(self, seconds: float) -> None:
        """Pass over what is still written, until nothing is for a while."""
        while select.select([self._terminal], [], [], seconds)[0]:
            os.read(self._terminal, 65536)

    def close(self) -> None:
        """End the process."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@contextmanager
def worker_terminal(state: Path, *args: str) -> Iterator[WorkerTerminal]:
    """A terminal that is gone after the block."""
    terminal = WorkerTerminal(state, *args)
    try:
        yield terminal
    finally:
        terminal.close()
