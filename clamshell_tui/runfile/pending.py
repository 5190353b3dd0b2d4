"""Buffer of rows for a run file, by table, so that each table is written by few statements."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import TableSchema

Values = tuple[Any, ...]

# Without an adapter for its class, sqlite3 searches for one per value, which takes longer than
# storing the value.
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), lambda none: none)
sqlite3.register_adapter(tuple, lambda records: msgspec.json.encode(records).decode())


class PendingRows:
    """Rows that are not in the file yet; a row that was put several times is kept once."""

    def __init__(self, tables: Iterable[TableSchema]) -> None:
        self._tables = tuple(tables)
        self._rows: dict[type, dict[int, msgspec.Struct]] = {
            table.row: {} for table in self._tables
        }
        self.count = 0
        """Rows put since the last :meth:`take`."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row`` until it is taken; its class must be that of a table."""
        self._rows[type(row)][id(row)] = row  # not by its hash, which reads all fields
        self.count += 1

    def take(self) -> Iterator[tuple[TableSchema, list[Values]]]:
        """Empty the buffer: yield each table with the current values of its rows.

        Tables keep their order, so that referenced rows are written first; of two rows with the
        same key the later one is written last.
        """
        self.count = 0
        for table in self._tables:
            rows = self._rows[table.row]
            if rows:
                values = list(map(msgspec.structs.astuple, rows.values()))
                rows.clear()
                yield table, values
