"""Write a whole run file at the end of a run, for the simulator.

Nothing appears under the target's name before :meth:`RunFileWriter.finish`; until then the journal
goes to a hidden file beside it, which is removed if the run fails. So writing needs no crash
safety: SQLite runs without a journal and without syncing, and the file is synced once. The other
tables are in memory, and are written once, in the order in which they are stored.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Self

import msgspec

from clamshell_tui.errors import InputError
from clamshell_tui.run.tables import JournalRow, MetaRow, Tables
from clamshell_tui.runfile.extra_table import EXTRA, EXTRA_DDL
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.runfile.output_path import cannot_write, check_place, database_errors, is_stream
from clamshell_tui.runfile.pending import statements
from clamshell_tui.runfile.reader import looks_like_a_run
from clamshell_tui.runfile.schema import (
    DDL,
    JOURNAL,
    META,
    TABLES,
    TABLES_AT,
    TableSchema,
    require_strict_tables,
)
from clamshell_tui.runfile.seal import DIGESTED, PREFIX, TableDigest
from clamshell_tui.text import show

FLUSH_AT = 5_000  # journal entries in memory before they are written: about 2 MB


class RunFileWriter:
    """Becomes the run file ``path`` at :meth:`finish`; ``tables`` is the sink of its rows.

    As a context manager it finishes the file on a normal exit and removes it after an exception. An
    existing run is replaced only with ``overwrite``, a file of another kind never.
    """

    def __init__(
        self, path: Path, meta: Mapping[str, str] | None = None, *, overwrite: bool = False
    ) -> None:
        self.path = path
        self.tables = Tables(meta)
        self._overwrite = overwrite
        require_strict_tables()
        self._check_place()
        self._part = _hidden_file_beside(path)
        self._entries: list[JournalRow] = []
        self._last: JournalRow | None = None
        self._seal = {PREFIX + JOURNAL.name: ""}
        self._open = True
        try:
            with database_errors(path):
                self.connection = _connect(self._part)
        except BaseException:
            self._part.unlink()
            raise

    def append(self, entry: JournalRow) -> None:
        """Keep the next entry of the journal."""
        self._entries.append(entry)
        if len(self._entries) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write the pending entries to the hidden file."""
        if self._entries:
            self._last = self._entries[-1]
            self.insert(JOURNAL, self._entries)
            self._entries = []

    def insert(self, table: TableSchema, rows: Iterable[msgspec.Struct]) -> None:
        """Write all rows of a table, in the order in which they are stored."""
        digest, rest = TableDigest(), iter(rows)
        with database_errors(self.path), self.connection:
            while some := list(islice(rest, DIGESTED)):
                cells = table.cells(some)
                digest.add(cells)
                for sql, parameters in statements(table, cells):
                    self.connection.execute(sql, parameters)
        self._seal[PREFIX + table.name] = digest.hex

    def finish(self) -> None:
        """Seal the file and give it its name. The writer cannot be used afterwards."""
        try:
            self.flush()
            self._write_tables()
            self._write_seal()
            with database_errors(self.path):
                self.connection.close()
            self._check_place()  # it may have appeared meanwhile
            _sync(self._part)
            self._part.replace(self.path)
        except OSError as error:
            self.discard()
            raise cannot_write(self.path, error) from error
        except BaseException:
            self.discard()
            raise
        self._open = False

    def _write_tables(self) -> None:
        meta = self.tables.meta
        meta[TABLES_AT] = "0"
        if self._last is not None:  # reveals a truncated journal
            meta |= end_of(self._last.seq, self._last.hash) | {TABLES_AT: str(self._last.seq)}
        self.insert(META, [MetaRow(key, meta[key]) for key in sorted(meta)])
        for table in TABLES:
            if table.attribute:
                self.insert(table, _stored_order(table, getattr(self.tables, table.attribute)))
        if self.tables.extras:
            self.connection.executescript(EXTRA_DDL)
            self.insert(EXTRA, self.tables.extras.values())

    def _write_seal(self) -> None:
        del self._seal[PREFIX + JOURNAL.name]  # it has its hashes
        self.insert(META, [MetaRow(key, value) for key, value in self._seal.items()])

    def discard(self) -> None:
        """Remove the hidden file; the target stays as it was. No effect after ``finish``."""
        if self._open:
            self._open = False
            self.connection.close()
            self._part.unlink(missing_ok=True)

    def _check_place(self) -> None:
        if is_stream(self.path):
            raise InputError(f"{show(str(self.path))} is not a file. Name one for the run")
        check_place(
            self.path, overwrite=self._overwrite, ours=looks_like_a_run, kind="a CLAMShell run"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if not self._open:
            return
        if kind is None:
            self.finish()
        else:
            self.discard()


def _stored_order(table: TableSchema, rows: Any) -> Iterable[Any]:  # Any: rows of any table
    """Return rows in the order of their table, so that its pages become full."""
    found = rows.values() if isinstance(rows, dict) else rows
    return found if table.order == "rowid" else sorted(found, key=table.place)


def _hidden_file_beside(path: Path) -> Path:
    """Create an empty file, readable by its owner only, on the same file system as ``path``."""
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name[:80]}-", suffix=".part", dir=path.parent
        )
    except OSError as error:
        raise cannot_write(path, error) from error
    os.close(handle)
    return Path(name)


def _connect(part: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(part)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA cache_size = -65536")  # KiB: indexes stay in memory
        connection.execute("PRAGMA foreign_keys = OFF")  # all rows are there in the end
        connection.executescript(DDL)
    except BaseException:
        connection.close()
        raise
    return connection


def _sync(part: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
