"""Read a study while it is served: from copies of its files.

A coordinator has its files locked, but their bytes can be read. The write-ahead log is copied after
the database that it belongs to; if the database was written meanwhile, both are copied again.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.output_path import LockedError, database_errors
from clamshell_tui.study.reader import read_file, run_file
from clamshell_tui.study.schema import FILE
from clamshell_tui.text import show

_TRIES = 20
_LOG_HEADER = 32  # bytes, with salts that change when the log begins anew
_IN_MEMORY = Path("/dev/shm")  # so that no erased answer stays on a disk


@contextmanager
def readable_study(folder: Path) -> Iterator[Path]:
    """Yield a folder with the files of a study that can be read, also while it is served.

    Raises as :func:`~clamshell_tui.study.reader.read_study`.
    """
    try:
        with read_file(folder / FILE) as file:
            conditions = file.meta.plan.conditions
    except LockedError:
        conditions = None
    if conditions is not None:
        yield folder
        return
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else None
    with TemporaryDirectory(prefix="clamshell-", dir=place) as copies:
        yield _copied(folder, Path(copies))


def _copied(folder: Path, copies: Path) -> Path:
    """Copy the run files before ``study.db``, which so knows everybody who works in them."""
    for path in sorted(folder.glob("*.db")):
        if path.name != FILE:
            _copy(path, copies / path.name)
    _copy(folder / FILE, copies / FILE)
    with read_file(copies / FILE) as file:
        known = {run_file(copies, arm.name) for arm in file.meta.plan.conditions}
    for path in copies.iterdir():
        if path.name != FILE and path not in known:
            path.unlink()
    return copies


def _copy(path: Path, to: Path) -> None:
    """Copy a database with its log, and merge them."""
    log, log_to = (each.with_name(f"{each.name}-wal") for each in (path, to))
    try:
        for _ in range(_TRIES):
            before = _state(path, log)
            shutil.copyfile(path, to)
            if log.exists():
                shutil.copyfile(log, log_to)
            if _state(path, log) == before:
                break
        else:
            raise EnvironmentFaultError(
                f"{show(path.name)} is being written all the time. Try again later"
            )
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot copy {show(str(path))}: {error.strerror}. Try again, or after the study"
        ) from error
    with database_errors(path), closing(sqlite3.connect(to)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()


def _state(path: Path, log: Path) -> tuple[int, int, bytes]:
    """Return what changes when the log is merged into the database."""
    found = path.stat()
    head = b""
    if log.exists():
        with log.open("rb") as file:
            head = file.read(_LOG_HEADER)
    return found.st_mtime_ns, found.st_size, head
