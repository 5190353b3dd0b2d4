"""Rows on their way to a run file: collected by table, then written with one statement each."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import Table

Values = tuple[Any, ...]


class PendingRows:
    """The rows that are not in the file yet; under each key only the last one put."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {table.row: _Pending(table) for table in tables}
        self.count = 0
        """Rows put since the last :meth:`take`."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row``, of a class that one of the tables has, until it is taken."""
        self._tables[type(row)].put(row)
        self.count += 1

    def take(self) -> Iterator[tuple[Table, list[Values]]]:
        """Empty, table by table: the values of each row as they are now.

        Tables come in the order given, so that what others refer to is written first.
        """
        self.count = 0
        for pending in self._tables.values():
            values = pending.take()
            if values:
                yield pending.table, values


class _Pending:
    def __init__(self, table: Table) -> None:
        self.table = table
        self._key = table.key
        self._values: Callable[[Any], Values] = (
            _list_as_json(table) if "records" in table.loads else msgspec.structs.astuple
        )
        self._keyed: dict[object, msgspec.Struct] = {}
        self._appended: list[msgspec.Struct] = []

    def put(self, row: msgspec.Struct) -> None:
        if self._key is None:
            self._appended.append(row)
        else:
            self._keyed[getattr(row, self._key)] = row

    def take(self) -> list[Values]:
        rows: Iterable[msgspec.Struct] = self._appended or self._keyed.values()
        values = list(map(self._values, rows))
        self._appended.clear()
        self._keyed.clear()
        return values


def _list_as_json(table: Table) -> Callable[[Any], Values]:
    """The values of a row, its list of records as JSON text."""
    place = table.row.__struct_fields__.index("records")
    encode, astuple = msgspec.json.encode, msgspec.structs.astuple

    def values(row: msgspec.Struct) -> Values:
        plain = astuple(row)
        return (*plain[:place], encode(plain[place]).decode(), *plain[place + 1 :])

    return values
