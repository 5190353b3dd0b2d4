"""Differences between the tables of a run file and those that its journal leads to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.extra_table import FOLDED_TABLES
from clamshell_tui.text import show

_SHOWN = 40  # terminal cells of a value

_Key = tuple[object, ...]


class Difference(NamedTuple):
    """A wrong cell; ``column`` is empty for a missing or a surplus row, ``row`` for a table."""

    table: str
    row: str
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row else ""
        column = f", column {self.column}" if self.column else ""
        return f"table {self.table}{row}{column}: expected {self.expected}, found {self.found}"


def differences(expected: Tables, found: Tables) -> Iterator[Difference]:
    """Yield all differences, table by table; in ``meta`` only keys that are expected."""
    yield from _meta(expected.meta, found.meta)
    for table in FOLDED_TABLES:
        if table.attribute:
            rows = (_rows(getattr(each, table.attribute)) for each in (expected, found))
            yield from _compared(table.name, *[dict(_keyed(table.names, each)) for each in rows])


def _meta(expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for key, value in expected.items():
        if found.get(key) != value:
            yield Difference("meta", key, "value", written(value), written(found.get(key)))


def _rows(rows: Any) -> Iterable[Any]:  # Any: rows of any table
    return rows.values() if isinstance(rows, dict) else rows


def _keyed(names: tuple[str, ...], rows: Iterable[Any]) -> Iterator[tuple[_Key, Any]]:
    """Yield rows by their key columns, or by position where a table has none."""
    seen: set[_Key] = set()
    for number, row in enumerate(rows, 1):
        key = tuple(getattr(row, name) for name in names) or (number,)
        yield (key if key not in seen else (*key, "again"), row)
        seen.add(key)


def _compared(
    table: str, expected: Mapping[_Key, Any], found: Mapping[_Key, Any]
) -> Iterator[Difference]:
    for key in [*expected, *[key for key in found if key not in expected]]:
        one, other = expected.get(key), found.get(key)
        if one == other:
            continue
        row = " ".join(show(str(part), _SHOWN) for part in key)
        if one is None or other is None:
            words = ["no row" if each is None else "a row" for each in (one, other)]
            yield Difference(table, row, "", *words)
        else:
            for column in one.__struct_fields__:
                values = getattr(one, column), getattr(other, column)
                if values[0] != values[1]:
                    yield Difference(table, row, column, *map(written, values))


def written(value: object) -> str:
    """Return a value as one short line without control characters."""
    if value is None:
        return "nothing"
    if isinstance(value, bytes):
        return value.hex()[:_SHOWN]
    return show(repr(value) if isinstance(value, str) else str(value), _SHOWN)
