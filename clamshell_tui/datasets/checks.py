"""Checks of single fields of a data file; every error names the file and the line."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clamshell_tui.datasets.config import MAX_CLASSES
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.text import show

MAX_NAME = 200  # characters of an id or of a class
SHOWN = 40  # characters of a value that an error message quotes

# Characters that affect a terminal: controls except tab and line ends, bidi marks, surrogates.
CONTROL = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069"
    "\\ud800-\\udfff]|\\r(?!\\n)"
)
_UNPRINTABLE = re.compile(f"{CONTROL.pattern}|[\\t\\r\\n]")
# float() takes exactly the finite ASCII numbers among the strings of these characters.
_NUMBER = re.compile(r"[0-9eE+\-. ]+", re.ASCII)
_INDEX = re.compile(r"unnamed: *\d+(\.\d+)?|(__index_)?level_\d+(__)?|index", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class SourceLine(NamedTuple):
    """A line of a file, counted from 1."""

    path: str
    line: int

    def error(self, what: str) -> DatasetError:
        return DatasetError(f"{self.path} line {self.line}: {what}")


def quoted(text: str) -> str:
    """Return text for an error message: shortened, without control characters."""
    clipped = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return f'"{show(clipped)}"'


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Return names for an error message, at most ``limit`` of them."""
    names = list(names)
    more = f", ... ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(quoted(name)[1:-1] for name in names[:limit]) + more


def record_id(text: str, place: SourceLine) -> str:
    """Return an id in NFC, so that two spellings of the same characters are one id."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_NAME and text.strip():
        return text
    name = unicodedata.normalize("NFC", text)
    if not name.strip() or len(name) > MAX_NAME or _UNPRINTABLE.search(name):
        raise place.error(
            f"bad id {quoted(name)}. An id has 1 to {MAX_NAME} characters, none of them control "
            "characters"
        )
    return name


def is_index(name: str) -> bool:
    """Return whether pandas gives this name to an index that it writes or reads."""
    return _INDEX.fullmatch(name) is not None


def like_a_number(text: str) -> bool:
    """Return whether text is a number, also with thousands marks, a currency or a percent sign."""
    if written_as_number(text):
        return True
    bare = text.strip().strip("$€£%")
    return written_as_number(bare.replace(",", "").replace("'", ""))


def written_as_number(text: str) -> bool:
    """Return whether Python reads the text as a number, even one that we refuse."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def numbers(cells: Sequence[str], names: Sequence[str], place: SourceLine) -> list[float]:
    """Return cells as floats; refuse ``nan``, ``1_0``, digits other than 0-9, and empty cells."""
    try:
        # One match for the whole row: a match for each of 784 cells is too slow for large files.
        if _NUMBER.fullmatch("".join(cells)):
            return list(map(float, cells))
    except ValueError:
        pass  # the loop below finds the cell
    for name, cell in zip(names, cells, strict=True):
        if not (_NUMBER.fullmatch(cell) and written_as_number(cell)):
            raise not_finite(cell, name, place)
    raise AssertionError("a row that fails has a cell that fails")


def not_finite(cell: str, name: str, place: SourceLine) -> DatasetError:
    return DatasetError(
        f"{place.path} line {place.line}, column {quoted(name)[1:-1]}: "
        f"{quoted(cell)} is not a finite number{_repair(cell)}"
    )


def _repair(cell: str) -> str:
    if not cell.strip():
        return ": the cell is empty. Fill it, or name the other columns in dataset.features"
    if cell.strip().upper() in ("NA", "N/A", "NAN", "NULL", "?", "-"):
        return ". Fill it, or name the other columns in dataset.features"
    thousands = _THOUSANDS.fullmatch(cell.strip())
    return f". Write {cell.strip().replace(',', '')}" if thousands else ""


def check_classes(classes: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the classes in NFC: 2 to 1,000, distinct, and short enough to be shown."""
    names = tuple(unicodedata.normalize("NFC", name) for name in classes)
    seen: set[str] = set()
    for name in names:
        if not name.strip() or len(name) > MAX_NAME or _UNPRINTABLE.search(name):
            raise DatasetError(
                f"bad class {quoted(name)} ({where}). A class has 1 to {MAX_NAME} characters, none "
                "of them control characters"
            )
        if name in seen:
            raise DatasetError(f"class {quoted(name)} appears twice ({where})")
        seen.add(name)
    if len(names) < 2:
        found = ", ".join(map(quoted, names)) or "none"
        raise DatasetError(f"need >= 2 distinct classes, got {len(names)} ({found}; {where})")
    if len(names) > MAX_CLASSES:
        raise DatasetError(
            f"{len(names)} classes, limit {MAX_CLASSES} ({where}: {listed(names)}). "
            "Is that the column of the labels?"
        )
    return names


def class_index(label: str, indices: dict[str, int], place: SourceLine) -> int:
    """Return the index of a known answer."""
    try:
        return indices[label]
    except KeyError:
        raise place.error(
            f"label {quoted(label)} is not one of {listed(indices)}{did_you_mean(label, indices)}"
        ) from None
