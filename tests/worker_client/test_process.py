"""``clamshell-worker`` as a process: errors in one line, and a terminal given back as it was."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

WORKER = [sys.executable, "-m", "worker_client"]
DEADLINE = 15.0


def run(*args: str) -> subprocess.CompletedProcess[str]:
    """Run without a terminal."""
    return subprocess.run(
        [*WORKER, *args], capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("clam://127.0.0.1:7777/X",), "not a terminal; use --headless"),
        (("what?",), '"what?" is not a join string'),
        (("a/b", "c/d"), "one terminal takes one seat"),
        (("--headless",), "--headless needs the line to JOIN"),
        (("--count", "0"), "is not in the range x>=1"),
        (("--colour",), "No such option"),
        (("\x1b]0;x\x07",), '"\ufffd]0;x\ufffd" is not a join string'),
    ],
)
def test_a_mistake_is_told_in_one_line(args: tuple[str, ...], words: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("clamshell-worker: error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_is_quick_to_read_and_names_the_way_in() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "clamshell-worker clam://127.0.0.1:7777/K7QM-2F9X" in done.stdout


class Screen:
    """A process on a terminal of its own."""

    def __init__(self, state: Path) -> None:
        self.shown = b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24")
            os.execv(WORKER[0], [*WORKER, "--state", str(state)])

    def reads(self, words: bytes) -> None:
        """Wait until the process has written this."""
        end = time.monotonic() + DEADLINE  # noqa: TID251  # a deadline of the test's own
        while words not in self.shown:
            assert time.monotonic() < end, self.shown  # noqa: TID251  # as above
            self._read(0.2)

    def ends(self) -> int:
        """Wait for the end of the process; its exit code, negative for a signal."""
        end = time.monotonic() + DEADLINE  # noqa: TID251  # a deadline of the test's own
        while time.monotonic() < end:  # noqa: TID251  # as above
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                self._read(0.05)
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("still running")

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

    def close(self) -> None:
        """Make sure that nothing is left."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def _read(self, patience: float) -> None:
        if select.select([self._terminal], [], [], patience)[0]:
            try:
                self.shown += os.read(self._terminal, 65536)
            except OSError:  # the other side is closed
                return


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    """The first screen of a worker without a line to join."""
    made = Screen(tmp_path)
    made.reads(b"Join a labelling session")
    yield made
    made.close()


def modes_left_on(shown: bytes) -> set[bytes]:
    """Private modes of the terminal that were switched on and not off again.

    Seven, lines that wrap, and 25, a cursor, are on in any terminal.
    """
    last = dict(re.findall(rb"\x1b\[\?([\d;]+)([hl])", shown))
    return {mode for mode, switch in last.items() if switch == b"h"} - {b"7", b"25"}


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"]
)
def test_a_signal_gives_the_terminal_back(
    screen: Screen, number: signal.Signals, code: int
) -> None:
    assert b"1049" in modes_left_on(screen.shown)
    os.kill(screen.pid, number)
    assert screen.ends() == code
    assert modes_left_on(screen.shown) == set()
    assert screen.shown.rindex(b"\x1b[?25h") > screen.shown.rindex(b"\x1b[?25l")


@pytest.mark.parametrize("keys", [b"\x11", b"\x03", b"\x1b"], ids=["ctrl+q", "ctrl+c", "escape"])
def test_before_there_is_a_seat_one_key_closes(screen: Screen, keys: bytes) -> None:
    screen.press(keys)
    assert screen.ends() == 0
    assert modes_left_on(screen.shown) == set()
