"""The operator's screen as a child process that owns the terminal.

A screen that crashes or is killed must not end the run, or leave the terminal unusable.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

if sys.platform != "win32":
    import termios

_RESET = (
    "\x1b[?1049l"  # leave the alternate screen
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l"  # no mouse, no focus
    "\x1b[?2004l\x1b[<u\x1b[?25h\x1b[0m"  # no bracketed paste, plain keys, cursor, no colour
)
_GENTLY = 2.0  # seconds to close after SIGTERM
_OPENER = "CLAMSHELL_SCREEN_OF"  # variable with the process that opened a screen
_LOOK_EVERY = 0.5  # seconds, at whether it is still there


class ChildScreen:
    """Async context manager: ``clamshell watch`` on the run of ``codes_file``.

    If ``closes``, the screen closes itself when the run is over. Meanwhile, output on stderr would
    be written across the screen: redirect it with :func:`stderr_to`.
    """

    def __init__(self, codes_file: Path, *, closes: bool) -> None:
        self._words = ["watch", "--codes-file", str(codes_file)]
        self._words += ["--close-when-over"] if closes else []
        self._process: asyncio.subprocess.Process | None = None
        self._terminal: list[Any] | None = None

    async def __aenter__(self) -> Self:
        with suppress(termios.error):
            self._terminal = termios.tcgetattr(sys.stdin.fileno())
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "clamshell_tui.cli", *self._words),
            env=os.environ | {_OPENER: str(os.getpid())},
        )
        return self

    async def closed(self) -> int:
        """Wait for the end of the screen; return its exit code, negative after a signal.

        The terminal is restored in any case.
        """
        assert self._process is not None
        code = await self._process.wait()
        if code != 0:
            self._give_back_the_terminal()
        return code

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(_GENTLY):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            self._give_back_the_terminal()

    def _give_back_the_terminal(self) -> None:
        if self._terminal is not None:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._terminal)
        sys.stdout.write(_RESET)
        sys.stdout.flush()


@contextmanager
def stderr_to(log: Path) -> Iterator[None]:
    """Append the output of this process on stderr to ``log`` within the block."""
    terminal = os.dup(2)
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.dup2(descriptor, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(descriptor)
        os.close(terminal)


def end_with_opener() -> bool:
    """End this screen once the process that opened it was killed: a shell has the terminal then.

    Return whether a process opened it, which waits for its end.
    """
    opener = os.environ.pop(_OPENER, "")
    if opener:
        threading.Thread(target=_end_after, args=(int(opener),), daemon=True).start()
    return bool(opener)


def _end_after(opener: int) -> None:
    pause = threading.Event()
    while os.getppid() == opener:
        pause.wait(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
