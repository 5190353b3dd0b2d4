"""Loads the data that a scenario describes, once per process."""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from clamshell_tui.datasets.config import (
    Cifar10Config,
    CsvConfig,
    DatasetConfig,
    DigitsConfig,
    GeneratedConfig,
    JsonlConfig,
    MnistConfig,
    PicturesConfig,
    WireConfig,
)
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.rows import csv_rows, jsonl_rows
from clamshell_tui.datasets.text_file import read_text, resolve
from clamshell_tui.errors import DatasetError


def load(config: DatasetConfig, *, base: Path, seed: int) -> Dataset:
    """Return the records that ``config`` describes; paths in it are relative to ``base``.

    ``seed`` only affects generated data. Data are cached for runs with many seeds, so the arrays
    are read-only; a file that changed on disk is read again.
    """
    if isinstance(config, WireConfig):
        raise DatasetError(
            "the records of this scenario come over the wire, so only a live run can label them. "
            "Run it with clamshell serve"
        )
    if isinstance(config, DigitsConfig | GeneratedConfig):
        return _built_in(config, seed if isinstance(config, GeneratedConfig) else 0)
    if isinstance(config, MnistConfig | Cifar10Config):
        from clamshell_tui.datasets.pictures import files_of

        return _pictures(config, _stamped(files_of(config, base)))
    return _from_file(config, _stamped([resolve(base, config.path)]))


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
def _from_file(config: CsvConfig | JsonlConfig, files: tuple[_Stamped, ...]) -> Dataset:
    from clamshell_tui.datasets.table import assemble

    text = read_text(files[0].file, config.path, config.encoding)
    rows = partial(jsonl_rows, text, config.path, config.max_field)
    if isinstance(config, CsvConfig):
        named = _named(config) if config.header else None
        rows = partial(csv_rows, text, config.path, config.max_field, named)
    return _shared(assemble(rows, config))


def _named(config: CsvConfig) -> list[str]:
    """Return the columns that the settings name; a first row with one of them is a header."""
    several = [
        [names] if isinstance(names, str) else names for names in (config.text, config.features)
    ]
    return [name for name in (config.id, config.label, *chain(*several)) if name]


@lru_cache(maxsize=2)
def _pictures(config: PicturesConfig, files: tuple[_Stamped, ...]) -> Dataset:
    from clamshell_tui.datasets.pictures import pictures

    return _shared(pictures(config, [each.file for each in files]))


def _shared(dataset: Dataset) -> Dataset:
    """Make the arrays read-only, since several runs share them."""
    dataset.truth.setflags(write=False)
    if dataset.images is not None:
        dataset.images.setflags(write=False)
    if isinstance(dataset.features, np.ndarray):
        dataset.features.setflags(write=False)
    else:
        dataset.features.data.setflags(write=False)
    return dataset
