"""The run file during a live run: one connection, one writer task, one transaction per commit.

A commit writes the journal, and what does not follow from it: access, records and ``meta``.
Everything else follows from the journal, so it may be written later, many entries at a time.

``synchronous=FULL`` and the write-ahead log make a commit survive a power cut; the exclusive lock
excludes a second coordinator. Only the run loop awaits the store, and it is never cancelled during
a commit.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES, DRAFT_DDL
from clamshell_tui.runfile.extra_table import EXTRA_DDL, FOLDED_TABLES
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.runfile.mark import Mark, mark_path, write_mark
from clamshell_tui.runfile.meta import DIGEST
from clamshell_tui.runfile.output_path import cannot_write, database_errors
from clamshell_tui.runfile.pending import Cells, PendingRows, statements
from clamshell_tui.runfile.schema import (
    DDL,
    JOURNAL,
    LIVE_DDL,
    META,
    TABLES_AT,
    TableSchema,
    require_strict_tables,
)
from clamshell_tui.runfile.seal import PREFIX, seals
from clamshell_tui.text import show

Batch = list[tuple[TableSchema, Cells]]
ALONE = 64  # entries that are committed by one statement, without BEGIN and COMMIT
SAVED_AT = "saved_at"
"""Key of ``meta``: wall-clock time of the last commit before the tables were written."""

_AT_ONCE = (META, JOURNAL, *COORDINATOR_TABLES)  # what a commit writes
_LATER = tuple([table for table in FOLDED_TABLES if table not in _AT_ONCE])
_ENTRY = len(JOURNAL.row.__struct_fields__)  # columns, the first of them is the number
_ALONE = [JOURNAL.insert(size) for size in range(1, ALONE + 1)]

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
_END = ", ".join([f"'{key}'" for key in (*end_of(0, b""), DIGEST)])
_SEALED = f"SELECT COUNT(*) FROM meta WHERE substr(key, 1, {len(PREFIX)}) = '{PREFIX}'"
_UNSEAL = f"DELETE FROM meta WHERE substr(key, 1, {len(PREFIX)}) = '{PREFIX}' OR key IN ({_END})"


class Store:
    """A sink that writes its rows at :meth:`commit` and :meth:`write_tables`.

    Close it, or the process hangs.
    """

    def __init__(self, path: Path, connection: aiosqlite.Connection, work: "_Work") -> None:
        self.path = path
        self.entries = 0
        """Number of the last entry that was committed, or is about to be."""
        self.tables_at = 0
        """Number of the last entry that the other tables in the file include."""
        self._connection = connection
        self._work = work
        self._saved_at: float | None = None
        self._pending = PendingRows((*FOLDED_TABLES, *COORDINATOR_TABLES))
        self.put: Callable[[msgspec.Struct], None] = self._pending.put
        """Keep a row until it is written; see :class:`~clamshell_tui.run.tables.Sink`."""

    @classmethod
    async def create(cls, path: Path, *, checks: bool = False) -> "Store":
        """Create a run file, readable by its owner only; EnvironmentFaultError if it exists.

        ``checks``: with the table of a run with checks.
        """
        require_strict_tables()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            mark_path(path).unlink(missing_ok=True)  # of another run
            store = await cls._connected(path)
            try:
                with database_errors(path):  # in one transaction: all tables or none
                    ddl = DDL + LIVE_DDL + DRAFT_DDL + (EXTRA_DDL if checks else "")
                    await store._connection.executescript(f"BEGIN;{ddl}COMMIT;")
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
        store = await cls._connected(path)
        with database_errors(path):
            store.entries = await store.value("SELECT COALESCE(MAX(seq), 0) FROM journal")
            at = await store.value(f"SELECT value FROM meta WHERE key = '{TABLES_AT}'")
            store._work.sealed = bool(await store.value(_SEALED))
            await store._connection.executescript(DRAFT_DDL)
        store.tables_at = int(at or 0)
        return store

    @classmethod
    async def _connected(cls, path: Path) -> "Store":
        work = _Work()
        connection = aiosqlite.connect(
            path,
            factory=_writing(work),
            isolation_level=None,
            timeout=0.0,
            cached_statements=256,
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

    async def copy(self) -> sqlite3.Connection:
        """Return a copy in memory, at the last commit."""
        copied = sqlite3.connect(":memory:", check_same_thread=False)
        await self._connection.backup(copied)
        return copied

    def must_end_at(self, seq: int) -> None:
        """Raise EnvironmentFaultError if the journal has another last entry by now."""
        if self.entries != seq:
            raise EnvironmentFaultError(
                f"{show(self.path.name)} was changed while it was read. Is another coordinator "
                "running? Try again"
            )

    @property
    def pending(self) -> bool:
        """Whether there is something to commit."""
        return bool(self._work.batch) or self._pending.any_of(_AT_ONCE)

    @property
    def sealed(self) -> bool:
        """Whether the file is sealed, and nothing was written since."""
        return self._work.sealed

    async def commit(self) -> None:
        """Write the journal, access, records and ``meta``: on the disk when this returns.

        After sqlite3.OperationalError none of them is written; call again to retry.
        """
        self._take(_AT_ONCE)
        await self._write()

    async def write_tables(self, *, seal: bool = False) -> None:
        """Write all pending rows; with ``seal`` seal the file as well, and leave no log beside it.

        Raises sqlite3.OperationalError as :meth:`commit` does.
        """
        self._take(_AT_ONCE)
        self._take(_LATER)
        position = [TABLES_AT, str(self.entries)]
        if self._saved_at is not None:
            position += [SAVED_AT, repr(self._saved_at)]
        self._work.batch.append((META, position))
        await self._write(seal=seal)
        self.tables_at = self.entries

    def _take(self, tables: Sequence[TableSchema]) -> None:
        for table, cells in self._pending.take(tables):
            if table is JOURNAL:
                self.entries, self._saved_at = cells[-_ENTRY], time.time()  # noqa: TID251
            self._work.batch.append((table, cells))

    async def _write(self, *, seal: bool = False) -> None:
        self._work.seals = seal
        if self._work.batch:
            await _uncancelled(self._connection.commit())

    async def close(self) -> None:
        """Close the file, and seal it unless a commit is missing; uncommitted rows are lost."""
        with suppress(sqlite3.OperationalError):  # a full disk: the journal is there, and its log
            if self._work.written and not self.pending:
                if not self.sealed:
                    await self.write_tables(seal=True)
                await self.value(_ONE_FILE)
                await self._write_mark()
        await _uncancelled(self._connection.close())

    async def _write_mark(self) -> None:
        sql = "SELECT hash FROM journal WHERE seq = "
        first, last = await self.value(f"{sql}1"), await self.value(f"{sql}{self.entries}")
        if first is not None:
            with suppress(EnvironmentFaultError):
                write_mark(self.path, Mark(first.hex(), self.entries, last.hex()))


class _Work:
    """Work of the next commit, and the results of the last one."""

    def __init__(self) -> None:
        self.batch: Batch = []
        self.seals = False  # whether it seals the file
        self.sealed = False
        self.written = False  # whether anything was


def _writing(work: _Work) -> type[sqlite3.Connection]:
    """Return a connection class whose commit first writes the batch.

    So a commit takes one hop to aiosqlite's thread. One call per table would take a dozen, and each
    waits for both threads to be scheduled.
    """

    class Writing(sqlite3.Connection):
        def commit(self) -> None:
            if not work.sealed and (alone := _alone(work.batch)):
                self.execute(*alone)
            else:
                self._write()
            work.batch.clear()
            work.sealed, work.written = work.seals, True
            if work.seals:
                with suppress(sqlite3.OperationalError):  # tried again when it is closed
                    self.execute(_ONE_FILE)

        def _write(self) -> None:
            self.execute("BEGIN IMMEDIATE")
            try:
                if work.sealed:
                    self.execute(_UNSEAL)
                for table, cells in work.batch:
                    for sql, parameters in statements(table, cells):
                        self.execute(sql, parameters)
                if work.seals:
                    self.executemany(META.insert(), list(seals(self)))
                self.execute("COMMIT")
            except BaseException:
                if self.in_transaction:
                    self.execute("ROLLBACK")
                raise

    return Writing


def _alone(batch: Batch) -> tuple[str, Cells] | None:
    """Return the one statement that writes a few journal entries, as most commits do."""
    if len(batch) != 1:
        return None
    table, cells = batch[0]
    if table is not JOURNAL or len(cells) > ALONE * _ENTRY:
        return None
    return _ALONE[len(cells) // _ENTRY - 1], cells


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
