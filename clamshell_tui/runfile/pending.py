"""Buffer of rows for a run file, by table, so that each table is written by few statements."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import TableSchema

Values = tuple[Any, ...]


class PendingRows:
    """Rows that are not in the file yet; a row that was put several times is kept once."""

    def __init__(self, tables: Iterable[TableSchema]) -> None:
        self._rows: dict[type, dict[int, msgspec.Struct]] = {table.row: {} for table in tables}

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row`` until it is taken; its class must be that of a table."""
        self._rows[type(row)][id(row)] = row  # not by its hash, which reads all fields

    def any_of(self, tables: Iterable[TableSchema]) -> bool:
        """Return whether there is a row of one of the tables."""
        return any(self._rows[table.row] for table in tables)

    def take(self, tables: Iterable[TableSchema]) -> Iterator[tuple[TableSchema, list[Values]]]:
        """Remove the rows of some tables: yield each table with the current values of its rows.

        Of two rows with the same key the later one is written last.
        """
        for table in tables:
            rows = self._rows[table.row]
            if rows:
                values = list(map(msgspec.structs.astuple, rows.values()))
                rows.clear()
                yield table, values
