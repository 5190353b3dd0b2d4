"""Sanitising of foreign text for a terminal.

A record's text, a class, an id or a worker's name may hold escape sequences, characters that turn
the writing direction, or line breaks. Pass all text that is shown or quoted through :func:`show`;
stored data stay unchanged. The result is plain text: never parse it as markup.
"""

import codecs
import re
import unicodedata

REPLACEMENT = "\ufffd"
ELLIPSIS = "\u2026"

# Cc, Cs, Zl, Zp, and the characters that reorder what stands around them.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_TWINS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)
"""Typographic quotes and dashes, and the ASCII that says the same in as many cells."""

_CHARSETS = re.compile(r"(iso8859|cp\d|koi8|mac|gb|big5|euc|shift|tis)")  # of terminals
_CHARACTERS_PER_CELL = 16  # more combining marks than this on one cell are an attack, not a word


def show(text: str, width: int | None = None) -> str:
    """Return ``text`` on one line without control characters, clipped to ``width`` cells.

    Tabs become spaces, anything harmful U+FFFD, and a clipped text ends in an ellipsis.
    """
    if width is None:
        return _harmless(text)
    from rich.cells import cell_len, set_cell_size  # costs start-up time that most callers save

    head = _harmless(text[: width * _CHARACTERS_PER_CELL])
    if len(head) == len(text) and cell_len(head) <= width:
        return head
    return set_cell_size(head, width - 1).rstrip() + ELLIPSIS if width > 0 else ""


def _harmless(text: str) -> str:
    return _HARMFUL.sub(REPLACEMENT, text.replace("\t", " "))


def not_utf8(raw: bytes, start: int) -> str:
    """Return ``line 3: not UTF-8``, of bytes that cannot be decoded at ``start``."""
    utf16 = " (it looks like UTF-16)" if b"\0" in raw or raw[:1] in (b"\xff", b"\xfe") else ""
    line = raw.count(b"\n", 0, start) + 1
    return f"line {line}: not UTF-8{utf16}. Save it as UTF-8"


def charset(name: str) -> str:
    """Return Python's name of a terminal's encoding; ``ascii`` for an unknown one."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "ascii"
    return found if found == "utf-8" or _CHARSETS.match(found) else "ascii"


def first_unencodable(text: str, encoding: str) -> str:
    """Return the first character that this :func:`charset` cannot show; empty if none."""
    if encoding == "utf-8" or (text.isascii() and not _HARMFUL.search(text.replace("\n", ""))):
        return ""
    shown = "\n".join(map(_harmless, text.replace("\r\n", "\n").split("\n"))).translate(_TWINS)
    try:
        shown.encode(encoding)
    except UnicodeEncodeError as error:
        return shown[error.start]
    return ""


def describe_character(character: str) -> str:
    """Return a character in ASCII: ``U+0416 CYRILLIC CAPITAL LETTER ZHE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
