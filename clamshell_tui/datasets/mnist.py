"""Reads MNIST as published: pairs of IDX files, one of pictures and one of labels.

An IDX file is a magic number (0, 0, 8 for unsigned bytes, the number of dimensions), the size of
each dimension as four bytes, big-endian, and the data row by row.
"""

from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.picture_files import contents, found, names_in, nothing_in
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

CLASSES = tuple("0123456789")
_PAIRS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_SIDES = range(
    4, 257
)  # pixels: from one per cell of the features' grid to the limit of the worker's client


def files(folder: Path, path: str, part: str) -> list[Path]:
    """Return the files of ``part``: pictures, labels, pictures, labels ..."""
    pairs = _PAIRS.values() if part == "all" else [_PAIRS[part]]
    pairs = [pair for pair in pairs if any(found(folder, name) for name in pair)]
    if not pairs:
        wanted = _PAIRS["train" if part == "all" else part]
        raise nothing_in(path, names_in(folder, path), f"{wanted[0]} and {wanted[1]}")
    return [_needed(folder, path, name, pair) for pair in pairs for name in pair]


def _needed(folder: Path, path: str, name: str, pair: tuple[str, str]) -> Path:
    file = found(folder, name)
    if file is None:
        other = pair[0] if name == pair[1] else pair[1]
        raise DatasetError(f"{show(path)} has {other} but no {name}. Both are needed")
    return file


def read(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return pictures ``(n, height, width)`` and labels ``(n,)`` of one pair of files."""
    answers, pictures = read_idx(labels, 1), read_idx(images, 3)
    if len(answers) != len(pictures):
        raise DatasetError(
            f"{images.name} holds {len(pictures):,} pictures, {labels.name} {len(answers):,} "
            "labels. Are they of the same set?"
        )
    height, width = pictures.shape[1:]
    if height not in _SIDES or width not in _SIDES:
        raise DatasetError(f"{images.name}: pictures of {height} x {width} pixels. Is this MNIST?")
    return pictures, answers


def read_idx(file: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the unsigned bytes of an IDX file with this number of dimensions."""
    raw = contents(file)
    magic, header = bytes((0, 0, 8, dimensions)), 4 * (1 + dimensions)
    if raw[:4] != magic:
        raise DatasetError(
            f"{file.name} begins with {_hex(raw[:4])}, expected {_hex(magic)}. "
            f"Is this an IDX file of {'pictures' if dimensions == 3 else 'labels'}?"
        )
    if len(raw) < header:
        raise DatasetError(f"{file.name} ends after {len(raw)} bytes. Fetch it again")
    sizes = tuple(np.frombuffer(raw, ">u4", dimensions, offset=4).tolist())
    expected = header + prod(sizes)
    if len(raw) != expected:
        shape = " x ".join(f"{size:,}" for size in sizes)
        raise DatasetError(
            f"{file.name}: {shape} bytes and the header are {expected:,}, "
            f"the file has {len(raw):,}. Fetch it again"
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(sizes)


def _hex(raw: bytes | bytearray) -> str:
    return f"0x{raw.hex()}" if raw else "nothing"
