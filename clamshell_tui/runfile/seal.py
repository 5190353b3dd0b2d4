"""The seal of a finished run: digests of every cell that the journal does not imply.

A replay cannot restore ids and true classes of records, who may come in, or the scenario. So
``meta`` holds a seal for each table with such columns: four bytes in hex for each cell, row after
row in the order of the key. It shows damage and edits; without a secret it cannot stop a forger.
"""

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple

from clamshell_tui.runfile.differences import Difference, written
from clamshell_tui.text import show

PREFIX = "seal_"
_DIGITS = 8  # of a cell's digest in hex


class _Sealed(NamedTuple):
    table: str
    columns: tuple[str, ...]  # the first identifies a row
    order: str
    where: str = "1"

    @property
    def select(self) -> str:
        columns = ", ".join(self.columns)
        return f"SELECT {columns} FROM {self.table} WHERE {self.where} ORDER BY {self.order}"


_SEALED = (
    _Sealed("meta", ("key", "value"), "key", f"substr(key, 1, {len(PREFIX)}) <> '{PREFIX}'"),
    _Sealed("label", ("record", "external_id", "truth"), "record"),
    _Sealed("warning", ("at", "code", "message"), "rowid"),
    _Sealed("credential", ("hash", "kind", "worker", "revoked"), "hash"),  # of former versions
    _Sealed("access", ("label", "kind", "issue", "revoked", "seat"), "label"),
    _Sealed("record", ("id", "external_id", "body"), "id"),
)


def seals(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the rows of ``meta`` that seal the current contents of a file."""
    for sealed, rows in _contents(connection):
        yield PREFIX + sealed.table, "".join(map(_digest, chain.from_iterable(rows)))


def broken(connection: sqlite3.Connection, seal: dict[str, str]) -> Iterator[Difference]:
    """Yield differences from the seal; it has no values, so digests stand for them."""
    for sealed, rows in _contents(connection):
        expected = seal.get(PREFIX + sealed.table)
        if expected is None:
            yield Difference("meta", PREFIX + sealed.table, "value", "a seal", "no row")
        else:
            yield from _compared(sealed, rows, expected)


def _contents(connection: sqlite3.Connection) -> Iterator[tuple[_Sealed, list[tuple[Any, ...]]]]:
    """Yield the sealed rows of existing tables: a simulated run has no live ones."""
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    for sealed in _SEALED:
        if sealed.table in present:
            yield sealed, connection.execute(sealed.select).fetchall()


def _compared(sealed: _Sealed, rows: list[tuple[Any, ...]], expected: str) -> Iterator[Difference]:
    width = len(sealed.columns) * _DIGITS
    count = len(expected) / width
    if count != len(rows):
        yield Difference(sealed.table, "all", "", f"{count:g} rows", f"{len(rows)} rows")
    for number, row in enumerate(rows):
        for place, (column, value) in enumerate(zip(sealed.columns, row, strict=True)):
            begin = number * width + place * _DIGITS
            digest = expected[begin : begin + _DIGITS]
            if digest != _digest(value):
                what = f"the digest {digest}" if digest else "no row"
                name = row[0].hex() if isinstance(row[0], bytes) else show(str(row[0]), 40)
                yield Difference(sealed.table, name, column, what, written(value))


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "replace"), digest_size=_DIGITS // 2).hexdigest()
