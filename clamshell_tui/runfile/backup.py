"""Back-ups of run files: copies that are whole, sealed and verified, of a run that goes on too."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.mark import mark_path, read_mark
from clamshell_tui.runfile.output_path import appearing, database_errors
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import META
from clamshell_tui.runfile.seal import seals
from clamshell_tui.runfile.verify import Verification, verify
from clamshell_tui.text import show

_LOGS = ("-wal", "-shm", "-journal")  # files that SQLite would read with a run file
_JOURNAL_MODE = slice(18, 20)  # of the header: 1 without a write-ahead log, 2 with one


class Restored(NamedTuple):
    """Result of a restore: the verification, and how many acknowledged entries are missing."""

    found: Verification
    lacking: int


def sealed_image(connection: sqlite3.Connection) -> bytes:
    """Seal a copy of a run file, close it, and return it as the bytes of one file."""
    with closing(connection):
        connection.executemany(META.insert(), list(seals(connection)))
        connection.commit()
        image = bytearray(connection.serialize())
    image[_JOURNAL_MODE] = b"\1\1"
    return bytes(image)


def image_of(path: Path) -> bytes:
    """Return a sealed copy of a run file that no other process has open."""
    with open_run(path) as file, database_errors(path):
        copied = sqlite3.connect(":memory:")
        file.connection.backup(copied)
        return sealed_image(copied)


def write_back_up(path: Path, parts: Iterable[bytes]) -> Verification:
    """Write and verify a back-up, readable by its owner only; there is none after an error."""
    with appearing(path) as hidden:
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
        return _verified(hidden, path.name)


def restore(back_up: Path, path: Path) -> Restored:
    """Verify a back-up and put it in the place of a run file that no other process has open."""
    image = image_of(back_up)
    mark = read_mark(path)
    with appearing(path) as hidden:
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(image)
        found = _verified(hidden, back_up.name)
        for log in _LOGS:  # of the file that is replaced
            path.with_name(path.name + log).unlink(missing_ok=True)
        mark_path(path).unlink(missing_ok=True)
    return Restored(found, max(0, mark.entries - found.entries) if mark is not None else 0)


def _verified(path: Path, name: str) -> Verification:
    """Verify a file under another name than the one that an error should show."""
    try:
        with open_run(path) as file:
            return verify(file)
    except EnvironmentFaultError as error:
        text = str(error).replace(show(path.name), show(name))
        raise EnvironmentFaultError(f"the copy is not good: {text}") from error
