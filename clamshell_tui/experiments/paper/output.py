"""Puts a table into files: its figures as CSV, its runs as CSV, its text, its drawing."""

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from pathlib import Path

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.paper.drawing import STAMPED, can_draw, draw
from clamshell_tui.experiments.paper.outcome import Outcome
from clamshell_tui.experiments.paper.table import Table
from clamshell_tui.experiments.paper.text import as_text
from clamshell_tui.experiments.paper.verdicts import summary
from clamshell_tui.formats import count
from clamshell_tui.runfile import places
from clamshell_tui.runfile.faults import cannot_write
from clamshell_tui.runfile.places import write_text
from clamshell_tui.text import show

_RUNS_HEADS = ("arm", "seed", "measure", "value", "made_by")
_HEADS = ("mean", "low", "high", "seeds", "paper", "paper_low", "paper_high", "verdict", "made_by")


def names(table: Table) -> list[str]:
    """The files of a table."""
    stem = table.id.lower()
    return [f"{stem}{end}" for end in (".csv", "-runs.csv", ".txt", ".svg", ".png")]


def check_place(folder: Path, tables: Sequence[Table], *, overwrite: bool) -> None:
    """Make the directory; InputError if it has tables, or other files, that may not be replaced."""
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{show(str(folder))} is not a directory. Name another one for --out")
        folder.mkdir(parents=True, exist_ok=True)
        there = [name for table in tables for name in names(table) if (folder / name).exists()]
    except OSError as error:
        raise cannot_write(folder, error) from error
    if there and not overwrite:
        raise InputError(
            f"{show(str(folder))} has {there[0]}; replace it with --force, "
            "or name another directory"
        )
    for table in tables:
        for name, ours in zip(names(table), _kinds(table), strict=True):
            places.check_place(folder / name, overwrite=True, ours=ours, kind=f"our {table.id}")


def _kinds(table: Table) -> tuple[Callable[[Path], bool], ...]:
    """By which a former file of each name is known."""
    return (
        places.has_columns("row", "measure", "mean", "paper_low"),
        places.has_columns("arm", "seed", "measure", "value"),
        places.begins_with(f"{table.id}  "),
        lambda path: STAMPED in places.head(path),
        lambda path: STAMPED in places.head(path),
    )


def write(folder: Path, outcome: Outcome) -> None:
    """All files of the table; without matplotlib, those that need none."""
    table, runs = outcome.table, outcome.runs
    figures, each_run, told, *pictures = (folder / name for name in names(table))
    note = f"CLAMShell {table.where}. {count(runs.seeds, 'seed')}; 95 % intervals"
    stamp = outcome.made_by
    try:
        write_text(figures, _figures(outcome))
        write_text(each_run, _runs(outcome))
        write_text(told, as_text(outcome) + "\n")
        if can_draw():
            draw(f"{table.id}  {table.title}", (note, stamp), outcome.panels, pictures)
    except OSError as error:
        raise cannot_write(folder, error) from error


def plain(outcome: Outcome) -> dict[str, object]:
    """The table for JSON; what is not finite becomes null."""
    return {
        "table": outcome.table.id,
        "title": outcome.table.title,
        "paper": outcome.table.where,
        "seeds": outcome.runs.seeds,
        "first_seed": outcome.runs.first_seed,
        "made_by": outcome.made_by,
        "in_all": summary(outcome.cells),
        "figures": [
            {
                outcome.table.group_title: cell.group,
                "row": cell.row.name,
                "measure": cell.column.heading,
                "mean": cell.found and cell.found.mean,
                "low": cell.found and cell.found.low,
                "high": cell.found and cell.found.high,
                "paper": cell.paper and cell.paper.words,
                "verdict": cell.verdict,
            }
            for cell in outcome.cells
        ],
        "reasons": outcome.reasons,
    }


def _figures(outcome: Outcome) -> str:
    """One line for each figure."""
    heads = (outcome.table.group_title, "row", "measure", *_HEADS)
    rows: list[Sequence[object]] = [heads]
    for cell in outcome.cells:
        found = ("", "", "") if cell.found is None else tuple(cell.found)
        paper = ("", "", "")
        if cell.paper is not None:
            paper = (cell.paper.words, repr(cell.paper.low), repr(cell.paper.high))
        about = (cell.group, cell.row.name, cell.column.heading)
        rows.append((*about, *found, outcome.runs.seeds, *paper, cell.verdict or ""))
    return _csv(rows, outcome.made_by)


def _runs(outcome: Outcome) -> str:
    """One line for each run and measure."""
    rows: list[Sequence[object]] = [(outcome.table.group_title, *_RUNS_HEADS)]
    for (group, arm), seen in outcome.runs.seen.items():
        for seed, each in enumerate(seen, outcome.runs.first_seed):
            rows += [(group, arm, seed, key, repr(value)) for key, value in each.items()]
    return _csv(rows, outcome.made_by)


def _csv(rows: Iterable[Sequence[object]], made_by: str) -> str:
    """The last column, ``made_by``, is filled in the first line only: the stamp is for the file."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    heads, *lines = rows
    writer.writerow(heads)
    writer.writerows([*line, "" if number else made_by] for number, line in enumerate(lines))
    return file.getvalue()
