"""Check whether this terminal can show a full screen."""

import os
import sys

from clamshell_tui.errors import InputError


def why_no_screen() -> str:
    """Return why a full screen cannot be drawn; empty if it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "not a terminal"
    if not sys.stderr.isatty():
        return "stderr is redirected, and the screen is drawn there: leave out 2>"
    term = os.environ.get("TERM", "")
    if term in {"", "dumb"}:
        return f'TERM is "{term}", which cannot show a screen: use another terminal'
    return ""


def need_screen(instead: str) -> None:
    """Raise InputError, naming the alternative ``instead``, unless a screen can be drawn.

    If stderr is redirected, print the line to stdout too: the user would not see it otherwise.
    """
    why = why_no_screen()
    if not why:
        return
    if sys.stdout.isatty() and not sys.stderr.isatty():
        print(f"{why}; {instead}")  # stderr, where errors go, is not on the screen
    raise InputError(f"{why}; {instead}")
