"""Writes small data sets in the formats in which MNIST and CIFAR-10 are published."""

import gzip
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

REAL = Path(os.environ.get("CLAMSHELL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
"""Where real samples may lie, in ``mnist`` and ``cifar-10``."""


def real(name: str) -> pytest.MarkDecorator:
    """Skips a test where there is no real sample."""
    there = (REAL / name).is_dir()
    return pytest.mark.skipif(not there, reason=f"no {name} in CLAMSHELL_DATA or ../shared/data")


def noise(count: int, *shape: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def idx(array: Bytes) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()


def write_mnist(
    folder: Path, images: Bytes, labels: Sequence[int], *, part: str = "train", packed: bool = False
) -> None:
    folder.mkdir(exist_ok=True)
    answers = np.array(labels, dtype=np.uint8)
    for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", answers)):
        raw, file = idx(array), folder / f"{part}-{name}"
        if packed:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(raw, mtime=0))
        else:
            file.write_bytes(raw)


def cifar(images: Bytes, labels: Sequence[int]) -> bytes:
    """``images`` are ``(n, 32, 32, 3)``."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    answers = np.array(labels, dtype=np.uint8)[:, None]
    return np.concatenate([answers, planes], axis=1).tobytes()


def write_cifar(folder: Path, name: str, images: Bytes, labels: Sequence[int]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(cifar(images, labels))
