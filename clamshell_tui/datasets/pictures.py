"""Makes records of published pictures: the first ones of the wanted classes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets import cifar10, mnist
from clamshell_tui.datasets.checks import check_classes, listed, quoted
from clamshell_tui.datasets.config import MnistConfig, PicturesConfig
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.picture_features import brightness, gradients
from clamshell_tui.datasets.picture_files import folder_at
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.text import show

Bytes = NDArray[np.uint8]

_FEATURES = {"gradients": gradients, "pixels": brightness}


def files_of(config: PicturesConfig, base: Path) -> list[Path]:
    """Return the files that :func:`pictures` reads."""
    folder = folder_at(base, config.path)
    if isinstance(config, MnistConfig):
        return mnist.files(folder, config.path, config.part)
    return cifar10.files(folder, config.path, config.part)


def pictures(config: PicturesConfig, files: Sequence[Path]) -> Dataset:
    """Return the records of ``files``, in order; an id consists of file and row."""
    known = mnist.CLASSES if isinstance(config, MnistConfig) else cifar10.CLASSES
    classes = _classes(config, known)
    chosen = _Chosen(config.records, [known.index(name) for name in classes])
    for file, images, labels in _batches(config, files):
        _check_labels(file, labels)
        chosen.add(_short(file), images, labels)
        if chosen.left == 0:
            break
    if len(chosen.ids) < 2:
        raise DatasetError(
            f"{show(config.path)} holds {len(chosen.ids)} records of {listed(classes)}. "
            "Is it complete?"
        )
    images, truth = _joined(chosen.images, config), np.concatenate(chosen.truth)
    return Dataset(
        name=show(config.path),
        ids=chosen.ids,
        features=_FEATURES[config.features](images),
        classes=classes,
        truth=truth,
        images=images,
        notes=_notes(classes, truth),
    )


class _Chosen:
    """Collects records of the wanted classes, up to the wanted number."""

    def __init__(self, wanted: int | None, published: Sequence[int]) -> None:
        self.ids: list[str] = []
        self.images: list[Bytes] = []
        self.truth: list[NDArray[np.int64]] = []
        self._wanted = wanted
        self._index_of = np.full(256, -1, dtype=np.int64)
        self._index_of[list(published)] = range(len(published))

    @property
    def left(self) -> int | None:
        """Number of records still wanted; None for all."""
        return None if self._wanted is None else self._wanted - len(self.ids)

    def add(self, name: str, images: Bytes, labels: Bytes) -> None:
        rows = np.flatnonzero(self._index_of[labels] >= 0)[: self.left]
        self.ids += [f"{name}/{row}" for row in rows.tolist()]
        self.images.append(images[rows])
        self.truth.append(self._index_of[labels[rows]])


def _classes(config: PicturesConfig, known: tuple[str, ...]) -> tuple[str, ...]:
    for name in config.classes:
        if name not in known:
            raise DatasetError(
                f"unknown class {quoted(name)}{did_you_mean(name, known)} (dataset.classes). "
                f"Known: {', '.join(known)}"
            )
    return check_classes(config.classes or known, "dataset.classes")


def _batches(config: PicturesConfig, files: Sequence[Path]) -> Iterator[tuple[Path, Bytes, Bytes]]:
    """Yield file (for the ids), pictures and labels."""
    if isinstance(config, MnistConfig):
        for images, labels in zip(files[::2], files[1::2], strict=True):
            yield images, *mnist.read(images, labels)
    else:
        for file in files:
            yield file, *cifar10.read(file)


def _short(file: Path) -> str:
    """``data_batch_1``; ``train`` for ``train-images-idx3-ubyte.gz``."""
    return file.name.partition(".")[0].partition("-")[0]


def _check_labels(file: Path, labels: Bytes) -> None:
    if len(labels) and labels.max() > 9:
        row = int(np.argmax(labels > 9))
        raise DatasetError(
            f"{file.name}, record {row}: class {labels[row]}, expected 0 to 9. "
            "Is this a file of ten classes?"
        )


def _joined(parts: Sequence[Bytes], config: PicturesConfig) -> Bytes:
    sizes = sorted({part.shape[1:] for part in parts})
    if len(sizes) > 1:
        shown = " and ".join(f"{height} x {width}" for height, width, *_ in sizes)
        raise DatasetError(f"{show(config.path)} holds pictures of {shown}. Read one part alone")
    return np.concatenate(parts)


def _notes(classes: tuple[str, ...], truth: NDArray[np.int64]) -> tuple[str, ...]:
    counts = np.bincount(truth, minlength=len(classes))
    missing = [name for name, count in zip(classes, counts, strict=True) if not count]
    return (f"there is no record of {listed(missing)}",) if missing else ()
