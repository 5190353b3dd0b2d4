"""Where things are printed: data on stdout, chatter on stderr, each as its terminal can show it.

The command that leads somebody to a seat.
"""

import shlex
import shutil
import sys
from pathlib import Path
from textwrap import wrap
from typing import TextIO

from rich.console import Console, RenderableType

from clamshell_tui.wire.invitation import Codes


def stderr_console() -> Console:
    """The console for progress and remarks; plain text only, nothing is parsed as markup."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def print_data(renderable: RenderableType) -> None:
    """Print to stdout. A closed pipe is a BrokenPipeError here, as with any other file."""
    console = Console(markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(renderable)
    lines = captured.get().splitlines()
    sys.stdout.write("\n".join(line.rstrip() for line in lines) + "\n")


def terminal_width() -> int | None:
    """How many characters a line of stdout has room for; None where it is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def folded(text: str) -> list[str]:
    """The lines of a paragraph on stdout; one line for a program, which folds as it likes."""
    width = terminal_width()
    if width is None:
        return [text]
    return wrap(text, width=width, break_on_hyphens=False, break_long_words=False)


def shows_unicode(stream: TextIO) -> bool:
    """Whether bars and arrows beyond ASCII may be written to ``stream``."""
    return (stream.encoding or "ascii").lower().replace("-", "").startswith("utf")


_NAME = "clamshell-worker"


def join_command(join: str) -> str:
    """What to paste: with the whole path of the program if it is not on the PATH."""
    beside = Path(sys.executable).with_name(_NAME)
    program = _NAME if shutil.which(_NAME) or not beside.exists() else shlex.quote(str(beside))
    return f"{program} {shlex.quote(join)}"


def invitation(codes: Codes, code: str) -> str:
    """Lines that lead to the seat of ``code``: by ssh and in a browser where that is offered."""
    return "\n".join(codes.without_a_client(code)) or join_command(codes.join(code))
