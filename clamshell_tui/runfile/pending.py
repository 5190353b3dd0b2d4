"""Rows on their way to a run file: collected by table, then written with one statement each."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import TableSchema

Values = tuple[Any, ...]

# Whatever else than a number or a text is stored is first asked for a way to do so, which takes
# longer than storing it; unless there is one for its class.
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), lambda none: none)
sqlite3.register_adapter(tuple, lambda records: msgspec.json.encode(records).decode())


class PendingRows:
    """The rows that are not in the file yet; one that was put several times is in here once."""

    def __init__(self, tables: Iterable[TableSchema]) -> None:
        self._tables = tuple(tables)
        self._rows: dict[type, dict[int, msgspec.Struct]] = {
            table.row: {} for table in self._tables
        }
        self.count = 0
        """Rows put since the last :meth:`take`."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row``, of a class that one of the tables has, until it is taken."""
        self._rows[type(row)][id(row)] = row  # a struct's own hash would look at its fields
        self.count += 1

    def take(self) -> Iterator[tuple[TableSchema, list[Values]]]:
        """Empty, table by table: the values of each row as they are now.

        Tables come in the order given, so that what others refer to is written first; where two
        rows have one key, the one to be kept comes last.
        """
        self.count = 0
        for table in self._tables:
            rows = self._rows[table.row]
            if rows:
                values = list(map(msgspec.structs.astuple, rows.values()))
                rows.clear()
                yield table, values
