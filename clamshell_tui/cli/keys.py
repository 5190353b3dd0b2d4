"""Single keys from the terminal while something else goes on."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

if sys.platform != "win32":
    import termios
    import tty


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Call ``pressed`` with each key; yields False where there is no terminal to read them from.

    To be used within a running event loop. The terminal is afterwards as it was before.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield False
        return
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        for key in os.read(terminal, 64).decode("utf-8", "replace"):
            pressed(key)

    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)  # Ctrl-C stays a signal
    loop.add_reader(terminal, read)
    try:
        yield True
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
