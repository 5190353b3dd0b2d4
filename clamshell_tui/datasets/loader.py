"""Loads the data that a scenario describes, once per process."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from clamshell_tui import policies
from clamshell_tui.datasets.config import (
    Cifar10Config,
    DatasetConfig,
    DigitsConfig,
    FolderConfig,
    GeneratedConfig,
    MnistConfig,
    PicturesConfig,
    PluginDatasetConfig,
    TableConfig,
    WireConfig,
)
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.rows import opened
from clamshell_tui.datasets.text_file import resolve
from clamshell_tui.errors import DatasetError


def load(config: DatasetConfig, *, base: Path, seed: int, features: bool = True) -> Dataset:
    """Return the records that ``config`` describes; paths in it are relative to ``base``.

    ``seed`` only affects generated data. Data are cached for runs with many seeds, so the arrays
    are read-only; a file that changed on disk is read again. Without ``features``, texts of a table
    get none, which takes a small part of the time.
    """
    if isinstance(config, WireConfig):
        raise DatasetError(
            "the records of this scenario come over the wire, so only a live run can label them. "
            "Run it with clamshell serve"
        )
    if isinstance(config, PluginDatasetConfig):
        return _shared(policies.load("dataset", config.source)(base=base, seed=seed))
    if isinstance(config, DigitsConfig | GeneratedConfig):
        return _built_in(config, seed if isinstance(config, GeneratedConfig) else 0)
    if isinstance(config, MnistConfig | Cifar10Config):
        from clamshell_tui.datasets.pictures import files_of

        return _pictures(config, _stamped(files_of(config, base)))
    if isinstance(config, FolderConfig):
        from clamshell_tui.datasets.picture_folder import files_in

        return _folder(config, base, _stamped(files_in(config, base)))
    return _from_file(config, _stamped([resolve(base, config.path)]), features=features)


class _Stamped(NamedTuple):
    """A file with its time and size, the key of the cache."""

    file: Path
    modified: int
    size: int


def _stamped(files: Sequence[Path]) -> tuple[_Stamped, ...]:
    stats = [(file, file.stat()) for file in files]
    return tuple([_Stamped(file.resolve(), at.st_mtime_ns, at.st_size) for file, at in stats])


@lru_cache(maxsize=2)
def _built_in(config: DigitsConfig | GeneratedConfig, seed: int) -> Dataset:
    # scikit-learn takes seconds to import.
    from clamshell_tui.datasets import builtin

    if isinstance(config, DigitsConfig):
        return _shared(builtin.digits(config))
    return _shared(builtin.generated(config, seed))


@lru_cache(maxsize=2)
def _from_file(config: TableConfig, files: tuple[_Stamped, ...], *, features: bool) -> Dataset:
    from clamshell_tui.datasets.table import assemble

    return _shared(assemble(opened(config, files[0].file), config, features=features))


@lru_cache(maxsize=2)
def _pictures(config: PicturesConfig, files: tuple[_Stamped, ...]) -> Dataset:
    from clamshell_tui.datasets.pictures import pictures

    return _shared(pictures(config, [each.file for each in files]))


@lru_cache(maxsize=2)
def _folder(config: FolderConfig, base: Path, files: tuple[_Stamped, ...]) -> Dataset:
    from clamshell_tui.datasets.picture_folder import pictures_in

    folder = (base / config.path).resolve()
    return _shared(pictures_in(config, folder, [each.file for each in files]))


def _shared(dataset: Dataset) -> Dataset:
    """Make the arrays read-only, since several runs share them."""
    dataset.truth.setflags(write=False)
    if isinstance(dataset.images, np.ndarray):
        dataset.images.setflags(write=False)
    if isinstance(dataset.features, np.ndarray):
        dataset.features.setflags(write=False)
    else:
        dataset.features.data.setflags(write=False)
    return dataset
