"""Sentences in Greek letters: what is in Latin ones on a screen is not in the catalogue."""

import re
from collections.abc import Mapping

from clamshell_tui.participant_texts import PLACEHOLDER, Texts

_LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GREEK = str.maketrans(_LATIN, "".join(chr(0x3B1 + place % 17) for place in range(52)))
_FOREIGN = re.compile(
    r"CLAMShell|clam://[\w./:-]+|\bF[2-7]\b|\b[adikysfcuvml]\b|80x24|70x20|^ CLA\b"
)
"""Our name, an address, and keys of the keyboard."""

_FRAME = re.compile(r"[\s\u2500-\u259f]")


def in_greek(texts: Mapping[str, str]) -> dict[str, str]:
    """Every sentence with Greek letters, and its values as they are."""
    return {key: _in_greek(text) for key, text in texts.items()}


def _in_greek(text: str) -> str:
    kept = iter(PLACEHOLDER.findall(text))
    marked = PLACEHOLDER.sub("\0", text).translate(_GREEK)
    return re.sub("\0", lambda _: f"{{{next(kept)}}}", marked)


def latin(screen: str) -> str:
    """The Latin letters on a screen that are no name of a key."""
    return "".join(letter for letter in _FOREIGN.sub("", screen) if letter in _LATIN)


def bare(text: str) -> str:
    """Without frames, and without blanks, where lines may be broken."""
    return _FRAME.sub("", text).casefold()


class NotedTexts(Texts):
    """``said`` has every sentence that was asked for, with its values, by key."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        super().__init__(replaced)
        self.said: dict[str, set[str]] = {}

    def _text(self, key: str, values: Mapping[str, object]) -> str:
        template = super()._text(key, values)
        form = key if key in self else f"{key}.{'one' if values['count'] == 1 else 'other'}"
        filled = PLACEHOLDER.sub(lambda found: str(values.get(found[1])), template)
        self.said.setdefault(form, set()).add(filled)
        return template
