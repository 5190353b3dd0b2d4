"""Reads CSV and JSONL as rows of named fields, each with the line on which it starts."""

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

from clamshell_tui.datasets.checks import SourceLine, listed, quoted, written_as_number
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.text import show

Row = tuple[int, Mapping[str, Any]]
"""The line, from 1, and its fields: strings from CSV, any JSON value from JSONL."""

_COUNTED = 4  # columns called 0, 1, 2, ...; a shorter first row may be a record

Named = Collection[str] | None
"""Columns that settings name, if any; None if there is no header."""


def csv_rows(text: str, path: str, max_field: int, named: Named = ()) -> Iterator[Row]:
    """Yield the rows after the header; every row has exactly the header's columns.

    Without a header, the columns are called 1, 2, 3 and so on.
    """
    header: list[str] | None = None
    for line, cells in _csv_lines(text, path):
        if header is None:
            if named is not None:
                header = _header(cells, named, SourceLine(path, line))
                continue
            header = [str(number) for number in range(1, len(cells) + 1)]
        if len(cells) != len(header):
            raise SourceLine(path, line).error(
                f"{len(cells)} columns, header has {len(header)}{_other_format(header)}"
            )
        _check_lengths(header, cells, max_field, SourceLine(path, line))
        yield line, dict(zip(header, cells, strict=True))


def _csv_lines(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield non-empty rows. The csv module's limit is global, so it is restored each time."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        limit = csv.field_size_limit(len(text) + 1)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceLine(path, line).error(
                _csv_fault(error, several_lines=reader.line_num > line)
            ) from error
        finally:
            csv.field_size_limit(limit)
        if cells:
            yield line, cells


def _csv_fault(error: csv.Error, *, several_lines: bool) -> str:
    if several_lines or "unexpected end of data" in str(error):
        return "quote opened here is never closed"
    return "text after a closing quote. Write a quote inside quotes twice"


def _header(cells: list[str], named: Collection[str], place: SourceLine) -> list[str]:
    if not named and _looks_like_a_record(cells):  # a missing named column is reported later
        raise place.error(
            f"the header holds numbers: {listed(cells, 3)}. Is it a record? Put the names of the "
            "columns above it, or say that there is no header (--no-header, dataset.header = false)"
        )
    for index, name in enumerate(cells):
        if not name.strip():
            raise place.error(
                f"column {index + 1} has no name in the header. Give it one; pandas writes its "
                "index so unless to_csv gets index=False"
            )
        if name in cells[:index]:
            raise DatasetError(f"{place.path}: column {quoted(name)} appears twice")
    return cells


def _looks_like_a_record(cells: list[str]) -> bool:
    """Return whether names are numbers, except 0, 1, 2, 3, ..., pandas' names of columns.

    It is better to refuse a header of numbers than to lose a record silently.
    """
    numbers = [cell for cell in cells if written_as_number(cell)]
    if len(numbers) < _COUNTED:
        return bool(numbers)
    counted = [list(map(str, range(first, first + len(numbers)))) for first in (0, 1)]
    return numbers not in counted


def _other_format(header: list[str]) -> str:
    """Return a guess at the format, if the first line is not a header with commas."""
    if header[0].lstrip().startswith("{"):
        return ". It looks like JSON Lines, not like CSV"
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if mark in header[0]:
            return f". Its columns look separated by {name}: save it with commas"
    return ""


def _check_lengths(header: list[str], cells: list[str], max_field: int, place: SourceLine) -> None:
    if max(map(len, cells)) <= max_field:
        return
    for name, cell in zip(header, cells, strict=True):
        check_length(name, cell, max_field, place)


def check_length(name: str, cell: str, max_field: int, place: SourceLine) -> None:
    if len(cell) > max_field:
        raise place.error(
            f"field {quoted(name)} is {len(cell)} characters, limit {max_field} (dataset.max_field)"
        )


def jsonl_rows(text: str, path: str, max_field: int, first: int = 1) -> Iterator[Row]:
    """Yield one object per line, numbered from ``first``; empty lines are skipped."""
    # Not splitlines(): JSON strings may contain U+2028 and other line ends.
    for line, source in enumerate(text.split("\n"), start=first):
        if not source.strip():
            continue
        place = SourceLine(path, line)
        row = _json_object(source, place)
        for name, value in row.items():
            if isinstance(value, str):
                check_length(name, value, max_field, place)
        yield line, row


def _json_object(source: str, place: SourceLine) -> dict[str, Any]:
    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for index, key in enumerate(keys) if key in keys[:index])
            raise place.error(f"key {quoted(twice)} appears twice")
        return found

    def no_constants(name: str) -> NoReturn:
        raise place.error(f"{quoted(name)} is not a finite number")

    try:
        row = json.loads(source, object_pairs_hook=no_duplicates, parse_constant=no_constants)
    except json.JSONDecodeError as error:
        raise place.error(f"not JSON: {error.msg} (column {error.colno})") from error
    except ValueError as error:  # an integer of thousands of digits
        raise place.error("not JSON: a number is too long") from error
    except RecursionError as error:
        raise place.error("nested too deeply") from error
    if not isinstance(row, dict):
        raise place.error("not a JSON object. Write one {...} per line")
    return row


def missing_column(path: str, name: str, found: Mapping[str, Any]) -> DatasetError:
    hint = did_you_mean(name, map(show, found))
    return DatasetError(f"{path}: no column {quoted(name)}; found: {listed(found)}{hint}")
