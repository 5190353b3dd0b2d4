"""The guest list: labels of the invited participants, in a CSV file.

A label stands for a person everywhere; names and addresses belong into columns that the study file
calls ``private``, and these are never read.
"""

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.study.plan import Guest
from clamshell_tui.text import not_utf8, show

MAX_GUESTS = 10_000
_LARGEST = 2**21  # bytes
_COLUMNS = ("label", "condition", "stratum")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_BOT = re.compile(r"B\d+", re.IGNORECASE)
_LONGEST_STRATUM = 64  # characters
_DELIMITERS = ",;\t"


class GuestListError(ScenarioError):
    """A guest list cannot be used; ``key`` is the setting of ``[participants]`` to look at."""

    def __init__(self, text: str, key: str = "file") -> None:
        super().__init__(text)
        self.key = key


def numbered_guests(count: int) -> tuple[Guest, ...]:
    """Return ``count`` guests P001, P002, and so on."""
    return tuple([Guest(f"P{number:03}") for number in range(1, count + 1)])


def read_guests(
    file: Path, private: Collection[str], conditions: Collection[str]
) -> tuple[Guest, ...]:
    """Return the guests in the file, in its order; GuestListError for the first mistake."""
    name = show(file.name)
    rows = _rows(_text(file), name)
    columns = _columns(rows, name)
    places = _places(columns, private, name)
    found: dict[str, tuple[Guest, int]] = {}
    strata: dict[str, tuple[str, int]] = {}
    for line, cells in rows:
        where = f"{name} line {line}"
        _require_as_wide(cells, columns, where)
        guest = _guest({key: cells[at].strip() for key, at in places.items()}, conditions, where)
        before = found.get(guest.label.casefold())
        if before is not None:
            raise GuestListError(_twice(guest, *before, where))
        alike, first = strata.setdefault(folded(guest.stratum), (guest.stratum, line))
        if alike != guest.stratum:
            raise GuestListError(
                f'{where}: stratum "{show(guest.stratum)}" differs from "{show(alike)}" (line '
                f"{first}) only by case, blanks or Unicode form; write them alike"
            )
        found[guest.label.casefold()] = guest, line
    if not found:
        raise GuestListError(f"{name} invites no one. Write a label on each line")
    if len(found) > MAX_GUESTS:
        raise GuestListError(f"{name} has {len(found):,} labels; {MAX_GUESTS:,} are possible")
    return tuple([guest for guest, _ in found.values()])


def _text(file: Path) -> str:
    name = show(file.name)
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise GuestListError(f"cannot read {show(str(file))}: {reason}") from error
    if len(raw) > _LARGEST:
        raise GuestListError(f"{name} is larger than 2 MiB. Is it a guest list?")
    if raw.startswith(b"PK\x03\x04"):
        raise GuestListError(f"{name} is a spreadsheet or an archive. Save it as CSV in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GuestListError(f"{name} {not_utf8(raw, error.start)}") from error
    if "\0" in text:
        raise GuestListError(f"{name} has NUL bytes. Save it as CSV in UTF-8")
    return text


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which a row begins, and its cells; rows of blanks are left out."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise GuestListError(f"{name} line {line}: a quote is not closed, or not alone") from error


def _columns(rows: Iterator[tuple[int, list[str]]], name: str) -> list[str]:
    """Return the names of the columns; one without a name is empty, and never read."""
    _, cells = next(rows, (0, None))
    if cells is None:
        raise GuestListError(f"{name} is empty. Write a line with label, then a label on each line")
    return [unicodedata.normalize("NFC", cell.strip()) for cell in cells]


def _require_as_wide(cells: list[str], columns: list[str], where: str) -> None:
    """Refuse a row with a column too few or too many. Spreadsheets end rows with empty ones."""
    if len(cells) < len(columns) or any(map(str.strip, cells[len(columns) :])):
        raise GuestListError(f"{where}: {len(cells)} columns, the first line has {len(columns)}")


def _places(columns: list[str], private: Collection[str], name: str) -> dict[str, int]:
    """Return where the columns that are read stand; the private ones are left out."""
    if "label" not in columns:
        hint = did_you_mean("label", columns)
        raise GuestListError(
            f'{name} has no column "label"{hint}; name the columns in the first line, with commas, '
            "semicolons or tabs between them"
        )
    unread = {unicodedata.normalize("NFC", each) for each in private}
    for at, column in enumerate(columns):
        if not column:
            continue  # of a spreadsheet's empty columns, or the index of a data frame
        if column in columns[:at]:
            raise GuestListError(f'{name} has a column "{show(column)}" twice')
        if column not in _COLUMNS and column not in unread:
            hint = did_you_mean(column, _COLUMNS)
            raise GuestListError(
                f'{name} has a column "{show(column)}"{hint}; list it in participants.private',
                "private",
            )
    return {key: columns.index(key) for key in _COLUMNS if key in columns}


def _guest(cells: dict[str, str], conditions: Collection[str], where: str) -> Guest:
    guest = Guest(cells["label"], cells.get("condition") or None, cells.get("stratum", ""))
    if not _LABEL.fullmatch(guest.label):
        what = f'label "{show(guest.label[:40])}"' if guest.label else "no label"
        raise GuestListError(
            f"{where}: {what}; write up to 32 letters a-z, digits, dots, dashes and underscores"
        )
    if _BOT.fullmatch(guest.label):
        raise GuestListError(f'{where}: label "{guest.label}" is that of a bot; write another')
    if guest.condition is not None and guest.condition not in conditions:
        hint = did_you_mean(guest.condition, conditions)
        known = ", ".join(conditions)
        raise GuestListError(
            f'{where}: no condition "{show(guest.condition[:40])}"{hint}; known: {known}'
        )
    if len(guest.stratum) > _LONGEST_STRATUM:
        raise GuestListError(f"{where}: the stratum has more than {_LONGEST_STRATUM} characters")
    return guest


def _twice(guest: Guest, before: Guest, line: int, where: str) -> str:
    if guest.label == before.label:
        return f'{where}: label "{guest.label}" is there twice (line {line})'
    return (
        f'{where}: label "{guest.label}" differs from "{before.label}" (line {line}) only by case; '
        "rename one"
    )


def folded(text: str) -> str:
    """Return a text without what few would see: case, blanks at its ends, the form of accents."""
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()


class Identity(NamedTuple):
    """Identity of a participant: for prints only, never kept with a study."""

    name: str
    email: str = ""


def read_identities(file: Path, labels: Collection[str]) -> dict[str, Identity]:
    """Return who the participants are, from the columns label, name and email; others are ignored.

    GuestListError for a file that cannot be read, a label twice, or one that is not among
    ``labels``.
    """
    name = show(file.name)
    rows = _rows(_text(file), name)
    columns = _columns(rows, name)
    for needed in ("label", "name"):
        if columns.count(needed) != 1:
            raise GuestListError(f'{name} has no column "{needed}", or several; write one')
    found: dict[str, Identity] = {}
    for line, cells in rows:
        _require_as_wide(cells, columns, f"{name} line {line}")
        row = dict(zip(columns, map(str.strip, cells), strict=False))
        label = row["label"]
        if label not in labels:
            hint = did_you_mean(label, labels)
            raise GuestListError(f'{name} line {line}: no participant "{show(label[:40])}"{hint}')
        if label in found:
            raise GuestListError(f'{name} line {line}: label "{label}" is there twice')
        found[label] = Identity(row["name"], row.get("email", ""))
    return found
