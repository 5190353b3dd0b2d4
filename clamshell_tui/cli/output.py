"""Printing: data to stdout, progress and remarks to stderr, and the commands for joining a run."""

import shutil
import sys
from textwrap import wrap
from typing import TextIO

from rich.console import Console, RenderableType

from clamshell_tui.wire.invitation import Codes, join_command


def stderr_console() -> Console:
    """Return the console for progress and remarks; it parses no markup."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def print_data(renderable: RenderableType) -> None:
    """Print to stdout; BrokenPipeError if the reader has gone, which Rich would hide."""
    console = Console(markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(renderable)
    lines = captured.get().splitlines()
    sys.stdout.write("\n".join(line.rstrip() for line in lines) + "\n")


def terminal_width() -> int | None:
    """Return the width of stdout in characters; None if it is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def folded(text: str) -> list[str]:
    """Wrap a paragraph to the width of the terminal; leave it whole for a program."""
    width = terminal_width()
    if width is None:
        return [text]
    return wrap(text, width=width, break_on_hyphens=False, break_long_words=False)


def shows_unicode(stream: TextIO) -> bool:
    """Whether bars and arrows beyond ASCII may be written to ``stream``."""
    return (stream.encoding or "ascii").lower().replace("-", "").startswith("utf")


def invitation(codes: Codes, code: str) -> str:
    """Return how to take the seat of ``code``: by ssh and browser if offered, else by command."""
    return "\n".join(codes.without_a_client(code)) or join_command(codes.join(code))
