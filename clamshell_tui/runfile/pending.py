"""Rows on their way to a run file, by table, so that each table is written by few statements."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES
from clamshell_tui.runfile.extra_table import FOLDED_TABLES
from clamshell_tui.runfile.schema import TableSchema

Cells = list[Any]  # values of rows, one row after another

CHUNKS = (256, 64, 16, 4, 1)  # rows per statement: few sizes, so each is prepared once
_INSERTS = {
    (table.name, size): table.insert(size)
    for table in (*FOLDED_TABLES, *COORDINATOR_TABLES)
    for size in CHUNKS
}


def statements(table: TableSchema, cells: Cells) -> Iterator[tuple[str, Cells]]:
    """Yield the statements that write rows, with their parameters.

    One for several rows costs half of one per row, and in a thread the interpreter lock is taken
    again after each.
    """
    width, done = len(table.row.__struct_fields__), 0
    for size in CHUNKS:
        while len(cells) - done >= size * width:
            yield _INSERTS[table.name, size], cells[done : done + size * width]
            done += size * width


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

    def take(self, tables: Iterable[TableSchema]) -> Iterator[tuple[TableSchema, Cells]]:
        """Remove the rows of some tables: yield each table with the current values of its rows.

        Of two rows with the same key the later one is written last.
        """
        for table in tables:
            rows = self._rows[table.row]
            if rows:
                cells = table.cells(rows.values())
                rows.clear()
                yield table, cells
