"""Reads records for a coordinator from CSV or JSONL."""

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import click

from clamshell_tui.datasets.checks import (
    SourceLine,
    is_index,
    listed,
    not_finite,
    numbers,
    quoted,
    record_id,
)
from clamshell_tui.datasets.config import MAX_FIELD
from clamshell_tui.datasets.rows import Row, csv_rows, jsonl_rows
from clamshell_tui.datasets.text_file import read_text, resolve
from clamshell_tui.errors import DatasetError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.requester_messages import NewRecord

STANDARD_INPUT = "-"


class Columns(NamedTuple):
    """Names of the fields; ``gold`` and ``truth`` may be missing from a row, or empty.

    Without ``text``, a record consists of all other fields, as numbers, in the order of the first
    record. An index column of pandas is left out.
    """

    id: str | None = None  # None: the number of the row, from 0
    text: str | None = "text"
    gold: str | None = None
    truth: str | None = None


def read_rows(file: str, columns: Columns, *, header: bool = True) -> Iterator[Row]:
    """Yield the rows of a CSV (``.csv``) or JSONL file; ``-`` is JSONL from stdin, line by line.

    Raises DatasetError for the first bad line.
    """
    is_csv = file.lower().endswith(".csv")
    if not header and not is_csv:
        raise InputError(f"--no-header is for CSV (.csv), not for {show(file)}. Leave it out")
    if file == STANDARD_INPUT:
        return stdin_rows()
    text = read_text(resolve(Path(), file), file, "utf-8")
    if is_csv:
        named = [name for name in columns if name is not None] if header else None
        return csv_rows(text, file, MAX_FIELD, named)
    return jsonl_rows(text, file, MAX_FIELD)


def stdin_rows() -> Iterator[Row]:
    """Yield each row of JSONL from stdin as soon as its line is complete."""
    name, number = "stdin", 0
    if sys.stdin is None:
        raise DatasetError("stdin is closed: there is nothing to read. Pipe JSONL into it")
    # Not sys.stdin's own buffer: Python closes it at exit, and aborts if a thread still reads it.
    stdin = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115  # nothing to close
    while line := stdin.readline():
        number += 1
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise SourceLine(name, number).error("not UTF-8. Convert it") from error
        if "\0" in text:
            raise SourceLine(name, number).error("NUL byte. Is this a text file?")
        yield from jsonl_rows(text.rstrip("\r\n"), name, MAX_FIELD, number)


def new_records(rows: Iterable[Row], columns: Columns, source: str) -> Iterator[NewRecord]:
    """Yield the records of ``rows``.

    Raises DatasetError for an id that appears twice, and for a field of answers that no row has.
    """
    seen: dict[str, int] = {}
    unseen = {columns.gold: "--gold", columns.truth: "--truth"}
    names: tuple[str, ...] = ()
    for number, (line, row) in enumerate(rows):
        place = SourceLine(source, line)
        if columns.text is None and not names:
            names = _number_columns(row, columns, place)
        record = _record(row, number, columns, names, place)
        if record.id in seen:
            raise DatasetError(
                f'{source}: id "{record.id}" on lines {seen[record.id]} and {line}. Ids are unique'
            )
        seen[record.id] = line
        for name in unseen.keys() & row.keys():
            del unseen[name]
        yield record
    for name, option in unseen.items():
        if name is not None and seen:
            raise DatasetError(f"{source}: no record has {quoted(name)} ({option}). Check the name")


def _number_columns(row: Mapping[str, Any], columns: Columns, place: SourceLine) -> tuple[str, ...]:
    """Return the numeric fields of the first record; all others must have the same."""
    others = [name for name in row if name not in {columns.id, columns.gold, columns.truth}]
    names = tuple([name for name in others if not is_index(name)])
    if not names:
        raise place.error("no numbers to label")
    if len(names) < len(others):
        left_out = listed(name for name in others if is_index(name))
        click.echo(f"clamshell: left out, as it numbers the rows: {left_out}", err=True)
    return names


def _record(
    row: Mapping[str, Any], number: int, columns: Columns, names: tuple[str, ...], place: SourceLine
) -> NewRecord:
    name = str(number) if columns.id is None else str(_field(row, columns.id, "--id", place))
    identity = record_id(name, place)
    gold, truth = _label(row, columns.gold), _label(row, columns.truth)
    if columns.text is not None:
        return NewRecord(identity, _text(row, columns, place), gold=gold, truth=truth)
    return NewRecord(identity, numbers=_numbers(row, names, columns, place), gold=gold, truth=truth)


def _field(row: Mapping[str, Any], name: str, option: str, place: SourceLine) -> Any:
    """Return a field; DatasetError names the option, and the likeliest field."""
    if name not in row:
        close = get_close_matches(name, row, n=1)
        field = shlex.quote(show(close[0])) if close else "FIELD"
        raise place.error(
            f"no column {quoted(name)}; found: {listed(row)}. Say which it is with {option} {field}"
        )
    return row[name]


def _text(row: Mapping[str, Any], columns: Columns, place: SourceLine) -> str:
    assert columns.text is not None, "callers check it"
    value = _field(row, columns.text, "--text", place)
    if not isinstance(value, str) or not value.strip():
        raise place.error(f"{quoted(columns.text)} is no text to label")
    return value


def _numbers(
    row: Mapping[str, Any], names: tuple[str, ...], columns: Columns, place: SourceLine
) -> tuple[tuple[str, float], ...]:
    others = {columns.id, columns.gold, columns.truth, *names}
    odd = next((name for name in row if name not in others and not is_index(name)), None)
    if odd is not None:
        raise place.error(f"{quoted(odd)} is not in the records before: {listed(names)}")
    cells = []
    for name in names:
        value = row.get(name, "")
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise not_finite(str(value), name, place)
        cells.append("" if value is None else str(value))
    return tuple(zip(names, numbers(cells, names, place), strict=True))


def _label(row: Mapping[str, Any], name: str | None) -> str | None:
    value = None if name is None else row.get(name)
    return None if value is None or value == "" else str(value)
