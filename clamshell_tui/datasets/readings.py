"""How bytes that are not UTF-8 would read in other encodings, the likeliest first.

Any bytes are text in most encodings, so an encoding is proposed only if no other gives a reading
that is as plausible; else the readings are shown side by side, and the user takes the right one.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from clamshell_tui.text import show

# cp1252 comes before latin-1, which equals it except for 27 characters: controls in latin-1, and
# quotes, dashes and the euro in cp1252. Web browsers read latin-1 as cp1252 for the same reason.
_SINGLE = ("cp1252", "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256")
_OLD = ("mac_roman", "cp850")
_DOUBLE = {  # first bytes of the characters in daily use: level 1 of each standard
    "gb18030": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "cp932": (*range(0x82, 0x84), *range(0x88, 0x99)),
    "euc_jp": (*range(0xA4, 0xA6), *range(0xB0, 0xD0)),
    "euc_kr": range(0xB0, 0xC9),
}
_NAMES = {"cp932": "shift_jis"}
_PUNCTUATION = set(
    "\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026\u20ac\xab\xbb\xbf\xa1\xb0\xb7\xa7\xa3\xa0"
)
_WORD = re.compile(r"[^\W\d_]+")
_AT_DIGITS = re.compile(
    r"(?<!\w)[^\W\d_\x00-\x7f](?=\d)|(?<=\d)[^\W\d_\x00-\x7f](?!\w)"
)  # a currency
_FULL_WIDTH = re.compile("[\u3000-\u303f\uff00-\uff60]")  # punctuation of the Far East

_PLAUSIBLE = 0.75
_CLEAR = 0.15  # ahead of the next different reading
_LINES = 200
_AROUND = 20  # characters on each side of a preview
_MOST = 3


class Reading(NamedTuple):
    """An encoding, a piece of the text in it, and how plausible it is, up to 1."""

    encoding: str
    preview: str
    score: float


def readings(lines: Sequence[bytes]) -> list[Reading]:
    """Return different plausible readings of lines that are not UTF-8, the likeliest first.

    One alone is clearly the likeliest.
    """
    sample = [line for line in lines if not line.isascii()][:_LINES]
    found: dict[str, Reading] = {}
    for encoding in (*_SINGLE, *_OLD, *_DOUBLE):
        try:
            texts = [line.decode(encoding) for line in sample]
        except UnicodeDecodeError:
            continue
        whole = "\n".join(texts)
        score = _score(whole, encoding)
        if score >= _PLAUSIBLE and whole not in found:
            found[whole] = Reading(_NAMES.get(encoding, encoding), preview(texts[0]), score)
    ranked = sorted(found.values(), key=lambda reading: -reading.score)
    near = [each for each in ranked if each.score > ranked[0].score - _CLEAR]
    return near[:_MOST]


def preview(line: str) -> str:
    """Return the part of a line around its first character beyond ASCII."""
    first = next(index for index, sign in enumerate(line) if not sign.isascii())
    start = max(0, first - _AROUND)
    return show(line[start : first + _AROUND].strip())


def _score(text: str, encoding: str) -> float:
    """Return the mean plausibility of the characters beyond ASCII."""
    signs = [sign for sign in text if not sign.isascii()]
    total = sum(_sign_score(sign, encoding) for sign in signs)
    faults = sum(map(_word_fault, _WORD.findall(text))) + len(_AT_DIGITS.findall(text))
    return (total - faults) / len(signs)


def _sign_score(sign: str, encoding: str) -> float:
    if encoding in _DOUBLE:
        first = sign.encode(encoding, "replace")[0]
        if _FULL_WIDTH.match(sign) or first in _DOUBLE[encoding]:
            return 1.0
        return 0.3
    if sign in _PUNCTUATION:
        return 1.0
    return 1.0 if unicodedata.category(sign) in ("Lu", "Ll", "Lo") else 0.0


def _word_fault(word: str) -> float:
    """Return a penalty for what no language writes: mixed scripts, capitals inside a word."""
    if word.isascii():
        return 0.0
    beyond = sum(not sign.isascii() for sign in word)
    fault = 0.0
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in word}
    if len(scripts) > 1 and "LATIN" in scripts:
        fault += beyond
    if any(a.islower() and b.isupper() for a, b in pairwise(word)):
        fault += beyond
    if scripts == {"LATIN"} and beyond > 2 and beyond > len(word) / 2:
        fault += beyond  # Cyrillic, Greek or Chinese, read as accented letters
    return fault
