"""Read run files. Reading never changes a file; an unusable file gives one clear error."""

import re
import sqlite3
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from clamshell_tui.core.config import RULES
from clamshell_tui.core.events import Event
from clamshell_tui.errors import EnvironmentFaultError, RunFileError
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.differences import Difference
from clamshell_tui.runfile.extra_table import EXTRA, FOLDED_TABLES
from clamshell_tui.runfile.journal import GENESIS, chained, decode_event, end_of
from clamshell_tui.runfile.mark import mark_path, read_mark
from clamshell_tui.runfile.objects import is_ours, missing_objects, strange_objects
from clamshell_tui.runfile.output_path import damaged, database_errors
from clamshell_tui.runfile.schema import (
    APPLICATION_ID,
    FORMAT,
    META,
    RECORD,
    TABLES,
    TABLES_AT,
    TableSchema,
    require_strict_tables,
)
from clamshell_tui.runfile.seal import PREFIX, broken
from clamshell_tui.text import show

_MAGIC = b"SQLite format 3\x00"
_LONGEST = 2**27  # bytes of a value: the ranking of millions of records
_SHOWN = 60  # terminal cells of a foreign name
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


class _Header(NamedTuple):
    """Fields of the first 100 bytes of a SQLite file (https://sqlite.org/fileformat.html, 1.3)."""

    write_ahead: bool
    user_version: int
    application_id: int


class RunFile:
    """An open run file. Close it, or use it as a context manager.

    Every method raises EnvironmentFaultError for a damaged page.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, whole: bool = True) -> None:
        self.path = path
        self.connection = connection  # read-only; open to queries
        self.whole = whole
        """False while a write-ahead log may hold more of the run."""
        (self.format,) = connection.execute("PRAGMA user_version").fetchone()
        self.meta: dict[str, str] = {}
        self.seal: dict[str, str] = {}
        for row in self.rows(META):
            (self.seal if row.key.startswith(PREFIX) else self.meta)[row.key] = row.value

    @property
    def has_records(self) -> bool:
        """Whether the file has a table of records from the wire: only live runs do."""
        return self.has(RECORD)

    def has(self, table: TableSchema) -> bool:
        """Whether the file has a table of this name."""
        found = "SELECT 1 FROM sqlite_schema WHERE name = ?"
        return self.connection.execute(found, (table.name,)).fetchone() is not None

    @property
    def tables_at(self) -> int:
        """Number of the last entry that the tables include; -1 if it cannot be read."""
        if self.format < 2:
            return self.entries()
        number = self.meta.get(TABLES_AT, "")
        return int(number) if _NUMBER.fullmatch(number) else -1

    def tables(self) -> Tables:
        """Return all tables in memory as they are stored, except the journal.

        They may lag behind it; see :func:`~clamshell_tui.runfile.fold.current_tables`.
        """
        tables = Tables(self.meta)
        for table in FOLDED_TABLES if self.has(EXTRA) else TABLES:
            if table.name not in {"journal", "meta"}:
                for row in self.rows(table):
                    tables.put(row)
        return tables

    def rows(self, table: TableSchema) -> Iterator[Any]:  # of the table's class
        """Yield the rows of a table in the order of their insertion."""
        with database_errors(self.path):
            try:
                yield from table.load(self.connection.execute(table.select))
            except msgspec.DecodeError as error:  # or a ValidationError, which is one
                raise self._altered(f"table {table.name} holds a value that no run has") from error

    def missing_objects(self) -> Iterator[Difference]:
        """Yield the tables, views and triggers that this file lacks."""
        with database_errors(self.path):
            yield from missing_objects(self.connection, former=self.format < 2)

    def broken_seals(self) -> Iterator[Difference]:
        """Yield the tables that differ from their digests; a file may have none."""
        if self.seal:
            with database_errors(self.path):
                yield from broken(self.connection, self.seal, former=self.format < 2)

    def entries(self) -> int:
        """Return the number of entries in the journal."""
        with database_errors(self.path):
            (count,) = self.connection.execute("SELECT COUNT(*) FROM journal").fetchone()
        return int(count)

    def lag(self) -> int:
        """Return the number of entries that the tables lack; raise if the journal lacks some."""
        entries, at = self.entries(), self.tables_at
        if at > entries:
            raise self._bad_entry(entries, f"is not the end; the tables include {at}")
        return entries - max(at, 0)

    def journal_end(self) -> tuple[int, bytes]:
        """Return number and hash of the last entry."""
        with database_errors(self.path):
            last = self.connection.execute(
                "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return (0, GENESIS) if last is None else last

    def external_ids(self) -> dict[int, str]:
        """Return the requester's ids of records from the wire, by number."""
        return {row.id: row.external_id for row in self.rows(RECORD)} if self.has_records else {}

    def events(self) -> Iterator[tuple[float, Event]]:
        """Yield each event with its time, in order."""
        with database_errors(self.path):
            for seq, at, body in self.connection.execute(
                "SELECT seq, at, body FROM journal ORDER BY seq"
            ):
                try:
                    event = decode_event(body)
                except msgspec.DecodeError as error:
                    raise self._bad_entry(seq, "is not an event") from error
                yield at, event

    def verify_journal(self) -> int:
        """Recompute the hash of each entry; return the number of entries.

        Raises EnvironmentFaultError that names the first entry changed, lost or added.
        """
        previous, expected = GENESIS, 1
        with database_errors(self.path):
            for seq, at, body, found in self.connection.execute(
                "SELECT seq, at, CAST(body AS BLOB), hash FROM journal ORDER BY seq"
            ):
                if seq != expected:
                    raise self._bad_entry(expected, "is missing")
                if chained(previous, seq, at, body) != found:
                    raise self._bad_entry(seq, "does not match its hash")
                previous, expected = found, expected + 1
        self._compare_with_end(expected - 1, previous)
        self._compare_with_mark()
        return expected - 1

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check_integrity(self) -> None:
        """Raise EnvironmentFaultError unless pages are sound and indexes agree with tables."""
        with database_errors(self.path):
            _check_pages(self.path, self.connection, "integrity_check")

    def _compare_with_end(self, entries: int, last: bytes) -> None:
        """Compare with the end that ``meta`` records: of the run if it is over, of the tables."""
        if (
            "journal_entries" in self.meta
            and not end_of(entries, last).items() <= self.meta.items()
        ):
            promised = show(self.meta["journal_entries"], _SHOWN)
            raise self._bad_entry(entries, f"is not the end; the run recorded {promised}")
        self.lag()

    def _compare_with_mark(self) -> None:
        """Look for the last acknowledged entry; see :mod:`clamshell_tui.runfile.mark`."""
        mark = read_mark(self.path)
        if mark is None or self._hash(1) != mark.first or self._hash(mark.entries) == mark.last:
            return
        raise EnvironmentFaultError(
            f"{show(self.path.name)} lacks journal entry {mark.entries}, which was acknowledged. "
            f"Restore a later back-up, or remove {show(mark_path(self.path).name)} to do without it"
        )

    def _hash(self, seq: int) -> str:
        found = self.connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
        return found[0].hex() if found else ""

    def _altered(self, what: str) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            f"{show(self.path.name)} was altered: {what}. Restore it from a back-up"
        )

    def _bad_entry(self, seq: int, what: str) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            f"{show(self.path.name)} is damaged: journal entry {seq} {what}. "
            "Restore it from a back-up, or make the run again"
        )


def open_run(path: Path, *, check_pages: bool = True) -> RunFile:
    """Open a run file for reading, after checks of its kind, its schema and all of its pages.

    Without ``check_pages``, damage is found where it is read. Raises RunFileError for a file that
    is no run or of a later format, EnvironmentFaultError for one that is damaged, locked or not
    readable.
    """
    require_strict_tables()
    header = _header(path)
    connection = _connect(path)
    try:
        with database_errors(path):
            _check(path, header, connection)
            if check_pages:
                _check_pages(path, connection, "quick_check")
        return RunFile(path, connection, whole=not header.write_ahead)
    except BaseException:
        connection.close()
        raise


def looks_like_a_run(path: Path) -> bool:
    """Return whether ``path`` has our application id or is empty, so that it may be replaced."""
    with suppress(RunFileError):
        return _header(path).application_id == APPLICATION_ID
    return path.stat().st_size == 0


def _header(path: Path) -> _Header:
    name = show(path.name)
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # reading would wait for a writer
            raise RunFileError(f"{name} is a pipe, not a CLAMShell run. Name a file")
        with path.open("rb") as file:
            head = file.read(100)
    except (FileNotFoundError, NotADirectoryError):
        raise RunFileError(f"no such file: {show(str(path))}. Check the name") from None
    except IsADirectoryError:
        raise RunFileError(
            f"cannot read {show(str(path))}: it is a directory. Name a run file in it"
        ) from None
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot read {show(str(path))}: {error.strerror}. Check the permissions"
        ) from error
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise RunFileError(
            f"{name} is not a CLAMShell run. Name a file made with clamshell run --out"
        )
    user_version, application_id = struct.unpack(">I4xI", head[60:72])
    return _Header(head[18] == 2, user_version, application_id)


def _connect(path: Path) -> sqlite3.Connection:
    """Connect read-only. Without a write-ahead log there is no writer, so take no lock."""
    mode = "mode=ro" if _write_ahead_log(path).exists() else "immutable=1"
    uri = f"{path.absolute().as_uri()}?{mode}"
    with database_errors(path):
        connection = sqlite3.connect(uri, uri=True, timeout=0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _write_ahead_log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _check(path: Path, header: _Header, connection: sqlite3.Connection) -> None:
    name = show(path.name)
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (user_version,) = connection.execute("PRAGMA user_version").fetchone()
    present = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    empty_copy = header.write_ahead and not present  # all content was in the lost log
    if application_id != APPLICATION_ID and not empty_copy:
        raise RunFileError(
            f"{name} is a SQLite database of another program; not touched. Name a CLAMShell run"
        )
    if user_version > FORMAT:
        raise RunFileError(
            f"{name} was written by {_writer_version(connection)} (format {user_version}); "
            f"this is {_version()} (format {FORMAT}). Upgrade clamshell-tui"
        )
    if not {table.name for table in TABLES} <= present:
        raise RunFileError(
            f"{name} looks incomplete: was it copied while running? "
            "Copy it again after the run, together with its -wal file"
        )
    if strange := next(strange_objects(connection), None):
        _refuse_later_rules(name, connection)
        raise EnvironmentFaultError(
            f"{name} was altered: {show(strange, _SHOWN)} is not as a run file has it. "
            "Restore it from a back-up"
        )


def _refuse_later_rules(name: str, connection: sqlite3.Connection) -> None:
    """Report later rules rather than an alteration: their schema may differ."""
    rules = _meta_value(connection, "rules")
    if rules.isdecimal() and len(rules) < 7 and int(rules) > RULES:
        raise EnvironmentFaultError(
            f"{name}: made by rules {int(rules)}, this program has {RULES}. Upgrade clamshell-tui"
        )


def _writer_version(connection: sqlite3.Connection) -> str:
    """Return the version that wrote the file; a newer format may keep it elsewhere."""
    version = show(_meta_value(connection, "version"), _SHOWN)
    return f"version {version}" if version else "a newer version"


def _meta_value(connection: sqlite3.Connection, key: str) -> str:
    """Return a value of ``meta``, empty if missing; read only a table with our SQL."""
    if not is_ours(connection, "meta"):
        return ""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(found[0]) if found else ""


def _version() -> str:
    try:
        return metadata.version("clamshell-tui")
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "an older version"


def _check_pages(path: Path, connection: sqlite3.Connection, check: str) -> None:
    (verdict,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, str(verdict))
