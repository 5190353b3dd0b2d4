"""Rows on their way to a run file: collected by table, then written with one statement each."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

import msgspec

from clamshell_tui.runfile.schema import Table

Values = tuple[Any, ...]


class PendingRows:
    """The rows that are not in the file yet; under each key only the last one put."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {table.row: _Pending(table) for table in tables}
        self._keep = {row: pending.keep for row, pending in self._tables.items()}
        self.count = 0
        """Rows put since the last :meth:`take`."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep ``row``, of a class that one of the tables has, until it is taken."""
        self._keep[type(row)](row)
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
        self._values: Callable[[Any], Values] = (
            _list_as_json(table) if "records" in table.loads else msgspec.structs.astuple
        )
        self._keyed: dict[object, msgspec.Struct] = {}
        self._appended: list[msgspec.Struct] = []
        self.keep: Callable[[Any], None] = (
            self._appended.append if table.key is None else _by_key(self._keyed, table.key)
        )

    def take(self) -> list[Values]:
        rows: Iterable[msgspec.Struct] = self._appended or self._keyed.values()
        values = list(map(self._values, rows))
        self._appended.clear()
        self._keyed.clear()
        return values


def _by_key(rows: dict[object, msgspec.Struct], key: str) -> Callable[[msgspec.Struct], None]:
    of = attrgetter(key)

    def keep(row: msgspec.Struct) -> None:
        rows[of(row)] = row

    return keep


def _list_as_json(table: Table) -> Callable[[Any], Values]:
    """The values of a row, its list of records as JSON text."""
    place = table.row.__struct_fields__.index("records")
    encode, astuple = msgspec.json.encode, msgspec.structs.astuple

    def values(row: msgspec.Struct) -> Values:
        plain = astuple(row)
        return (*plain[:place], encode(plain[place]).decode(), *plain[place + 1 :])

    return values
