"""The operator's screen as a child that has the terminal: however it ends, we and the run go on."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

if sys.platform != "win32":
    import termios

_RESET = (
    "\x1b[?1049l"  # back to the screen that was there before
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l"  # no mouse, no focus
    "\x1b[?2004l\x1b[<u\x1b[?25h\x1b[0m"  # no bracketed paste, plain keys, the cursor, no colour
)
_GENTLY = 2.0  # seconds that it has to close


class ChildScreen:
    """``clamshell watch`` on the run that ``codes_file`` is of; an async context manager.

    ``closes``: it closes by itself when the run is over. While it is up, whatever we say on stderr
    would be written across it: see :func:`stderr_to`.
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
            sys.executable, "-m", "clamshell_tui.cli", *self._words
        )
        return self

    async def closed(self) -> int:
        """Wait until it has closed; returns its exit code, negative if a signal ended it.

        The terminal is then as it was before, whatever happened to the screen.
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
    """Whatever this process says on stderr goes to the end of ``log`` meanwhile."""
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
