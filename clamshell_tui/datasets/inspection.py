"""How a file of records is understood, for a person to check before a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from clamshell_tui.datasets.checks import quoted
from clamshell_tui.datasets.config import CsvConfig, TableConfig
from clamshell_tui.datasets.copies import groups_of
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.datasets.roles_of_columns import ColumnRole, chosen, explained, profiles
from clamshell_tui.datasets.rows import CsvFile, opened
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

_SCREEN = (70, 14)  # characters and lines of a text on a screen of 80 x 24


class Understanding(NamedTuple):
    """The format of a file as names and values, its columns, and the settings that read it.

    ``columns`` are those of the first rows.
    """

    format: list[tuple[str, str]]
    columns: list[ColumnRole]
    config: TableConfig


def understood(file: Path, config: TableConfig) -> Understanding:
    """Return how ``file`` is understood; what ``config`` does not name is found out."""
    source = opened(config, file)
    columns = profiles(source.rows())
    if not columns:
        raise DatasetError(f"{show(config.path)} holds no records")
    found = chosen(columns, config)
    if isinstance(source, CsvFile) and isinstance(found, CsvConfig):
        found = _explicit(source, found)
    return Understanding(source.described(), explained(columns, found), found)


def _explicit(source: CsvFile, config: CsvConfig) -> CsvConfig:
    """Return the settings with what was found out, where it is not the usual thing."""
    form = source.format
    if form.spelling.delimiter != ",":
        config = replace(config, delimiter=form.spelling.delimiter)
    if not form.spelling.quote:
        config = replace(config, quote="")
    if form.first is None:
        config = replace(config, header=False)
    return replace(config, decimal=form.decimal) if form.decimal != "." else config


# Records


def classes_of(dataset: Dataset) -> Iterator[tuple[str, int]]:
    """Yield the classes with the number of records of each, the most frequent first."""
    known = dataset.truth[dataset.truth != UNKNOWN]
    counts = np.bincount(known, minlength=len(dataset.classes))
    for index in np.argsort(-counts, kind="stable"):
        yield dataset.classes[index], int(counts[index])


def remarks(dataset: Dataset) -> Iterator[str]:
    """Yield sentences on copies, texts longer than the screen, and the notes of the reader."""
    yield from dataset.notes
    yield from _copies(dataset)
    yield from _long_texts(dataset)


def _copies(dataset: Dataset) -> Iterator[str]:
    _, first, group = np.unique(groups_of(dataset), return_index=True, return_inverse=True)
    copies = np.flatnonzero(first[group] != np.arange(len(dataset)))
    if len(copies):
        other, one = (quoted(dataset.ids[at]) for at in (copies[0], first[group[copies[0]]]))
        yield (
            f"copies of other records, case, blanks and punctuation aside: {len(copies):,}, such "
            f"as {other} of {one}; copies are never both held out and labelled"
        )


def _long_texts(dataset: Dataset) -> Iterator[str]:
    width, height = _SCREEN
    long = [
        (len(text), index)
        for index, text in enumerate(dataset.texts or ())
        if len(text) > width and sum(1 + len(line) // width for line in text.split("\n")) > height
    ]
    if long:
        longest, index = max(long)
        yield (
            f"texts longer than a screen of 80 x 24, where a key shows the rest: {len(long):,}; "
            f"the longest, {quoted(dataset.ids[index])}, has {longest:,} characters"
        )


def read(understanding: Understanding, base: Path) -> Dataset:
    """Return the records; DatasetError as a run would raise it."""
    config = understanding.config
    if config.label is None and not config.classes:
        config = replace(config, classes=("yes", "no"))  # to check everything else
    return load(config, base=base, seed=1)
