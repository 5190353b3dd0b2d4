"""Where a file may be written: asked before the work, and written whole or not at all."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.runfile.faults import cannot_write
from clamshell_tui.text import show


def check_place(
    path: Path, *, overwrite: bool, ours: Callable[[Path], bool] | None = None, kind: str = ""
) -> None:
    """InputError if a file may not be replaced, EnvironmentFaultError if there is no place for it.

    With ``ours``, only files of that ``kind`` ("a report") are ever replaced.
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
        exists = os.path.lexists(path)
        if exists and not overwrite:
            raise InputError(f"{name} exists; replace it with --force, or choose another name")
        if exists and ours is not None and not ours(path):
            raise InputError(f"{name} is not {kind} and is not replaced. Choose another name")
    except OSError as error:
        raise cannot_write(path, error) from error


def write_text(path: Path, text: str) -> None:
    """All of it or nothing; EnvironmentFaultError where that cannot be done."""
    if path.exists() and not path.is_file():  # a device or a pipe
        with _told(path):
            path.write_text(text, encoding="utf-8", newline="")
        return
    with appearing(path) as hidden:
        hidden.write_text(text, encoding="utf-8", newline="")


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
