"""``study.db`` during a study: written before any effect, and read again after the end.

``synchronous=FULL`` and the write-ahead log make a commit survive a power cut, the exclusive lock
excludes a second coordinator, and ``secure_delete`` overwrites erased values in the pages. The
file is written by one thread at a time; :meth:`StudyFile.commit` is awaited by one task.
"""

import asyncio
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec.structs import asdict, astuple

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.journal import chained
from clamshell_tui.runfile.mark import Mark, mark_path, write_mark
from clamshell_tui.runfile.output_path import cannot_write, database_errors
from clamshell_tui.runfile.schema import ACCESS, AccessRow, require_strict_tables
from clamshell_tui.study.events import StudyEvent
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.reader import decode_event, read_file
from clamshell_tui.study.schema import DDL, FILE, StudyMeta, chain_start
from clamshell_tui.study.sealed import SealedRow
from clamshell_tui.text import show

_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before the log is opened: no shared-memory file then
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",  # VACUUM writes a copy, which would go to a file in /var/tmp
)
_JOURNAL_MODE = slice(18, 20)  # of the header: 1 without a write-ahead log, 2 with one
_ONE_FILE = "PRAGMA journal_mode = DELETE"  # and merge the log
_ENTRY = "INSERT INTO journal (seq, at, body, hash) VALUES (?, ?, ?, ?)"
_SEALED = (
    "INSERT OR REPLACE INTO sealed (participant, stage, question, value, key) "
    "VALUES (?, ?, ?, ?, ?)"
)
_META = "INSERT INTO meta (key, value) VALUES (?, ?)"
_ERASE = "UPDATE sealed SET value = NULL, key = NULL WHERE participant = ? AND value IS NOT NULL"

Statement = tuple[str, tuple[Any, ...]]  # Any: what SQLite stores


class StudyFile:
    """Writes one ``study.db``. Close it, or use it as a context manager.

    ``itinerary`` is the state after all entries that were appended.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, meta: StudyMeta, itinerary: Itinerary
    ) -> None:
        self.path = path
        self.meta = meta
        self.itinerary = itinerary
        self.seq = 0
        """Number of the last entry that was appended."""
        self._hash = b""
        self._first = b""
        self._connection = connection
        self._pending: list[Statement] = []
        self._closed = False

    @classmethod
    def create(cls, folder: Path, meta: StudyMeta) -> Self:
        """Create ``study.db`` in a folder, readable by its owner only.

        EnvironmentFaultError if it exists or cannot be written; then nothing is left behind.
        """
        require_strict_tables()
        path = folder / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            mark_path(path).unlink(missing_ok=True)  # of another study
            connection = _connect(path)
            try:
                with database_errors(path):
                    connection.executescript(f"BEGIN;{DDL}COMMIT;")
                    file = cls(path, connection, meta, Itinerary(meta.plan))
                    rows = [(key, _json(value)) for key, value in _fields(meta).items()]
                    file._write([(_META, row) for row in rows])
                    file._hash = chain_start(rows)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            path.unlink()
            path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
            raise
        return file

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a study again: verify and replay its journal.

        Raises RunFileError if there is none, EnvironmentFaultError if it is damaged, or if another
        coordinator has it open. Values whose erasure a crash prevented are erased.
        """
        path = folder / FILE
        with read_file(path) as found:
            itinerary = found.replay()
            entries, meta = found.entries, found.meta
            first, last = found.hash_of(1), found.last_hash
            left = {row.participant for row in found.sealed() if not row.erased}
        connection = _connect(path)
        try:
            file = cls(path, connection, meta, itinerary)
            file.seq, file._hash, file._first = entries, last, first
            with database_errors(path):
                (now,) = connection.execute("SELECT COUNT(*) FROM journal").fetchone()
            if now != entries:
                raise EnvironmentFaultError(
                    f"{show(path.name)} was changed while it was read. Is another coordinator "
                    "running? Try again"
                )
            for person in itinerary.people.values():
                if person.deleted and person.label in left:
                    file.erase(person.label)
        except BaseException:
            connection.close()
            raise
        return file

    # -- written by a commit -------------------------------------------------------------------

    def append(self, event: StudyEvent, at: float) -> None:
        """Add an entry to the journal; it is on the disk after the next commit.

        Pass the event to ``itinerary`` first: one that it refuses must not get here. Raises
        ValueError for a number that JSON lacks.
        """
        body = msgspec.json.encode(event)
        if decode_event(body) != event:
            raise ValueError(f"cannot be written to a journal: {event}")
        self.seq += 1
        self._hash = chained(self._hash, self.seq, at, body)
        self._first = self._first or self._hash
        self._pending.append((_ENTRY, (self.seq, at, body.decode(), self._hash)))

    def put_sealed(self, rows: Iterable[SealedRow]) -> None:
        """Keep answers or texts; commit them together with the event that has their digests."""
        self._pending += [(_SEALED, astuple(row)) for row in rows]

    def put_access(self, row: AccessRow) -> None:
        """Keep a row of the access table; one with the same label is replaced."""
        self._pending.append((ACCESS.insert(1), tuple(ACCESS.cells([row]))))

    @property
    def pending(self) -> bool:
        """Whether there is something to commit."""
        return bool(self._pending)

    async def commit(self) -> None:
        """Write what is pending, in a thread: on the disk when this returns.

        After sqlite3.OperationalError nothing of it is written; call again to retry. It is never
        cut short: a cancellation takes effect after it.
        """
        if not self._pending:
            return
        work = asyncio.ensure_future(asyncio.to_thread(self._commit, self._taken()))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await work
            raise

    def commit_now(self) -> None:
        """Write what is pending in this thread, likewise."""
        self._commit(self._taken())

    def _taken(self) -> list[Statement]:
        batch, self._pending = self._pending, []
        return batch

    def _commit(self, batch: list[Statement]) -> None:
        try:
            self._write(batch)
        except BaseException:
            self._pending[:0] = batch  # before what was appended meanwhile
            raise

    def _write(self, batch: list[Statement]) -> None:
        if not batch:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, parameters in batch:
                self._connection.execute(sql, parameters)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def image(self) -> bytes:
        """Return a copy of the file at the last commit, as the bytes of one file."""
        with closing(sqlite3.connect(":memory:")) as copied, database_errors(self.path):
            self._connection.backup(copied)
            image = bytearray(copied.serialize())
        image[_JOURNAL_MODE] = b"\1\1"
        return bytes(image)

    # -- erasing --------------------------------------------------------------------------------

    def erase(self, participant: str) -> int:
        """Erase all answers of a participant with their keys; return how many there were.

        Commits what is pending, then leaves no byte of them in the file or its log: pages are
        overwritten, copied in order without what was free, and the log is emptied. Old blocks of
        the disk, and earlier back-ups, are out of reach.
        """
        self.commit_now()
        with database_errors(self.path):
            erased = self._connection.execute(_ERASE, (participant,)).rowcount
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.execute("VACUUM")  # rebuilt pages may keep copies of moved cells
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return int(erased)

    # -- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file without a log beside it; what is pending is lost."""
        if self._closed:
            return
        self._closed = True
        try:
            with database_errors(self.path):
                self._connection.execute(_ONE_FILE).fetchall()
            if self._first and not self._pending:
                write_mark(self.path, Mark(self._first.hex(), self.seq, self._hash.hex()))
        finally:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connect(path: Path) -> sqlite3.Connection:
    with database_errors(path):
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=0.0, check_same_thread=False
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma).fetchall()
            connection.execute("BEGIN IMMEDIATE")  # takes the exclusive lock, for good
            connection.execute("COMMIT")
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                raise EnvironmentFaultError(
                    f"{show(path.name)} cannot be written safely here (journal {mode}). "
                    "Put the study on a local disk"
                )
        except BaseException:
            connection.close()
            raise
    return connection


def _fields(meta: StudyMeta) -> dict[str, object]:
    return asdict(meta)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
