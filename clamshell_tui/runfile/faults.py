"""What SQLite and the operating system refuse, told as one line to the user."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError
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
