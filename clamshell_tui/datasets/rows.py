"""Reads CSV and JSON as rows of named fields, each with the line on which it starts."""

import csv
import json
from collections.abc import Generator, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from clamshell_tui.datasets.checks import SourceLine, listed, quoted
from clamshell_tui.datasets.config import CsvConfig, JsonlConfig, ParquetConfig, TableConfig
from clamshell_tui.datasets.csv_format import SPOKEN, CsvFormat, columns_named
from clamshell_tui.datasets.signatures import PARQUET
from clamshell_tui.datasets.text_file import TextFile, first_bytes
from clamshell_tui.datasets.tool_exports import Export, recognised
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.formats import count
from clamshell_tui.text import show

Row = tuple[int, Mapping[str, Any]]
"""The line, from 1, and its fields: strings from CSV, any JSON value from JSONL."""

_TOGETHER = 1000  # rows that are read under one limit of the csv module
_QUOTED = 2**20  # characters; a longer field is an open quote
_BETWEEN = tuple(" \t\r\n,")  # JSON values
_JSON_HINT = 'It looks like JSON: set dataset.kind to "jsonl"'


class RowFile(Protocol):
    """A file that is read row by row, several times. ``notes`` are complete after the last row."""

    path: str
    decimal: str  # the mark in numbers

    @property
    def notes(self) -> list[str]:
        """Findings about a file, and what was left out."""

    def rows(self) -> Generator[Row, None, None]:
        """Yield every row; DatasetError for the first bad one."""


class DescribedFile(RowFile, Protocol):
    """A file that can also say how it is written."""

    def described(self) -> list[tuple[str, str]]:
        """Return the format as names and values."""


def opened(config: TableConfig, file: Path) -> DescribedFile:
    """Return the file of a table, with its format found out; DatasetError if it is another one."""
    if isinstance(config, ParquetConfig):
        from clamshell_tui.datasets.parquet_file import ParquetFile

        return ParquetFile(file, config)
    if first_bytes(file, config.path).startswith(PARQUET):
        raise DatasetError(
            f'{show(config.path)} is a Parquet file. Set dataset.kind to "parquet", and leave '
            "settings of CSV and JSONL out"
        )
    text = TextFile(file, config.path, config.encoding)
    return CsvFile(text, config) if isinstance(config, CsvConfig) else JsonFile(text, config)


class CsvFile:
    """A CSV file; every row has exactly the header's columns."""

    def __init__(self, file: TextFile, config: CsvConfig) -> None:
        self.path = config.path
        self._file = file
        self._max_field = config.max_field
        head = file.head()
        if _begins_as_json(head.lines):
            raise DatasetError(f"{show(self.path)} is not CSV. {_JSON_HINT}")
        self.format = CsvFormat(head, config, self.path)
        self.decimal = self.format.decimal
        self._repeated = self._empty = 0

    @property
    def notes(self) -> list[str]:
        counted = ((self._repeated, "repeated header"), (self._empty, "empty row"))
        more = [f"left out: {count(number, what)}" for number, what in counted if number]
        return [*self._file.notes, *self.format.notes, *more]

    def described(self) -> list[tuple[str, str]]:
        form = self.format
        mark = form.spelling.delimiter
        header = "none; columns are called 1, 2, 3, ..." if form.first is None else "row 1"
        quotes = "part of the text" if not form.spelling.quote else form.spelling.quote
        return [
            ("format", "CSV"),
            *self._file.described(),
            ("delimiter", SPOKEN.get(mark, mark)),
            ("quotes", f"{quotes} with backslashes" if form.spelling.escaped else quotes),
            ("header", header),
        ]

    def rows(self) -> Generator[Row, None, None]:
        names, header = self.format.names, self.format.first
        self._repeated = self._empty = 0
        begun = header is None
        for line, cells in self._lines(self._max_field):
            if cells == header:
                self._repeated += begun
                begun = True
                continue
            if (not cells or not cells[0].strip()) and not "".join(cells).strip():
                self._empty += len(cells) > 0
                continue
            if len(cells) != len(names):
                cells = self._of_width(cells, names, SourceLine(self.path, line))
            yield line, dict(zip(names, cells))  # noqa: B905  # checked above

    def _of_width(self, cells: list[str], names: list[str], place: SourceLine) -> list[str]:
        """Return the cells of a row without empty ones after the last column."""
        extra = cells[len(names) :]
        if len(cells) > len(names) and not any(map(str.strip, extra)):
            return cells[: len(names)]
        raise place.error(
            f"{len(cells)} columns, header has {len(names)}. Quote a field that holds the "
            f"delimiter {quoted(self.format.spelling.delimiter)}, or set dataset.delimiter"
        )

    def _lines(self, longest: int) -> Iterator[tuple[int, list[str]]]:
        """Yield all rows; DatasetError for a field of more than ``longest`` characters.

        The csv module's limit is global, so it is restored each time.
        """
        skip = self.format.skip
        reader = self.format.spelling.reader(islice(self._file.lines(), skip, None))
        line, more = 1 + skip, True
        while more:
            rows: list[tuple[int, list[str]]] = []
            fault: csv.Error | None = None
            limit = csv.field_size_limit(longest)
            try:
                for cells in islice(reader, _TOGETHER):
                    rows.append((line, cells))
                    line = reader.line_num + 1 + skip
            except csv.Error as error:
                fault = error
            finally:
                csv.field_size_limit(limit)
            more = len(rows) == _TOGETHER
            yield from rows
            if fault is not None:
                if "field larger" in str(fault) and longest < _QUOTED:
                    self._check_lengths()
                several = reader.line_num + skip > line
                place = SourceLine(self.path, line)
                raise place.error(_csv_fault(fault, several_lines=several)) from fault

    def _check_lengths(self) -> None:
        """Raise DatasetError for the first field that is too long, or an open quote before it."""
        for line, cells in self._lines(_QUOTED):
            for name, cell in zip(self.format.names, cells, strict=False):
                check_length(name, cell, self._max_field, SourceLine(self.path, line))


def _csv_fault(error: csv.Error, *, several_lines: bool) -> str:
    plain = 'If quotes are part of the text, set dataset.quote = ""'
    if several_lines or "unexpected end of data" in str(error):
        return f"quote opened here is never closed. {plain}"
    if "field larger" in str(error):
        return "a field is longer than a million characters. Shorten it"
    return f"text after a closing quote. Write a quote inside quotes twice. {plain}"


def check_length(name: str, cell: str, max_field: int, place: SourceLine) -> None:
    if len(cell) > max_field:
        raise place.error(
            f"field {quoted(name)} is {len(cell)} characters, limit {max_field} (dataset.max_field)"
        )


class JsonLines:
    """Makes rows of JSON objects; the first of them shows which tool wrote them.

    ``label`` is the column of known answers, if any.
    """

    def __init__(self, path: str, max_field: int, label: str | None) -> None:
        self._path = path
        self._max_field = max_field
        self._label = label
        self._export: Export | None = None

    @property
    def notes(self) -> list[str]:
        return [] if self._export is None else self._export.notes()

    def decoded(self, raw: bytes, line: int) -> Row | None:
        """Return the row of a line of UTF-8, or None for an empty one."""
        place = SourceLine(self._path, line)
        try:
            source = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise place.error("not UTF-8. Convert it") from error
        if "\0" in source:
            raise place.error("NUL byte. Is this a text file?")
        return self.row(parsed(source, place), line) if source.strip() else None

    def row(self, value: Any, line: int) -> Row:
        """Return the row of a JSON value, which must be an object."""
        place = SourceLine(self._path, line)
        if not isinstance(value, dict):
            raise place.error("not a JSON object. Write one {...} per line")
        for name, field in value.items():
            if isinstance(field, str) and len(field) > self._max_field:
                check_length(name, field, self._max_field, place)
        if self._export is None:
            self._export = recognised(value, self._label, place)
        try:
            return line, self._export.flat(value)
        except (AttributeError, KeyError, TypeError) as error:  # a value of another shape
            raise place.error(f"not a record as {self._export.tool} writes it") from error


class JsonFile:
    """A file of JSON objects: one per line, or an array of them, also within one object."""

    decimal = "."

    def __init__(self, file: TextFile, config: JsonlConfig) -> None:
        self.path = config.path
        self._file = file
        self._config = config
        self._read: list[str] = []
        head, whole = file.head()
        filled = [line for line in head if line.strip()]
        start = filled[0].lstrip()[:1] if filled else ""
        if start and start not in "{[":
            raise SourceLine(self.path, 1).error(
                'not JSON. It looks like CSV: set dataset.kind to "csv"'
            )
        several = len(filled) > 1 or not whole
        self._by_line = several and start == "{" and _is_whole(filled[0])

    @property
    def notes(self) -> list[str]:
        return [*self._file.notes, *self._read]

    def described(self) -> list[tuple[str, str]]:
        form = "JSON Lines, an object per line" if self._by_line else "JSON, objects in an array"
        return [("format", form), *self._file.described()]

    def rows(self) -> Generator[Row, None, None]:
        lines = JsonLines(self.path, self._config.max_field, self._config.label)
        for line, value in self._objects() if self._by_line else self._items():
            yield lines.row(value, line)
        self._read = lines.notes

    def _objects(self) -> Iterator[tuple[int, Any]]:
        for line, source in enumerate(self._file.lines(), 1):
            if source.strip():
                yield line, parsed(source, SourceLine(self.path, line))

    def _items(self) -> Iterator[tuple[int, Any]]:
        """Yield the items of one array, or objects that each take several lines."""
        text = "".join(self._file.lines())
        line, at, inside = 1, 0, False
        while True:
            start = at
            while text[at : at + 1] in _BETWEEN:
                at += 1
            line += text.count("\n", start, at)
            if at == len(text) or (inside and text[at] == "]"):
                return
            if text[at] == "[" and not inside:
                inside, at = True, at + 1
                continue
            value, end = _decoded(text, at, SourceLine(self.path, line))
            for item in [value] if inside else self._unwrapped(value):
                yield line, item
            line += text.count("\n", at, end)
            at = end

    def _unwrapped(self, value: Any) -> list[Any]:
        """Return the records within an object that is none itself."""
        if not isinstance(value, dict) or value.keys() & set(columns_named(self._config)):
            return [value]
        lists = [each for each in value.values() if _is_records(each)]
        return max(lists, key=len, default=[value])


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(v, dict) for v in value)


def _begins_as_json(head: list[str]) -> bool:
    start = next((line.strip() for line in head if line.strip()), "")
    return start.startswith(('{"', "{ ", "[{")) or start in ("{", "[")


def _is_whole(source: str) -> bool:
    """Whether a line is a JSON value; a bad one too, unless it only ends too early."""
    try:
        json.loads(source)
    except json.JSONDecodeError as error:
        return bool(source[error.pos :].strip())
    except (ValueError, RecursionError):
        pass
    return True


def _decoded(text: str, at: int, place: SourceLine) -> tuple[Any, int]:
    """Return the JSON value at a position, and where it ends."""

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for index, key in enumerate(keys) if key in keys[:index])
            raise place.error(f"key {quoted(twice)} appears twice")
        return found

    try:
        return json.JSONDecoder(object_pairs_hook=no_duplicates).raw_decode(text, at)
    except json.JSONDecodeError as error:
        line = SourceLine(place.path, place.line + text.count("\n", at, error.pos))
        raise line.error(f"not JSON: {error.msg} (column {error.colno})") from error
    except ValueError as error:  # an integer of thousands of digits
        raise place.error("not JSON: a number is too long") from error
    except RecursionError as error:
        raise place.error("nested too deeply") from error


def parsed(source: str, place: SourceLine) -> Any:
    """Return the JSON value on a line; NaN and infinity are floats."""
    source = source.strip()
    if source.startswith("{'"):
        raise place.error("not JSON, but a dictionary of Python. Write it with json.dumps")
    value, end = _decoded(source, 0, place)
    if end < len(source) and source[end:].strip() != ",":  # an array without its brackets
        raise place.error(f"not JSON: text after the end (column {end + 1})")
    return value


def missing_column(path: str, name: str, found: Mapping[str, Any]) -> DatasetError:
    hint = did_you_mean(name, map(show, found))
    return DatasetError(f"{show(path)}: no column {quoted(name)}; found: {listed(found)}{hint}")
