"""Finds out how a CSV file is written from its first rows: delimiter, quotes, header, decimals.

A guess is taken only where the rows agree with it; the settings of ``[dataset]`` override each.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, takewhile
from typing import Any, NamedTuple

from clamshell_tui.datasets.checks import SourceLine, listed, quoted, written_as_number
from clamshell_tui.datasets.config import CsvConfig, TableConfig
from clamshell_tui.datasets.text_file import Head
from clamshell_tui.errors import DatasetError
from clamshell_tui.formats import count
from clamshell_tui.text import show

_DELIMITERS = ("\t", ",", ";", "|")  # of equally good ones, texts hold a tab most rarely
SPOKEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?")  # Excel reads and writes it as line 1
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,([0-9]+)")
_DECIMAL_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_COUNTED = 4  # columns called 0, 1, 2, ...; a shorter first row may be a record
_WORDS = 3  # in the only cell of row 1, if that is a record
_RECURS = 2  # times that a cell of row 1 stands in its column again, if row 1 is a record

Rows = list[list[str]]


class Spelling(NamedTuple):
    """How fields are separated and quoted. Without ``quote``, quotes are part of the text."""

    delimiter: str
    quote: str
    escaped: bool = False  # a quote in a field has a backslash before it, and is not doubled
    padded: bool = False  # a blank follows each delimiter

    def reader(self, lines: Iterable[str]) -> Any:
        """Return the csv module's reader, which raises csv.Error for bad quotes."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=not self.escaped,
            escapechar="\\" if self.escaped else None,
            skipinitialspace=self.padded,
            strict=True,
        )


class _Trial(NamedTuple):
    spelling: Spelling
    rows: Rows
    whole: bool  # no quote is wrong
    alike: float  # share of rows as wide as the first

    @property
    def score(self) -> tuple[float, bool, int]:
        width = len(self.rows[0]) if self.rows else 0
        return (self.alike, self.whole, width) if width > 1 else (0.0, False, 0)

    @property
    def fits(self) -> bool:
        """Whether all rows agree with this spelling."""
        return self.score[:2] == (1, True)


class CsvFormat:
    """The format of a file: ``names`` of its columns, and ``notes`` on what was found out.

    ``first`` is the row of the header; None without one. ``skip`` lines stand before it.
    """

    def __init__(self, head: Head, config: CsvConfig, path: str) -> None:
        self.notes: list[str] = []
        self.skip = 0
        delimiter = config.delimiter
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise DatasetError(
                f'delimiter {quoted(delimiter)} is not one character (dataset.delimiter). Write ","'
            )
        if head.lines and (mark := _SEPARATOR_LINE.fullmatch(head.lines[0])):
            head, self.skip, delimiter = head.after(1), 1, delimiter or mark[1]
        trial = _best(head, config, delimiter)
        comments = sum(1 for _ in takewhile(lambda line: line.startswith("#"), head.lines))
        if comments:
            without = _best(head.after(comments), config, delimiter)
            if without.score > trial.score:
                head, trial, self.skip = head.after(comments), without, self.skip + comments
                self.notes.append(f"left out: {count(comments, 'line')} of comments")
        self.spelling = trial.spelling
        self._note_spelling(config)
        self.decimal = config.decimal or self._decimal(trial)
        self._row_names = _has_row_names(trial.rows, head.lines)
        self.first: list[str] | None = None
        self.names: list[str] = []
        if trial.rows:
            self._name_columns(trial.rows, config, SourceLine(path, self.skip + 1))

    def _note_spelling(self, config: CsvConfig) -> None:
        spelling = self.spelling
        if spelling.delimiter != "," and config.delimiter is None:
            name = SPOKEN.get(spelling.delimiter, spelling.delimiter)
            self.notes.append(f"columns are separated by {name} (dataset.delimiter)")
        if not spelling.quote and config.quote is None:
            self.notes.append("quotes are part of the text (dataset.quote)")

    def _decimal(self, trial: _Trial) -> str:
        if self.spelling.delimiter == ",":
            return "."
        cells = [cell.strip() for row in trial.rows[1:] for cell in row]
        commas = [found[1] for cell in cells if (found := _DECIMAL_COMMA.fullmatch(cell))]
        thousands = all(len(digits) == 3 for digits in commas)
        if thousands or any(_DECIMAL_POINT.fullmatch(cell) for cell in cells):
            return "."
        self.notes.append("numbers have a decimal comma (dataset.decimal)")
        return ","

    def _name_columns(self, rows: Rows, config: CsvConfig, place: SourceLine) -> None:
        first, others = rows[0], rows[1:]
        if not _is_header(first, others, config, place, self.notes):
            self.names = [str(number) for number in range(1, len(first) + 1)]
            return
        self.first = first
        cells = first
        if self._row_names:
            cells = ["", *first]
        self.names = _names(cells, place)
        if not cells[0].strip() and any(row[0].strip() for row in others):
            self.notes.append(f'column 1 has no name in the header: it is "{self.names[0]}"')


def columns_named(config: TableConfig) -> list[str]:
    """Return the columns that the settings name."""
    one = (config.id, config.label, config.use, config.group, config.why)
    several = [
        (names,) if isinstance(names, str) else names for names in (config.text, config.features)
    ]
    return [name for name in (*one, *chain(*several)) if name]


# Delimiter and quotes


def _best(head: Head, config: CsvConfig, delimiter: str | None) -> _Trial:
    """Return the trial that agrees best with the rows; of one column, with commas."""
    named = set(columns_named(config))
    found: list[_Trial] = []
    for each in _delimiters(head.lines, delimiter):
        trial = _quotes(head, config, each)
        if len(named) > 1 and trial.rows and named <= set(map(str.strip, trial.rows[0])):
            return trial
        if delimiter is not None or not _is_prose(trial):
            found.append(trial)
    best = max(found, key=lambda trial: trial.score)
    commas = (trial for trial in found if trial.spelling.delimiter == ",")
    return best if best.score[2] else next(commas, best)


def _delimiters(head: list[str], delimiter: str | None) -> Sequence[str]:
    if delimiter is not None:
        return (delimiter,)
    # R's write.table separates by blanks, and quotes every text.
    blank = bool(head) and head[0].startswith('"')
    return (*_DELIMITERS, " ") if blank else _DELIMITERS


def _quotes(head: Head, config: CsvConfig, delimiter: str) -> _Trial:
    """Return the trial of a delimiter, with the quotes that the settings or the rows say."""
    padded = _is_padded(head.lines, delimiter)
    usual = _usual_quote(head.lines) if config.quote is None else config.quote
    trial = _tried(head, Spelling(delimiter, usual, padded=padded))
    if usual and not trial.whole and any("\\" + usual in line for line in head.lines):
        escaped = _tried(head, Spelling(delimiter, usual, escaped=True, padded=padded))
        if escaped.fits:
            return escaped
    if config.quote is None and delimiter == "\t":
        plain = _tried(head, Spelling(delimiter, "", padded=padded))
        swallowed = len(plain.rows) > len(trial.rows)  # rows, by two quotes that are no pair
        if plain.fits and (not trial.fits or swallowed):
            return plain
    return trial


def _usual_quote(head: list[str]) -> str:
    header = head[0].strip() if head else ""
    return "'" if len(header) > 1 and header[0] == header[-1] == "'" else '"'


def _is_prose(trial: _Trial) -> bool:
    """Whether a delimiter is a mark within texts: a blank always follows, and no header."""
    if len(trial.rows) < 2 or not trial.spelling.padded:
        return False
    return bool(_recurring(trial.rows[0], trial.rows[1:]))


def _is_padded(head: list[str], delimiter: str) -> bool:
    """Whether a blank follows every delimiter of the header, and most of the rows'."""
    if not head or not delimiter.strip() or head[0].count(delimiter) == 0:
        return False
    if head[0].count(delimiter) != head[0].count(f"{delimiter} "):
        return False
    return all(f"{delimiter} " in line for line in head if delimiter in line)


def _tried(head: Head, spelling: Spelling) -> _Trial:
    rows: Rows = []
    reader = spelling.reader(iter(head.lines))
    good = True
    try:
        for row in reader:
            if row:
                rows.append(row)
    except csv.Error as error:
        good = not head.whole and "unexpected end of data" in str(error)  # cut within a field
    width = len(rows[0]) if rows else 0
    alike = sum(_as_wide(row, width) for row in rows) if len(rows) > 1 else len(rows)
    if _has_row_names(rows, head.lines):
        alike = len(rows)
    return _Trial(spelling, rows, good, alike / max(1, len(rows)))


def _has_row_names(rows: Rows, head: list[str]) -> bool:
    """Whether R's write.table wrote this: each row begins with a name, under no name in the header.

    Rows that are longer because of a comma in a text must not be taken so.
    """
    others = rows[1:]
    if not others or any(len(row) != len(rows[0]) + 1 or not row[-1].strip() for row in others):
        return False
    names = [row[0] for row in others]
    if names == [str(number) for number in range(1, len(names) + 1)]:
        return True
    return all(line.startswith('"') for line in head) and len(set(names)) == len(names)


def _as_wide(row: list[str], width: int) -> bool:
    return len(row) == width or (len(row) > width and not any(map(str.strip, row[width:])))


# The header


def _is_header(
    first: list[str], others: Rows, config: CsvConfig, place: SourceLine, notes: list[str]
) -> bool:
    """Whether row 1 has the names of the columns; DatasetError if that cannot be found out."""
    if config.header is not None:
        return config.header
    named = columns_named(config)
    if any(name in map(str.strip, first) for name in named):
        return True
    if named and all(name.isdecimal() and 1 <= int(name) <= len(first) for name in named):
        notes.append("the file has no header (dataset.header): columns are called 1, 2, 3, ...")
        return False
    if len(first) == 1 and not named and first[0].strip().count(" ") >= _WORDS - 1:
        raise place.error(
            f"the header looks like a text: {quoted(first[0])}. Put the name of the column above "
            "it; if row 1 is a record, set dataset.header = false"
        )
    recurring = _recurring(first, others)
    if recurring:
        notes.append(
            f"row 1 is a record, not a header (dataset.header): {quoted(recurring)} stands in its "
            "column again; columns are called 1, 2, 3, ..."
        )
        return False
    if not named and _looks_like_a_record(first):  # a missing named column is reported later
        raise place.error(
            f"the header holds numbers: {listed(first, 3)}. Is it a record? Put the names of the "
            "columns above it; if it is one, set dataset.header = false"
        )
    return True


def _recurring(first: list[str], others: Rows) -> str:
    """Return a cell of row 1 that is a value of its column too; empty if there is none."""
    if first in others:
        return ""  # tables that were put together, each with its header
    for index, cell in enumerate(first):
        if cell.strip() and not written_as_number(cell):
            column = [row[index] for row in others if index < len(row)]
            if column.count(cell) >= _RECURS:
                return cell
    return ""


def _looks_like_a_record(cells: list[str]) -> bool:
    """Return whether names are numbers, except 0, 1, 2, 3, ..., pandas' names of columns.

    It is better to refuse a header of numbers than to lose a record silently. Above an index, there
    is no name before them.
    """
    numbers = [cell for cell in cells if written_as_number(cell)]
    if len(numbers) < _COUNTED and cells[0].strip():
        return bool(numbers)
    counted = [list(map(str, range(first, first + len(numbers)))) for first in (0, 1)]
    return numbers not in counted


def _names(cells: list[str], place: SourceLine) -> list[str]:
    """Return the names of columns; a nameless one is called as pandas calls it."""
    given = [cell.strip() for cell in cells]
    taken = set(given)
    names: list[str] = []
    for index, name in enumerate(given):
        if not name:
            name = next(free for free in _free_names(index) if free not in taken)
            taken.add(name)
        if name in names:
            raise DatasetError(
                f"{show(place.path)}: column {quoted(name)} appears twice. Rename one of them"
            )
        names.append(name)
    return names


def _free_names(index: int) -> Iterator[str]:
    yield f"Unnamed: {index}"
    for number in range(1, 1000):
        yield f"Unnamed: {index}.{number}"
