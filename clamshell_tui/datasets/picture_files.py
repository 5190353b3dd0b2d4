"""Finds and reads the files of published pictures."""

import gzip
import zlib
from pathlib import Path

from clamshell_tui.datasets.checks import listed
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

LARGEST = 2**29  # bytes of one file, unpacked; MNIST's largest has 47 million
_STEP = 2**20
_PACKED = ".gz"


def folder_at(base: Path, path: str) -> Path:
    """Return the folder at ``path``; DatasetError if it is not one."""
    folder = base / path
    if folder.is_file():
        raise DatasetError(
            f"{show(path)} is a file, not a folder (dataset.path). Name the folder that it is in"
        )
    if not folder.is_dir():
        raise DatasetError(f"no such folder: {show(path)} (dataset.path, looked in {base})")
    return folder


def names_in(folder: Path, path: str) -> list[str]:
    """Return the names of what is in a folder, sorted; ``path`` is named in errors."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise DatasetError(f"cannot read {show(path)}: {error.strerror}") from error


def found(folder: Path, name: str) -> Path | None:
    """Return the file of this name, or else the one packed with gzip."""
    for candidate in (folder / name, folder / f"{name}{_PACKED}"):
        if candidate.is_file():
            return candidate
    return None


def nothing_in(path: str, names: list[str], wanted: str) -> DatasetError:
    """Return the error for a folder without any of its files."""
    there = f"; found: {listed(names, limit=4)}" if names else ": it is empty"
    return DatasetError(f"{show(path)} has no {wanted} (dataset.path){there}")


def contents(file: Path) -> bytearray:
    """Return all bytes of a file, unpacked if its name ends in .gz."""
    raw = bytearray()
    try:
        with gzip.open(file) if file.suffix == _PACKED else file.open("rb") as opened:
            while len(raw) <= LARGEST and (step := opened.read(_STEP)):
                raw += step
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            f"{file.name} is a damaged gzip file ({_first_words(error)}). Fetch it again"
        ) from error
    except OSError as error:
        raise DatasetError(f"cannot read {file.name}: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise DatasetError(f"{file.name} holds more than {LARGEST // 2**20} MiB. Is this the file?")
    return raw


def _first_words(error: Exception) -> str:
    return str(error).partition(",")[0].partition(" (")[0]
