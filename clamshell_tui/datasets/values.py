"""The one rule set for ids, texts and labels, wherever they come from.

Scenarios, ``submit``, ``label``, ``predict`` and the coordinator read fields by these functions.
CSV has only texts; in JSON and Parquet, a whole number is its digits (1 and 1.0 are "1") and a
boolean is "true" or "false". A missing, null, NaN or blank label is unknown, and a record with a
blank text is no record.
"""

import math
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from clamshell_tui.datasets.checks import SourceLine, listed, quoted, record_id

MISSING = ("NA", "NaN", "nan", "<NA>", "#N/A", "\\N")
"""What R, pandas, spreadsheets and MySQL write for a missing value: as labels, unknown."""

_LIKE_MISSING = frozenset(
    ("na", "n/a", "nan", "<na>", "#n/a", "null", "none", "nil", "nat", "missing", "unknown")
) | {"-", "--", "?", "-1", "\\n"}
_EXACT = 2**53  # JSON programs keep no larger integer exactly
_POINT_ZERO = re.compile(r"(?<=\d)\.0+$", re.ASCII)
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\xad]")


def field(row: Mapping[str, Any], column: str, place: SourceLine, hint: str = "") -> Any:
    """Return a field of a row; DatasetError if it has none of this name."""
    try:
        return row[column]
    except KeyError:
        raise place.error(f"no column {quoted(column)}; found: {listed(row)}{hint}") from None


def id_of(value: Any, place: SourceLine) -> str:
    """Return an id as text in NFC."""
    if isinstance(value, str):
        return record_id(value, place)
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= _EXACT:
            raise place.error(
                f"bad id {value!r}: a number of this size has lost its last digits. Write ids as "
                "text where the file is made"
            )
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise place.error(f"bad id {quoted(_written(value))}. An id is a text or a whole number")
    return str(value)


def text_of(value: Any, column: str, place: SourceLine) -> str:
    """Return a text; null is blank."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise place.error(f"{quoted(column)} must be a string, got {quoted(repr(value))}")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise place.error(f"{quoted(column)} holds half a character (a lone surrogate)")
    return value


def label_of(value: Any, place: SourceLine) -> str | None:
    """Return a label in NFC, or None if it is unknown.

    A list, as exporters write, is the label in it; a list of several is unknown.
    """
    if isinstance(value, list | tuple):
        value = value[0] if len(value) == 1 else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise place.error(
            f"bad label {quoted(_written(value))}. A label is a text, a whole number, true or false"
        )
    return unicodedata.normalize("NFC", value) if value.strip() else None


def matching(label: str, classes: Container[str]) -> str:
    """Return the class that a label means.

    ``true`` of JSON is also ``True`` of Python, and 1.0, as pandas writes a column of whole numbers
    with gaps, is also 1.
    """
    if label in classes:
        return label
    other = label.title() if label in ("true", "false") else _POINT_ZERO.sub("", label)
    return other if other in classes else label


def _written(value: Any) -> str:
    return "null" if value is None else repr(value)


def like_missing(labels: Iterable[str]) -> list[str]:
    """Return the labels that may stand for a missing answer."""
    return [label for label in labels if label.strip().casefold() in _LIKE_MISSING]


def nearly_equal(labels: Iterable[str]) -> list[list[str]]:
    """Return groups of labels that differ only by case, blanks or invisible characters."""
    alike: dict[str, list[str]] = {}
    for label in labels:
        bare = unicodedata.normalize("NFKC", _INVISIBLE.sub("", label))
        alike.setdefault(" ".join(bare.split()).casefold(), []).append(label)
    return [group for group in alike.values() if len(group) > 1]


def flat_cells(
    row: Mapping[str, Any], columns: Sequence[str], place: SourceLine
) -> tuple[list[str], list[str]]:
    """Return names and cells of the features of a row; a list of numbers is flattened."""
    values: list[Any] = list(map(row.get, columns))
    if set(map(type, values)) == {str}:  # always in CSV
        return list(columns), values
    names: list[str] = []
    cells: list[str] = []
    for column in columns:
        value = field(row, column, place)
        if isinstance(value, list):
            names += [f"{column}[{index}]" for index in range(len(value))]
            cells += map(_cell, value)
        else:
            names.append(column)
            cells.append(_cell(value))
    return names, cells


def _cell(value: Any) -> str:
    """Return a JSON value as text, so that all formats pass the same check."""
    if value is None:
        return ""  # like an empty cell of CSV
    return value if isinstance(value, str) else repr(value)
