"""The records of a run as they were given: ids, known answers, and the columns of the input.

A run file holds what was answered, not what was asked. So records from a file are read from that
file again; those that came over the wire are in the run.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clamshell_tui.datasets.checks import SourceLine
from clamshell_tui.datasets.config import StoredConfig, TableConfig, WireConfig
from clamshell_tui.datasets.loader import load
from clamshell_tui.datasets.rows import opened
from clamshell_tui.datasets.text_file import resolve
from clamshell_tui.datasets.values import id_of
from clamshell_tui.errors import InputError
from clamshell_tui.run.names import RecordNames
from clamshell_tui.runfile.run_copy import RunCopy, WireRecord
from clamshell_tui.scenario.roles import assign_roles
from clamshell_tui.text import show


class InputRecords(NamedTuple):
    """``values`` has a row per record, in the order of their numbers, for ``columns``.

    ``text`` names the columns that workers read.
    """

    names: RecordNames
    columns: tuple[str, ...] = ()
    values: Sequence[tuple[str, ...]] = ()
    text: tuple[str, ...] = ()
    file: Path | None = None  # from which they were read


def input_records(run: RunCopy, places: Sequence[Path]) -> InputRecords:
    """Return the records of a run; ``places`` are where the file of its data may be.

    Raises InputError if it is in none of them or has changed since, DatasetError if it cannot be
    read.
    """
    source = run.scenario.dataset
    if isinstance(source, WireConfig):
        return _from_wire(run.records, run.classes)
    base = _found(source, places) if isinstance(source, StoredConfig) else Path()
    dataset = load(source, base=base, seed=run.scenario.seed, features=False)
    records = assign_roles(dataset, run.scenario).records
    names = RecordNames(records.classes, records.ids, records.truth.tolist())
    _check_unchanged(names, run)
    if not isinstance(source, TableConfig):
        return InputRecords(names)
    return _with_columns(source, base, names)


def _from_wire(records: Sequence[WireRecord], classes: Sequence[str]) -> InputRecords:
    """A column of texts, or one for each number."""
    places = {name: place for place, name in enumerate(classes)}
    truth = [None if each.truth is None else places.get(each.truth) for each in records]
    names = RecordNames(classes, [each.id for each in records], truth)
    if records and records[0].text is not None:
        values = [(each.text or "",) for each in records]
        return InputRecords(names, ("text",), values, ("text",))
    columns = tuple([name for name, _ in records[0].numbers]) if records else ()
    rows = [dict(each.numbers) for each in records]
    return InputRecords(
        names, columns, [tuple([_cell(row.get(name)) for name in columns]) for row in rows]
    )


def _found(source: StoredConfig, places: Sequence[Path]) -> Path:
    for place in places:
        if (place / source.path).exists():
            return place
    looked = ", ".join(show(str(place)) for place in places)
    raise InputError(
        f"{show(source.path)} is needed for ids and columns of the records, and is not in {looked} "
        "(dataset.path). Name its folder with --data DIR"
    )


def _with_columns(source: TableConfig, base: Path, names: RecordNames) -> InputRecords:
    wanted = {name: place for place, name in enumerate(names.external_ids or ())}
    columns: tuple[str, ...] = ()
    values: list[tuple[str, ...]] = [()] * len(wanted)
    for number, row in _rows(source, base):
        columns = columns or tuple(row)
        line = SourceLine(source.path, number + 1)
        name = str(number) if source.id is None else id_of(row.get(source.id), line)
        place = wanted.get(name)
        if place is not None:
            values[place] = tuple([_cell(row.get(column)) for column in columns])
    text = (source.text,) if isinstance(source.text, str) else source.text
    return InputRecords(names, columns, values, text, base / source.path)


def _rows(source: TableConfig, base: Path) -> Iterator[tuple[int, Any]]:
    file = opened(source, resolve(base, source.path))
    return enumerate(row for _, row in file.rows())


def _cell(value: Any) -> str:
    """Return a value of a JSON object or a table as text; what is missing is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def _check_unchanged(names: RecordNames, run: RunCopy) -> None:
    """Raise InputError if the data give another id than the run to one of its records."""
    ids = names.external_ids or ()
    for number, name in run.ids.items():
        if number >= len(ids) or ids[number] != name:
            now = f'is "{show(ids[number])}" now' if number < len(ids) else "is not there any more"
            raise InputError(
                f'the data of {run.name} have changed: record {number} was "{show(name)}" and '
                f"{now}. Restore the file, or name the folder of the old one with --data DIR"
            )
