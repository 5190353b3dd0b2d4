"""The ids of records: unique, and not those that a spreadsheet has damaged."""

import re
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clamshell_tui.datasets.checks import SourceLine, quoted
from clamshell_tui.datasets.packed import PackedTexts, TextPacker
from clamshell_tui.datasets.values import field, id_of
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

_ROUNDED = re.compile(r"[+-]?\d([.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
_DATED = re.compile(r"(\d{1,2}[-. ]?[A-Z][a-z]{2,3}\.?|[A-Z][a-z]{2}-\d{2})", re.ASCII)
_FAULTY = re.compile(r"#(NAME\?|REF!|VALUE!|N/A|NUM!|DIV/0!)|#{3,}")
_DIGITS = 15  # that a spreadsheet keeps of a number
_CUT = re.compile(rf"[1-9]\d{{{_DIGITS - 1}}}0+", re.ASCII)
_SAMPLE = 100_000  # ids that are looked at


class Ids:
    """Collects ids; without a ``column``, an id is the number of the row in the file."""

    def __init__(self, path: str, column: str | None) -> None:
        self.notes: list[str] = []
        self._path = path
        self._column = column
        self._ids = TextPacker()
        self._hashes = array("q")

    def add(self, number: int, row: Mapping[str, Any], place: SourceLine) -> None:
        if self._column is None:
            self._ids.add(str(number))
            return
        name = id_of(field(row, self._column, place), place)
        self._ids.add(name)
        self._hashes.append(hash(name))

    def packed(self, lines: Sequence[int]) -> PackedTexts:
        """Return the ids of records on these lines; DatasetError if two are the same."""
        ids = self._ids.packed()
        if self._column is None:
            return ids
        damage = _damage(ids[:_SAMPLE])
        twice = self._twice(ids)
        if twice is not None:
            first, second = twice
            raise DatasetError(
                f"{show(self._path)}: id {quoted(ids[first])} on lines {lines[first]} and "
                f"{lines[second]}. {damage or 'Each record needs an id of its own'}"
            )
        if damage:
            self.notes.append(damage)
        return ids

    def _twice(self, ids: PackedTexts) -> tuple[int, int] | None:
        """Return the first record with the id of one before, and that one."""
        hashes = np.frombuffer(self._hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        self._hashes = array("q")  # no longer needed
        same = np.flatnonzero(np.diff(hashes[order]) == 0)
        pairs = sorted((int(order[at + 1]), int(order[at])) for at in same)
        for second, first in pairs:
            if ids[first] == ids[second]:
                first = next(index for index in range(second) if ids[index] == ids[second])
                return first, second
        return None


def _damage(ids: Sequence[str]) -> str:
    """Return a hint if ids look as if a spreadsheet had taken them for numbers or dates."""
    for pattern, what in ((_ROUNDED, "numbers"), (_DATED, "dates"), (_FAULTY, "formulas")):
        found = [each for each in ids if pattern.fullmatch(each)]
        if found and (pattern is not _DATED or 2 * len(found) > len(ids) or len(ids) > 20):
            return _hint(found, what)
    long = [each for each in ids if each.isdecimal() and len(each) > _DIGITS]
    if len(long) > 1 and all(map(_CUT.fullmatch, long)):
        return _hint(long, "numbers")
    return ""


def _hint(found: Sequence[str], what: str) -> str:
    return (
        f"{len(found)} ids, such as {quoted(found[0])}, look as if a spreadsheet had taken them "
        f"for {what}: import that column as text"
    )
