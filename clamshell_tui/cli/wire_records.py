"""Reads records for a coordinator from a file or a pipe, by the rules of a scenario's files."""

import shlex
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import click

from clamshell_tui.cli.dataset_settings import dataset_config, repair_of, table_config
from clamshell_tui.datasets.checks import SourceLine, is_index, listed, numbers, quoted
from clamshell_tui.datasets.config import JsonlConfig, TableConfig
from clamshell_tui.datasets.kinds import kind_of
from clamshell_tui.datasets.rows import JsonLines, Row, RowFile, opened
from clamshell_tui.datasets.text_file import resolve
from clamshell_tui.datasets.values import MISSING, field, flat_cells, id_of, label_of, text_of
from clamshell_tui.errors import DatasetError, InputError
from clamshell_tui.formats import count
from clamshell_tui.text import show
from clamshell_tui.wire.requester_messages import NewRecord

STANDARD_INPUT = "-"
_REMEMBERED = 500_000  # ids; the coordinator checks those of more, so that memory is bounded


class Columns(NamedTuple):
    """Names of the fields; ``gold`` and ``truth`` may be missing from a row, or empty.

    Without ``text``, a record consists of the ``features`` as numbers, or of all other fields, in
    the order of the first record; an index column of pandas is left out. ``na`` are labels that
    mean unknown.
    """

    id: str | None = None  # None: the number of the row, from 0
    text: str | None = "text"
    gold: str | None = None
    truth: str | None = None
    na: Sequence[str] = MISSING
    features: Sequence[str] = ()


class RecordsFile:
    """The records of a file, or of stdin for ``-``, with ``notes`` on what was left out.

    Raises DatasetError for the first bad row. A file can be read several times, and is never held
    in memory.
    """

    def __init__(
        self, file: str, columns: Columns, settings: Sequence[str] = (), *, header: bool = True
    ) -> None:
        if not header:
            if file == STANDARD_INPUT or kind_of(Path(file), file) != "csv":
                raise InputError(f"--no-header is for CSV, not for {show(file)}. Leave it out")
            settings = [*settings, "dataset.header=false"]
        self._source: RowFile
        config: TableConfig
        if file == STANDARD_INPUT:
            config = stdin_config(columns, settings)
            self._source = _Stdin(columns, config)
        else:
            config = _file_config(file, columns, settings)
            with _repairs_named():
                self._source = opened(config, resolve(Path(), file))
        if config.na is not None:
            columns = columns._replace(na=config.na)
        named = (config.features,) if isinstance(config.features, str) else config.features
        columns = columns._replace(features=named)
        self._maker = RecordMaker(columns, self._source.path, self._source.decimal)

    @property
    def notes(self) -> list[str]:
        return [*self._source.notes, *self._maker.notes]

    def check(self) -> None:
        """Read all of them, so that a bad last line is reported before the first is used."""
        for _ in self:
            pass

    def __iter__(self) -> Iterator[NewRecord]:
        self._maker.begin()
        with _repairs_named():
            for row in self._source.rows():
                record = self._maker.record(row)
                if record is not None:
                    yield record
        self._maker.check_seen()

    def say_notes(self) -> None:
        for note in self.notes:
            click.echo(f"clamshell: {note}", err=True)


@contextmanager
def _repairs_named() -> Iterator[None]:
    """Add the option of this command to an error that names a setting."""
    try:
        yield
    except DatasetError as error:
        option = repair_of(error)
        if not option:
            raise
        raise DatasetError(f"{error}: {option}") from error


class RecordMaker:
    """Makes records of rows, each with an id of its own."""

    def __init__(self, columns: Columns, source: str, decimal: str = ".") -> None:
        self._columns = columns
        self._source = source
        self._decimal = decimal
        self._names: tuple[str, ...] = ()
        self._unseen = {columns.gold: "--gold", columns.truth: "--truth"}
        self.begin()

    def begin(self) -> None:
        """Start with the first row, again."""
        self._lines: dict[str, int] = {}
        self._rows = 0
        self._blank: list[int] = []
        self._missing: Counter[str] = Counter()

    @property
    def notes(self) -> list[str]:
        if not self._blank:
            return self.doubts
        rows = count(len(self._blank), "row")
        blank = f"left out, without a text: {rows}, the first on line {self._blank[0]}"
        return [*self.doubts, blank]

    @property
    def doubts(self) -> list[str]:
        """Sentences on labels that are taken as unknown."""
        return [
            f"label {quoted(label)} ({count(number, 'record')}) is taken as unknown; if it is a "
            "class, set dataset.na = []"
            for label, number in self._missing.items()
        ]

    def record(self, row: Row) -> NewRecord | None:
        """Return the record of a row, or None for a blank text; DatasetError for a bad row."""
        line, fields = row
        place = SourceLine(self._source, line)
        number, self._rows = self._rows, self._rows + 1
        record = self._made(fields, number, place)
        if record is None:
            self._blank.append(line)
            return None
        first = line
        if self._columns.id is not None and len(self._lines) < _REMEMBERED:
            first = self._lines.setdefault(record.id, line)
        elif self._columns.id is not None:
            first = self._lines.get(record.id, line)
        if first != line:
            raise DatasetError(
                f'{self._source}: id "{show(record.id)}" on lines {first} and {line}. Each record '
                "needs an id of its own"
            )
        for name in self._unseen.keys() & fields.keys():
            del self._unseen[name]
        return record

    def pass_over(self) -> None:
        """Count a row that cannot be read, so that the numbers of later ones are right."""
        self._rows += 1

    def check_seen(self) -> None:
        """Raise DatasetError for a field of answers that no row had."""
        for name, option in self._unseen.items():
            if name is not None and self._rows > len(self._blank):
                raise DatasetError(
                    f"{self._source}: no record has {quoted(name)} ({option}). Check the name"
                )

    def _made(self, fields: Mapping[str, Any], number: int, place: SourceLine) -> NewRecord | None:
        columns = self._columns
        name = str(number)
        if columns.id is not None:
            name = id_of(self._field(fields, columns.id, "--id", place), place)
        gold, truth = (self._label(fields, each, place) for each in (columns.gold, columns.truth))
        if columns.text is None:
            values = self._numbers(fields, place)
            return NewRecord(name, numbers=values, gold=gold, truth=truth)
        value = self._field(fields, columns.text, "--text", place)
        text = text_of(value, columns.text, place)
        return NewRecord(name, text, gold=gold, truth=truth) if text.strip() else None

    def _field(self, row: Mapping[str, Any], name: str, option: str, place: SourceLine) -> Any:
        close = get_close_matches(name, row, n=1)
        likely = shlex.quote(show(close[0])) if close else "FIELD"
        return field(row, name, place, f". Say which it is with {option} {likely}")

    def _label(self, row: Mapping[str, Any], name: str | None, place: SourceLine) -> str | None:
        label = None if name is None else label_of(row.get(name), place)
        if label is not None and label in self._columns.na:
            self._missing[label] += self._columns.na is MISSING
            return None
        return label

    def _numbers(self, row: Mapping[str, Any], place: SourceLine) -> tuple[tuple[str, float], ...]:
        others = {self._columns.id, self._columns.gold, self._columns.truth}
        given = [name for name in row if name not in others]
        wanted = self._columns.features
        fields = [n for n in given if n in wanted or (not wanted and not is_index(n))]
        if not self._names:
            if not fields:
                raise place.error("no numbers to label")
            self._names = tuple(fields)
            if len(fields) < len(given) and not wanted:
                left_out = listed(name for name in given if is_index(name))
                click.echo(f"clamshell: left out, as it numbers the rows: {left_out}", err=True)
        odd = next((name for name in fields if name not in self._names), None)
        if odd is not None:
            raise place.error(f"{quoted(odd)} is not in the records before: {listed(self._names)}")
        names, cells = flat_cells({name: row.get(name) for name in self._names}, self._names, place)
        if self._decimal != ".":
            cells = [cell.replace(self._decimal, ".") for cell in cells]
        return tuple(zip(names, numbers(cells, names, place), strict=True))


class _Stdin:
    """JSONL from stdin, each row as soon as its line is complete."""

    path = "stdin"
    decimal = "."

    def __init__(self, columns: Columns, config: JsonlConfig) -> None:
        self._lines = JsonLines(self.path, config.max_field, columns.gold or columns.truth)

    @property
    def notes(self) -> list[str]:
        return self._lines.notes

    def rows(self) -> Generator[Row, None, None]:
        for number, raw in enumerate(stdin_lines(), 1):
            row = self._lines.decoded(raw, number)
            if row is not None:
                yield row


def stdin_lines() -> Iterable[bytes]:
    """Return the lines of stdin, each as soon as it is complete."""
    if sys.stdin is None:
        raise DatasetError("stdin is closed: there is nothing to read. Pipe JSONL into it")
    # Not sys.stdin's own buffer: Python closes it at exit, and aborts if a thread still reads it.
    stdin = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115  # nothing to close
    return iter(stdin.readline, b"")


def stdin_config(columns: Columns, settings: Sequence[str]) -> JsonlConfig:
    """Return the settings of JSONL on stdin."""
    given = {"kind": "jsonl", "path": "stdin", "id": columns.id, "text": columns.text or ()}
    config = dataset_config(given, settings)
    if not isinstance(config, JsonlConfig) or config.encoding is not None:
        raise InputError("stdin is JSONL in UTF-8. Name a file instead, or convert it")
    return config


def _file_config(file: str, columns: Columns, settings: Sequence[str]) -> TableConfig:
    given = {"id": columns.id, "text": columns.text or (), "label": columns.gold or columns.truth}
    return table_config(Path(file), given, settings)
