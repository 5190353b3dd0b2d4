"""``clamshell data``: how a file of records is understood."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.cells import cell_len

from clamshell_tui.cli.options import settings_option
from clamshell_tui.datasets.checks import quoted
from clamshell_tui.datasets.config import DatasetConfig, TableConfig
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.inspection import Understanding, classes_of, read, remarks, understood
from clamshell_tui.errors import DatasetError
from clamshell_tui.formats import count, percent
from clamshell_tui.scenario.toml_text import written
from clamshell_tui.text import show

_EPILOG = """\b
Examples:
  clamshell data reviews.csv
  clamshell data reviews.csv --set dataset.encoding=cp1252 --set dataset.text=body
"""
_MOST = 20  # classes and columns that are listed


@click.command(epilog=_EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@settings_option
def command(*, file: Path, settings: tuple[str, ...]) -> None:
    """Say how a file of records is understood, before a run.

    Prints format and encoding, columns and their use, classes, and doubts: classes that are nearly
    equal, words that may mean unknown, repeated records, long texts, and what is left out. Ends
    with the [dataset] table for a scenario, or with the setting or command that repairs. FILE may
    be a folder of pictures.
    """
    from clamshell_tui.cli.dataset_settings import repair_of, table_config

    if file.is_dir():
        click.echo("\n".join(_folder(file, settings)))
        return
    try:
        understanding = understood(file, table_config(file, {}, settings))
        click.echo("\n".join(_understood(file, understanding)))
        dataset = read(understanding, Path())
    except DatasetError as error:
        option = repair_of(error)
        if not option:
            raise
        fix = f"clamshell data {shlex.quote(show(str(file)))} {option}"
        raise DatasetError(f"{error}: {fix}") from error
    click.echo("\n".join(_records(understanding.config, dataset)))


def _understood(file: Path, found: Understanding) -> Iterator[str]:
    """Yield the lines on format and columns."""
    yield show(str(file))
    yield from _aligned(found.format)
    yield "columns"
    columns = [
        (show(each.profile.name), f"{each.use or 'not used'}: {each.why}")
        for each in found.columns[:_MOST]
    ]
    if len(found.columns) > _MOST:
        columns.append(("...", f"{len(found.columns)} columns in all"))
    yield from _aligned(columns)


def _folder(folder: Path, settings: Sequence[str]) -> Iterator[str]:
    """Yield the lines on a folder of pictures."""
    from clamshell_tui.cli.dataset_settings import dataset_config
    from clamshell_tui.datasets.kinds import kind_of_folder
    from clamshell_tui.datasets.loader import load

    path = str(folder)
    kind = kind_of_folder(folder)
    config = dataset_config({"kind": kind, "path": path}, settings)
    dataset = load(config, base=Path(), seed=1)
    yield show(path)
    images = dataset.images
    assert images is not None, "a folder holds pictures"
    sizes = sorted({image.shape[:2] for image in images})
    between = [f"{width} x {height}" for height, width in (sizes[0], sizes[-1])]
    shown = " to ".join(dict.fromkeys(between))
    yield from _aligned([("format", f"pictures ({kind})"), ("shown with", f"{shown} pixels")])
    yield from _records(config, dataset)


def _records(config: DatasetConfig, dataset: Dataset) -> Iterator[str]:
    """Yield the lines on records, classes, doubts, and the table for a scenario."""
    known = int((dataset.truth != UNKNOWN).sum())
    answers = f", {known:,} of them with a known answer" if known < len(dataset) else ""
    yield f"{count(len(dataset), 'record')}{answers if known else ', no known answers'}"
    if known:
        classes = list(classes_of(dataset))
        yield f"{len(classes)} classes"
        shown = [
            (quoted(name), f"{number:,}  {percent(number / known)}") for name, number in classes
        ]
        yield from _aligned(shown[:_MOST])
        if len(classes) > _MOST:
            yield f"  ... and {len(classes) - _MOST} more"
    doubts = list(remarks(dataset))
    if doubts:
        yield "notes"
        yield from (f"  - {show(each)}" for each in doubts)
    yield "for a scenario"
    yield from (f"  {line}" for line in _table(config))


def _table(config: DatasetConfig) -> Iterator[str]:
    """Yield ``[dataset]`` as TOML, with the settings that are not the default."""
    yield "[dataset]"
    yield f"kind = {written(config.__struct_config__.tag)}"
    defaults = type(config)(path="")  # type: ignore[call-arg]  # all that is read has a path
    for name in config.__struct_fields__:
        value = getattr(config, name)
        if value != getattr(defaults, name):
            yield f"{name} = {written(value)}"
    if isinstance(config, TableConfig) and not config.label and not config.classes:
        yield 'classes = ["yes", "no"]  # write what workers choose from'


def _aligned(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((cell_len(name) for name, _ in rows), default=0)
    for name, value in rows:
        yield f"  {name}{' ' * (width - cell_len(name))}  {value}"
