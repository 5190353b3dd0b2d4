"""Where a file may be written: asked before the work, and written whole or not at all.

A command that writes files checks them first with :func:`check_apart` (none of them is an input,
and no two are one file) and then each with :func:`check_place` (a file that is there is one of the
same kind, made earlier).

What SQLite and the operating system refuse, told as one line to the user.
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
    """The error for a refusal of the operating system to write ``path``."""
    default = f"{error.strerror}. Choose another place"
    return EnvironmentFaultError(
        f"cannot write in {show(str(path.parent))}: "
        f"{_REFUSALS.get(error.errno or 0, default)} for {show(path.name)}"
    )


def damaged(path: Path, detail: str = "") -> EnvironmentFaultError:
    """The error for a damaged file; the page is named when ``detail`` tells it."""
    page = _PAGE.search(detail)
    where = f" (page {page[1]})" if page else ""
    return EnvironmentFaultError(
        f"{show(path.name)} is damaged{where}. Restore it from a back-up, or make the run again"
    )


class LockedError(EnvironmentFaultError):
    """Another process has the run file open: most likely it serves the run."""


@contextmanager
def told_to_the_user(path: Path) -> Iterator[None]:
    """Turns SQLite's refusals about ``path`` into EnvironmentFaultError, or LockedError."""
    try:
        yield
    except UnicodeDecodeError as error:  # of a name, which is not decoded as a value is
        raise damaged(path) from error
    except sqlite3.DatabaseError as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_FULL:
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


_STREAMS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_HEAD = 2000  # bytes of a file that say of which kind it is


def check_apart(outputs: Mapping[str, Path | None], inputs: Iterable[Path] = ()) -> None:
    """InputError if a file to be written is also read, or is to be written twice.

    ``outputs`` are by the option that names them. Links are followed. Devices and pipes, such as
    /dev/null, are neither replaced nor read twice, so they may be named as often as one likes.
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
    """For ``ours`` of :func:`check_place`: whether a file begins with one of these texts."""

    def ours(path: Path) -> bool:
        return head(path).startswith(texts)

    return ours


def has_columns(*names: str) -> Callable[[Path], bool]:
    """Likewise: whether the first line of a CSV file names these columns, among others."""

    def ours(path: Path) -> bool:
        first = head(path).partition("\n")[0]
        return set(names) <= set(first.rstrip("\r").split(","))

    return ours


def head(path: Path) -> str:
    """The beginning of a file, whatever it is."""
    with path.open("rb") as file:
        return file.read(_HEAD).decode("utf-8", "replace")


def check_place(
    path: Path, *, overwrite: bool, ours: Callable[[Path], bool] | None = None, kind: str = ""
) -> None:
    """InputError if a file may not be replaced, EnvironmentFaultError if there is no place for it.

    With ``ours``, only files of that ``kind`` ("a report"), and empty ones, are ever replaced.
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
    """All of it or nothing; EnvironmentFaultError where that cannot be done."""
    if is_stream(path):
        with _told(path), path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
        return
    with appearing(path) as hidden:
        hidden.write_text(text, encoding="utf-8", newline="")


def is_stream(path: Path) -> bool:
    """A device or a pipe; /dev/stdout too where it is a file, for others write to it as well."""
    if path.parent in _STREAMS:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # not there, or a name that no file can have
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _same(one: Path, other: Path) -> bool:
    """Whether two names are of one file, be it there or not."""
    try:
        return one.samefile(other)
    except ValueError:  # a name that no file can have
        return False
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def new_run_file(name: str, option: str) -> Path:
    """A file of its own for a run that was given none; ``option`` would have named one."""
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
    now = datetime.now()  # noqa: DTZ005, TID251  # people look for runs by the time on their wall
    return folder / f"{name}-{now:%Y%m%d-%H%M%S}.db"


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A file to write that takes the name of ``path`` when it is complete."""
    hidden = path.with_name(f".{path.name[:80]}-{os.getpid()}.part")
    try:
        with _told(path):
            yield hidden
            with hidden.open("rb+") as file:
                os.fsync(file.fileno())
            hidden.replace(path)
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error
