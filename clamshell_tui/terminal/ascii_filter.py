"""Draw frames, bars and marks in ASCII, cell by cell, for terminals that are not UTF-8.

A line filter sees every line on its way to the terminal, so no glyph is missed. Records do not
depend on it: a record that the terminal cannot show is never shown (the coordinator refuses the
terminal, or the session gives the task back), so a question mark below only replaces our own text.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from clamshell_tui.text import charset, first_unencodable

_GLYPHS = dict(
    zip(
        "\u2713\u2717\u25cf\u25cb\u25b6\u2016\u2709\u26a0\u2190\u2192\u2191\u2193\u2026\u00b7\u2013\u2014\u2018\u2019\u201c\u201d"
        "\u25b2\u25bc\u25a0\u25c6\u25c7\u2573\u2591\u2592\u00bb",
        "+x*o>=!!<>^v.---''\"\"^v##ox.%>",
        strict=True,
    )
)
_MONEY = {"\u20ac": "E", "\u00a3": "L"}  # a question mark before an amount would be no help
_HORIZONTAL = "\u2500\u2501\u2574\u2576"
_VERTICAL = "\u2502\u2503\u2575\u2577"
_BOXES = range(0x2500, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)


def why_plain(environment: Mapping[str, str]) -> str:
    """Return the reason for drawing in ASCII, for the user; empty if the terminal is UTF-8."""
    setting = not_utf8(environment)
    return f"drawn in plain ASCII, because {setting} is not UTF-8" if setting else ""


def not_utf8(environment: Mapping[str, str]) -> str:
    """Return the setting of the locale, ``LANG=C``, if the terminal is not UTF-8; else empty.

    Python sets LC_CTYPE itself if the locale is C; the user's setting is then in LANG. Without any
    setting, assume UTF-8.
    """
    name, value = _locale(environment)
    utf_8 = not value or "utf8" in value.replace("-", "").lower()
    return "" if utf_8 else f"{name}={value}"


def _locale(environment: Mapping[str, str]) -> tuple[str, str]:
    """The variable that counts, and its value."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environment.get(name, "")
        overridden = name == "LC_CTYPE" and environment.get("LANG", "") in ("C", "POSIX")
        if value and not overridden:
            return name, value
    return "", ""


def encoding_of(environment: Mapping[str, str], written: str) -> str:
    """Return the terminal's encoding: the locale's if our stream writes it too, else ASCII."""
    if not not_utf8(environment):
        return "utf-8"
    said = charset(_locale(environment)[1].partition(".")[2].partition("@")[0])
    return said if said == charset(written) else "ascii"


@lru_cache(maxsize=4096)
def in_ascii(text: str, encoding: str = "ascii") -> str:
    """Replace our glyphs, and letters outside ``encoding``; the width in cells is kept."""
    if text.isascii():
        return text
    cells = cell_len(text)  # of the whole: joined emoji take fewer than the sum of their parts
    plain = "".join([_letter(letter, encoding) for letter in text])
    return plain if encoding == "utf-8" else plain.ljust(cells)[:cells]


def _letter(letter: str, encoding: str) -> str:
    if letter.isascii():
        return letter
    if letter in _GLYPHS:
        return _GLYPHS[letter]
    if letter in _HORIZONTAL:
        return "-"
    if letter in _VERTICAL:
        return "|"
    if ord(letter) in _BOXES:
        return "+"
    if ord(letter) in _BLOCKS:
        return "#"
    if not first_unencodable(letter, encoding):
        return letter
    if letter in _MONEY:
        return _MONEY[letter]
    plain = unicodedata.normalize("NFKD", letter)[0]
    cells = cell_len(letter)
    return plain.ljust(cells)[:cells] if plain.isascii() else "?" * cells


class PlainLines(LineFilter):
    """Replaces our glyphs in a line; colours are unchanged."""

    def __init__(self, encoding: str = "ascii") -> None:
        super().__init__()
        self._encoding = encoding

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """A line in as many cells as before."""
        return [
            segment if control else Segment(in_ascii(text, self._encoding), style)
            for segment in segments
            for text, style, control in [segment]
        ]
