"""Texts that attack a terminal, and what is found of them in what reached one."""

import re
from collections.abc import Iterator

ATTACKS = [
    "\x1b[3J",  # clears what was scrolled away
    "\x1b[6;66H",  # moves the cursor
    "\x1b[4;53;21m",  # colours
    "\x1b[?66h",  # a mode
    "\x1b[21t",  # asks for the title, which comes back as if typed
    "\x1b]0;stolen\x07",  # sets the title
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # writes the clipboard
    "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",  # a link
    "\x1bP$q\x22p\x1b\\",  # asks by DCS
    "\x1b_G1\x1b\\",  # APC
    "\x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "\x1bc",  # resets
    "\x9b7J",  # the same with C1
    "\x9d2;stolen\x9c",
    "\x90$q\x9c",
    "\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "a\rb\nc\x85d\u2028e\u2029f",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061c",
]
_OURS = re.compile(  # what Textual writes: colours, places, its modes, its questions at the start
    r"\x1b\[(?:[0-9;]*[mHJK]|\?(?:7|25|10\d\d|20\d\d)[hl]|\?20\d\d\$p|[<>]\d*u|c|\?u)"
    r"|\x1b\]22;\w+\x07"
)
_ACTS = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def leaks(shown: str) -> Iterator[str]:
    """Whatever acts on a terminal and is not one of the few things that Textual does."""
    rest = _OURS.sub("", shown)
    yield from (repr(rest[found.start() :][:20]) for found in _ACTS.finditer(rest))
    yield from (repr(evil) for evil in ATTACKS if evil in shown)
