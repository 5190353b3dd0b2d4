"""The seal of a run file that was closed cleanly: a digest of each table, in ``meta``.

A replay cannot restore ids and true classes of records, who may come in, or the scenario, and a
reader does not replay. So ``meta`` holds a digest of the cells of each table; the journal has its
hashes. The first write after a clean close removes the seal. It shows damage and edits; without a
secret it cannot stop a forger.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec

from clamshell_tui.runfile.differences import Difference
from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES
from clamshell_tui.runfile.extra_table import FOLDED_TABLES
from clamshell_tui.runfile.schema import JOURNAL, META

PREFIX = "seal_"
DIGESTED = 512  # rows that are hashed together; part of the definition

_NO_SEALS = f"SELECT * FROM meta WHERE substr(key, 1, {len(PREFIX)}) <> '{PREFIX}' ORDER BY key"
_SELECTS = {
    table.name: _NO_SEALS if table is META else table.select
    for table in (*FOLDED_TABLES, *COORDINATOR_TABLES)
    if table is not JOURNAL
}
_FORMER_SELECTS = {
    "meta": _NO_SEALS,
    "label": "SELECT record, external_id, truth FROM label ORDER BY record",
    "warning": "SELECT at, code, message FROM warning ORDER BY rowid",
    "credential": "SELECT hash, kind, worker, revoked FROM credential ORDER BY hash",
    "record": "SELECT id, external_id, body FROM record ORDER BY id",
}
"""Sealed cells in format 1, which covered no cell that the journal implies."""


def seals(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the rows of ``meta`` that seal the current contents of a file."""
    for name, select in _present(connection, _SELECTS):
        yield PREFIX + name, _digest(connection.execute(select))


def broken(
    connection: sqlite3.Connection, seal: Mapping[str, str], *, former: bool
) -> Iterator[Difference]:
    """Yield the tables that differ from their digests; ``former`` is format 1."""
    for name, select in _present(connection, _FORMER_SELECTS if former else _SELECTS):
        expected = seal.get(PREFIX + name)
        if expected is None:
            yield Difference("meta", PREFIX + name, "value", "a digest", "no row")
            continue
        try:
            found = (_former_digest if former else _digest)(connection.execute(select))
        except sqlite3.DatabaseError:
            found = "a damaged page"
        if found != expected:
            yield Difference(name, "", "", f"the digest {expected[:16]}", found[:16])


def _present(
    connection: sqlite3.Connection, selects: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Leave out missing tables: a simulated run has no live ones."""
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    for name, select in selects.items():
        if name in present:
            yield name, select


class TableDigest:
    """BLAKE2b-128 over the cells of a table, as MessagePack."""

    def __init__(self) -> None:
        self._hashed = blake2b(digest_size=16)

    def add(self, cells: list[Any]) -> None:  # Any: what SQLite stores
        """Add the next :data:`DIGESTED` rows, or the last ones."""
        self._hashed.update(msgspec.msgpack.encode(cells))

    @property
    def hex(self) -> str:
        """The digest of what was added."""
        return self._hashed.hexdigest()


def _digest(rows: sqlite3.Cursor) -> str:
    digest = TableDigest()
    while some := rows.fetchmany(DIGESTED):
        digest.add(list(chain.from_iterable(some)))
    return digest.hex


def _former_digest(rows: sqlite3.Cursor) -> str:
    """Return four bytes in hex for each cell."""
    return "".join(
        [
            blake2b(repr(cell).encode("utf-8", "replace"), digest_size=4).hexdigest()
            for row in rows
            for cell in row
        ]
    )
