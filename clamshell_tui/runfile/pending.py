"""Rows on their way to a run file: collected by table, then written with one statement each."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import Table

Values = tuple[Any, ...]


class PendingRows:
    """The rows that are not in the file yet; one that was put several times is in here once."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tuple((table, _values_of(table)) for table in tables)
        self._rows: dict[type, dict[int, msgspec.Struct]] = {
            table.row: {} for table, _ in self._tables
        }
        self.count = 0
        """Rows put since the last :meth:`take`."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row``, of a class that one of the tables has, until it is taken."""
        self._rows[type(row)][id(row)] = row  # a struct's own hash would look at its fields
        self.count += 1

    def take(self) -> Iterator[tuple[Table, list[Values]]]:
        """Empty, table by table: the values of each row as they are now.

        Tables come in the order given, so that what others refer to is written first; where two
        rows have one key, the one to be kept comes last.
        """
        self.count = 0
        for table, values in self._tables:
            rows = self._rows[table.row]
            if rows:
                found = list(map(values, rows.values()))
                rows.clear()
                yield table, found


def _values_of(table: Table) -> Callable[[Any], Values]:
    """What a row says by column; a list of records becomes JSON text."""
    astuple = msgspec.structs.astuple
    if "records" not in table.loads:
        return astuple
    place = table.row.__struct_fields__.index("records")
    encode = msgspec.json.encode

    def values(row: msgspec.Struct) -> Values:
        plain = astuple(row)
        return (*plain[:place], encode(plain[place]).decode(), *plain[place + 1 :])

    return values
