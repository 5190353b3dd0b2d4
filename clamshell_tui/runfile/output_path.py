"""Output files: checked before the work, then written completely or not at all.

A command checks its outputs with :func:`check_apart` (none is an input, no two are the same file),
then each with :func:`check_place` (an existing file may be replaced only by one of its kind).
Errors of SQLite and of the operating system become one line for the user.
"""

import errno
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.text import show

_REFUSALS = {
    errno.ENOENT: "no such directory. Create it, or choose another place",
    errno.ENOTDIR: "not a directory. Choose another place",
    errno.EROFS: "read-only. Choose another place",
    errno.EACCES: "read-only for you. Choose another place, or ask for write permission",
    errno.EPERM: "read-only for you. Choose another place, or ask for write permission",
    errno.ENOSPC: "disk full. Free some space, or choose another place",
    errno.ENAMETOOLONG: "the file name is too long. Choose a shorter one",
}

_DAMAGE = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_TOOBIG,
}

# quick_check: "Tree 6 page 6: ..." (or "Page 6: ..."), "btreeInitPage() returns error code 11".
_PAGE = re.compile(r"\bpage (\d+)", re.IGNORECASE)


def cannot_write(path: Path, error: OSError) -> EnvironmentFaultError:
    """Return the error for an OSError while writing ``path``."""
    default = f"{error.strerror}. Choose another place"
    return EnvironmentFaultError(
        f"cannot write in {show(str(path.parent))}: "
        f"{_REFUSALS.get(error.errno or 0, default)} for {show(path.name)}"
    )


def damaged(path: Path, detail: str = "") -> EnvironmentFaultError:
    """Return the error for a damaged file; names the page if ``detail`` has its number."""
    page = _PAGE.search(detail)
    where = f" (page {page[1]})" if page else ""
    return EnvironmentFaultError(
        f"{show(path.name)} is damaged{where}. Restore it from a back-up, or make the run again"
    )


class LockedError(EnvironmentFaultError):
    """Another process, usually a coordinator, has the run file open."""


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about ``path`` into EnvironmentFaultError or LockedError."""
    try:
        yield
    except UnicodeDecodeError as error:  # in a name: sqlite3 decodes names without our handler
        raise damaged(path) from error
    except sqlite3.DatabaseError as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _full(path)):
            raise cannot_write(path, OSError(errno.ENOSPC, "")) from error
        if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise LockedError(
                f"{show(path.name)} is locked: a running coordinator holds it. Try again later"
            ) from error
        undecodable = str(error).startswith("Could not decode to UTF-8")  # carries no code
        if undecodable or primary in _DAMAGE:
            raise damaged(path, str(error)) from error
        if primary in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise EnvironmentFaultError(
                f"cannot use {show(str(path))}: {error}. Check the disk and the permissions"
            ) from error
        raise


def _full(path: Path) -> bool:
    """Whether the disk is full: SQLite calls it an I/O error where its shared memory lacks room."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _SHARED_MEMORY


_SHARED_MEMORY = 32 * 1024
_STREAMS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_HEAD = 2000  # bytes that identify the kind of a file


def check_apart(outputs: Mapping[str, Path | None], inputs: Iterable[Path] = ()) -> None:
    """Raise InputError if an output is also an input, or is named twice.

    ``outputs`` are by option. Links are followed. Devices and pipes, such as /dev/null, may be
    named any number of times.
    """
    named = [(option, path) for option, path in outputs.items() if path and not is_stream(path)]
    read = [path for path in inputs if not is_stream(path)]
    for number, (option, path) in enumerate(named):
        if any(_same(path, each) for each in read):
            raise InputError(
                f"{show(path.name)} is read by this command and would be replaced ({option}). "
                "Choose another name"
            )
        for other, earlier in named[:number]:
            if _same(path, earlier):
                raise InputError(f"{other} and {option} are both {show(str(path))}. Name two files")


def begins_with(*texts: str) -> Callable[[Path], bool]:
    """Return a check for ``ours`` of :func:`check_place`: a file begins with one of these texts."""

    def ours(path: Path) -> bool:
        return head(path).startswith(texts)

    return ours


def has_columns(*names: str) -> Callable[[Path], bool]:
    """Return a check likewise: the first line of a CSV file has these columns, among others."""

    def ours(path: Path) -> bool:
        first = head(path).partition("\n")[0]
        return set(names) <= set(first.rstrip("\r").split(","))

    return ours


def head(path: Path) -> str:
    """Return the beginning of a file of any kind as text."""
    with path.open("rb") as file:
        return file.read(_HEAD).decode("utf-8", "replace")


def check_place(
    path: Path, *, overwrite: bool, ours: Callable[[Path], bool] | None = None, kind: str = ""
) -> None:
    """Check that ``path`` can be written.

    Raises InputError if an existing file must not be replaced, EnvironmentFaultError if the
    directory cannot be used. With ``ours`` only files of that ``kind`` ("a report") and empty files
    are ever replaced.
    """
    name = show(path.name)
    try:
        if path.is_dir():
            raise EnvironmentFaultError(
                f"cannot write {show(str(path))}: it is a directory. Name a file in it"
            )
        folder = path.absolute().parent
        if not folder.is_dir():
            number = errno.ENOTDIR if folder.exists() else errno.ENOENT
            raise cannot_write(path, OSError(number, os.strerror(number)))
        exists = os.path.lexists(path) and not is_stream(path)
        if exists and not overwrite:
            raise InputError(f"{name} exists; replace it with --force, or choose another name")
        if exists and ours is not None and not (path.stat().st_size == 0 or ours(path)):
            raise InputError(f"{name} is not {kind} and is not replaced. Choose another name")
    except OSError as error:
        raise cannot_write(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write all of ``text`` or nothing; raise EnvironmentFaultError on failure."""
    if is_stream(path):
        with _write_errors(path), path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
        return
    with appearing(path) as hidden:
        hidden.write_text(text, encoding="utf-8", newline="")


def is_stream(path: Path) -> bool:
    """Return True for a device or pipe, and for /dev/stdout even if it is redirected to a file.

    Other programs may write to that file too, so it must not be replaced.
    """
    if path.parent in _STREAMS:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # missing, or an impossible name
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _same(one: Path, other: Path) -> bool:
    """Return whether two paths name the same file, which need not exist."""
    try:
        return one.samefile(other)
    except ValueError:  # an impossible name
        return False
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def new_run_file(name: str, option: str) -> Path:
    """Return a new path in the user's data directory; ``option`` is the one that was not given."""
    from platformdirs import user_data_path

    folder = user_data_path("clamshell", appauthor=False) / "runs"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot write {show(str(folder))}: {error.strerror}. Name a file with {option}"
        ) from error
    now = datetime.now()  # noqa: DTZ005, TID251  # users look for a run by local time
    return folder / f"{name}-{now:%Y%m%d-%H%M%S}.db"


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Yield a hidden path to write; rename it to ``path`` when the block succeeds."""
    hidden = path.with_name(f".{path.name[:80]}-{os.getpid()}.part")
    try:
        with _write_errors(path):
            yield hidden
            with hidden.open("rb+") as file:
                os.fsync(file.fileno())
            hidden.replace(path)
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error
