"""Reads CIFAR-10 in its binary version, as published.

A record is one byte for the class and 3,072 for the picture: 1,024 each of red, green and blue.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.picture_files import contents, names_in, nothing_in
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_SIDE = 32
_BYTES = 1 + 3 * _SIDE * _SIDE
_PARTS = {
    "train": re.compile(r"data_batch_[0-9]+\.bin"),
    "test": re.compile(r"test_batch\.bin"),
    "all": re.compile(r"(data_batch_[0-9]+|test_batch)\.bin"),
}
_PICKLED = re.compile(r"data_batch_[0-9]+|test_batch|batches\.meta")


def files(folder: Path, path: str, part: str) -> list[Path]:
    """Return the files of ``part``, training pictures first."""
    names = names_in(folder, path)
    wanted = [folder / name for name in names if _PARTS[part].fullmatch(name)]
    if not wanted:
        raise _none(path, names, part)
    return wanted


def _none(path: str, names: list[str], part: str) -> DatasetError:
    if any(map(_PICKLED.fullmatch, names)):
        return DatasetError(
            f"{show(path)}: pickle files are not read. Use the binary version (.bin, {_BYTES} "
            "bytes per record)"
        )
    if any(name.endswith(".tar.gz") for name in names):
        return DatasetError(f"{show(path)} holds a packed archive (dataset.path). Unpack it first")
    wanted = "test_batch.bin" if part == "test" else "data_batch_1.bin"
    return nothing_in(path, names, wanted)


def read(file: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return pictures ``(n, 32, 32, 3)`` and labels ``(n,)`` of one file."""
    raw = contents(file)
    if len(raw) % _BYTES:
        raise DatasetError(
            f"{file.name}: {len(raw)} bytes is not a multiple of {_BYTES}. Is this the binary "
            "version of CIFAR-10, and complete?"
        )
    rows = np.frombuffer(raw, np.uint8).reshape(-1, _BYTES)
    return rows[:, 1:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1), rows[:, 0]
