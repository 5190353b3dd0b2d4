"""Write a whole run file at the end of a run, for the simulator.

Nothing appears under the target's name before :meth:`RunFileWriter.finish`; until then rows go to a
hidden file beside it, which is removed if the run fails. So writing needs no crash safety: SQLite
runs without a journal and without syncing, and the file is synced once.
"""

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from clamshell_tui.errors import InputError
from clamshell_tui.run.tables import JournalRow, MetaRow, Row
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.runfile.output_path import cannot_write, check_place, database_errors, is_stream
from clamshell_tui.runfile.pending import PendingRows
from clamshell_tui.runfile.reader import looks_like_a_run
from clamshell_tui.runfile.schema import DDL, TABLES, require_strict_tables
from clamshell_tui.runfile.seal import seals
from clamshell_tui.text import show

FLUSH_AT = 20_000  # rows in memory before they are written: about 5 MB


class RunFileWriter:
    """Sink that becomes the run file ``path`` at :meth:`finish`.

    As a context manager it finishes the file on a normal exit and removes it after an exception. An
    existing run is replaced only with ``overwrite``, a file of another kind never.
    """

    def __init__(
        self, path: Path, meta: Mapping[str, str] | None = None, *, overwrite: bool = False
    ) -> None:
        self.path = path
        self._overwrite = overwrite
        require_strict_tables()
        self._check_place()
        self._part = _hidden_file_beside(path)
        self._pending = PendingRows(TABLES)
        self._last_entry: JournalRow | None = None
        self._open = True
        try:
            with database_errors(path):
                self.connection = _connect(self._part)
        except BaseException:
            self._part.unlink()
            raise
        for key, value in (meta or {}).items():
            self.put(MetaRow(key, value))

    def put(self, row: Row) -> None:
        """Keep ``row``; see :class:`~clamshell_tui.run.tables.Sink`."""
        self._pending.put(row)
        if type(row) is JournalRow:
            self._last_entry = row
        if self._pending.count >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write all pending rows to the hidden file, one statement per table."""
        with database_errors(self.path), self.connection:
            for table, values in self._pending.take():
                self.connection.executemany(table.insert(), values)

    def finish(self) -> None:
        """Seal the file and give it its name. The writer cannot be used afterwards."""
        if self._last_entry is not None:  # reveals a truncated journal
            for key, value in end_of(self._last_entry.seq, self._last_entry.hash).items():
                self.put(MetaRow(key, value))
        try:
            self.flush()
            for key, value in seals(self.connection):
                self.put(MetaRow(key, value))
            self.flush()
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
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(DDL)
    except BaseException:
        connection.close()
        raise
    return connection


def _sync(part: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
