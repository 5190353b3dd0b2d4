"""Keeps the finished runs of a sweep beside its output, so that nothing is run twice.

The file is SQLite: a process that is killed, even in the middle of writing, leaves every run that
was finished before, and two sweeps into one output are refused. Runs are kept by the name of their
cell, so the values of an axis, or the number of seeds, may be changed half-way or later. The
digests of the outputs that were written are there too: the same command replaces only these.
"""

import json
import sqlite3
from pathlib import Path
from typing import Self

import msgspec
from msgspec.structs import replace

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.experiments.sweep.identity import Identity, difference, digest
from clamshell_tui.experiments.sweep.trial import Value
from clamshell_tui.runfile.output_path import cannot_write, database_errors
from clamshell_tui.text import show

_MARK = 0x436C5377  # "ClSw", application_id of such a file
_SQLITE = b"SQLite format 3\0"  # how each of its files begins
_DDL = """
CREATE TABLE identity (json BLOB NOT NULL);
CREATE TABLE run (
    cell TEXT NOT NULL, seed INTEGER NOT NULL, measures TEXT NOT NULL, PRIMARY KEY (cell, seed)
) WITHOUT ROWID;
CREATE TABLE written (output TEXT PRIMARY KEY, digest TEXT NOT NULL);
"""


def runs_of(out: Path) -> Path:
    """Return the place of the finished runs of an output."""
    return out.with_name(f"{out.name}.runs")


class KeptCells:
    """The finished runs of a sweep; without a path they are in memory only.

    Raises InputError when the file holds runs of another sweep. ``fresh`` forgets what there is.
    Leaving it as a context manager closes the file, and leaves it there if anything is in it.
    """

    def __init__(self, path: Path | None, identity: Identity, *, fresh: bool = False) -> None:
        self._path = path
        self._closed = False
        if path is not None:
            _refuse_to_harm(path)
        name = path or Path("memory")
        with database_errors(name):
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=0)
            try:
                self._open(identity, name, fresh)
            except BaseException:
                self._connection.close()
                raise

    def _open(self, identity: Identity, path: Path, fresh: bool) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        try:
            new = not run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not new and run("PRAGMA application_id").fetchone()[0] != _MARK:
                raise _foreign_file(path)
            run("PRAGMA journal_mode = WAL")  # one commit is one append, whole or not there
            run("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise EnvironmentFaultError(
                f"another sweep is writing {show(path.name)}. Wait for it, or choose another --out"
            ) from error
        try:
            self._adopt(identity, path, new, fresh)
        finally:
            run("COMMIT")
        run("PRAGMA synchronous = NORMAL")

    def _adopt(self, identity: Identity, path: Path, new: bool, fresh: bool) -> None:
        run = self._connection.execute
        if new:
            for statement in filter(str.strip, _DDL.split(";")):
                run(statement)
            run(f"PRAGMA application_id = {_MARK}")
        elif fresh:
            run("DELETE FROM run")
            run("DELETE FROM written")
        else:
            kept = run("SELECT json FROM identity").fetchone()[0]
            identity = _both(msgspec.json.decode(kept, type=Identity), identity, path)
        run("DELETE FROM identity")
        run("INSERT INTO identity VALUES (?)", (msgspec.json.encode(identity),))

    def add(self, cell: str, seed: int, values: tuple[Value, ...]) -> None:
        """Keep a run; it is safe from the end of this process when this returns."""
        with database_errors(self._path or Path()):
            self._connection.execute(
                "INSERT OR REPLACE INTO run VALUES (?, ?, ?)", (cell, seed, json.dumps(values))
            )

    def finished(self) -> set[tuple[str, int]]:
        """Cell and seed of every run that is there."""
        return set(self._connection.execute("SELECT cell, seed FROM run"))

    def values(self, cell: str, seed: int) -> tuple[Value, ...]:
        """Measures of a finished run."""
        row = self._connection.execute(
            "SELECT measures FROM run WHERE cell = ? AND seed = ?", (cell, seed)
        )
        return tuple(json.loads(row.fetchone()[0]))

    def check_unchanged(self, output: Path) -> None:
        """InputError if another program has written ``output`` since :meth:`wrote`."""
        found = self._connection.execute(
            "SELECT digest FROM written WHERE output = ?", (output.name,)
        ).fetchone()
        if output.exists() and found != (digest(output),):
            raise InputError(
                f"{show(output.name)} is not as this sweep wrote it. Move it away; "
                f"the runs are kept in {show(self._path.name if self._path else '')}"
            )

    def wrote(self, output: Path) -> None:
        """Remember an output as it is now."""
        with database_errors(self._path or Path()):
            self._connection.execute(
                "INSERT OR REPLACE INTO written VALUES (?, ?)", (output.name, digest(output))
            )

    def close(self) -> None:
        """Leave the file as it is."""
        self._closed = True
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        empty = not self._closed and not self.finished()
        self.close()
        if empty and self._path is not None:
            _remove(self._path)


def _both(kept: Identity, now: Identity, path: Path) -> Identity:
    """With the files of both: their runs are there. InputError when the two do not mix."""
    fault = difference(kept, now)
    if fault is not None:
        raise InputError(
            f"{show(path.name)} holds runs of another sweep ({fault}), and they do not mix. "
            "Start over with --force, or choose another --out"
        )
    files = dict(kept.files) | dict(now.files)
    return replace(now, files=tuple(files.items()))


def _refuse_to_harm(path: Path) -> None:
    """Refuse another file of this name; SQLite recognises a database."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE))
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_write(path, error) from error
    if head and head != _SQLITE:
        raise _foreign_file(path)


def _foreign_file(path: Path) -> InputError:
    return InputError(f"{show(path.name)} is not a sweep's and is not touched. Move it away")


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal"):
        path.with_name(name).unlink(missing_ok=True)
