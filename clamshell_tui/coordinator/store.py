"""The run file during a live run: one connection, one writer task, one transaction per commit.

``synchronous=FULL`` and the write-ahead log make a commit survive a power cut; the exclusive lock
excludes a second coordinator. Only the run loop awaits the store, and it is never cancelled during
a commit.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.output_path import cannot_write, database_errors
from clamshell_tui.runfile.pending import PendingRows, Values
from clamshell_tui.runfile.schema import (
    DDL,
    LIVE_DDL,
    LIVE_TABLES,
    META,
    TABLES,
    TableSchema,
    require_strict_tables,
)
from clamshell_tui.runfile.seal import seals
from clamshell_tui.text import show

Batch = list[tuple[TableSchema, list[Values]]]
CHUNKS = (64, 16, 4, 1)  # rows per statement: few sizes, so each is prepared once

_INSERTS = {
    (table.name, size): table.insert(size) for table in (*TABLES, *LIVE_TABLES) for size in CHUNKS
}

_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before the log is opened: no shared-memory file then
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",  # otherwise statement journals go to a file in /var/tmp
    "PRAGMA wal_autocheckpoint = 4000",  # pages
)
_FULL = 2  # of PRAGMA synchronous
_ONE_FILE = "PRAGMA journal_mode = DELETE"  # and merge the log


class Store:
    """A sink that writes its rows at each :meth:`commit`. Close it, or the process hangs."""

    def __init__(self, path: Path, connection: aiosqlite.Connection, work: "_Work") -> None:
        self.path = path
        self._connection = connection
        self._work = work
        self._pending = PendingRows((*TABLES, *LIVE_TABLES))
        self.put: Callable[[msgspec.Struct], None] = self._pending.put
        """Keep a row until the next commit; see :class:`~clamshell_tui.run.tables.Sink`."""

    @classmethod
    async def create(cls, path: Path) -> "Store":
        """Create a run file, readable by its owner only; EnvironmentFaultError if it exists."""
        require_strict_tables()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            store = await cls.open(path)
            try:
                with database_errors(path):  # in one transaction: all tables or none
                    await store._connection.executescript(f"BEGIN;{DDL}{LIVE_DDL}COMMIT;")
            except BaseException:
                await store.close()
                raise
        except BaseException:
            os.unlink(path)
            raise
        return store

    @classmethod
    async def open(cls, path: Path) -> "Store":
        """Open a run file; EnvironmentFaultError if another coordinator has it open."""
        work = _Work()
        connection = aiosqlite.connect(
            path, factory=_writing(work), isolation_level=None, timeout=0.0
        )
        with database_errors(path):
            await connection
            store = cls(path, connection, work)
            try:
                await store._prepare()
            except BaseException:
                await store.close()
                raise
        return store

    async def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            await self.value(pragma)
        await self._connection.execute("BEGIN IMMEDIATE")  # takes the exclusive lock, for good
        await self._connection.execute("COMMIT")
        found = await self.value("PRAGMA journal_mode"), await self.value("PRAGMA synchronous")
        if found != ("wal", _FULL):
            raise EnvironmentFaultError(
                f"{show(self.path.name)} cannot be written safely here (journal {found[0]}, "
                f"synchronous {found[1]}). Put the run on a local disk"
            )

    async def value(self, sql: str) -> Any:
        """Return the first column of the first row, None without rows."""
        rows = list(await self._connection.execute_fetchall(sql))
        return rows[0][0] if rows else None

    async def journal(self, after: int, most: int) -> Sequence[tuple[int, float, str]]:
        """Return (number, time, event) of the committed entries after one, at most ``most``."""
        sql = "SELECT seq, at, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = await self._connection.execute_fetchall(sql, (after, most))
        return [(int(seq), float(at), str(body)) for seq, at, body in rows]

    async def must_end_at(self, seq: int) -> None:
        """Raise EnvironmentFaultError if the journal has another last entry by now."""
        found = await self.value("SELECT COALESCE(MAX(seq), 0) FROM journal")
        if found != seq:
            raise EnvironmentFaultError(
                f"{show(self.path.name)} was changed while it was read. Is another coordinator "
                "running? Try again"
            )

    @property
    def seals(self) -> bool:
        """Whether the run is over: each commit then seals it, and leaves one file."""
        return self._work.seals

    @seals.setter
    def seals(self, seals: bool) -> None:
        self._work.seals = seals

    @property
    def pending(self) -> int:
        """Rows put since the last commit."""
        return self._pending.count

    async def commit(self) -> None:
        """Write all pending rows in one transaction, on the disk when this returns.

        After sqlite3.OperationalError none of them is written; call again to retry.
        """
        self._work.batch += self._pending.take()
        if self._work.batch:
            await _uncancelled(self._connection.commit())

    async def close(self) -> None:
        """Close the file; uncommitted rows are lost."""
        if self.seals:
            with suppress(sqlite3.OperationalError):  # the log stays beside it, as after a crash
                await self.value(_ONE_FILE)
        await _uncancelled(self._connection.close())


class _Work:
    """Work of the next commit."""

    def __init__(self) -> None:
        self.batch: Batch = []
        self.seals = False


def _writing(work: _Work) -> type[sqlite3.Connection]:
    """Return a connection class whose commit first writes the batch.

    So a commit takes one hop to aiosqlite's thread. One call per table would take a dozen, and each
    waits for both threads to be scheduled.
    """

    class Writing(sqlite3.Connection):
        def commit(self) -> None:
            self.execute("BEGIN IMMEDIATE")
            try:
                for table, values in work.batch:
                    for sql, parameters in _chunks(table, values):
                        self.execute(sql, parameters)
                if work.seals:
                    self.executemany(META.insert(), list(seals(self)))
                self.execute("COMMIT")
            except BaseException:
                if self.in_transaction:
                    self.execute("ROLLBACK")
                raise
            work.batch.clear()
            if work.seals:
                with suppress(sqlite3.OperationalError):  # tried again at the next commit
                    self.execute(_ONE_FILE)

    return Writing


def _chunks(table: TableSchema, values: list[Values]) -> Iterator[tuple[str, list[Any]]]:
    """Split rows into few statements: after each, the event loop takes the interpreter lock."""
    done = 0
    for size in CHUNKS:
        while len(values) - done >= size:
            yield _INSERTS[table.name, size], list(chain.from_iterable(values[done : done + size]))
            done += size


async def _uncancelled(work: Any) -> None:
    """Await ``work`` to its end even if this task is cancelled meanwhile; then re-raise."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk is full or fails, which may pass."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
