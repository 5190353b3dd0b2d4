"""A table of the paper as text, with its verdicts below, and as files: text, CSV, runs, figures."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from math import inf
from pathlib import Path
from textwrap import wrap

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.table import PaperColumn, PaperTable
from clamshell_tui.experiments.verdicts import (
    JUDGED,
    PaperVerdict,
    TableOutcome,
    VerdictCell,
    summary,
)
from clamshell_tui.formats import count
from clamshell_tui.report.aligned import aligned
from clamshell_tui.report.chart_matplotlib import STAMPED, can_draw, draw
from clamshell_tui.runfile import output_path as places
from clamshell_tui.runfile.output_path import cannot_write, write_text
from clamshell_tui.text import show

WIDTH = 100
_MARKS = {"agrees": "✓", "higher": "↑", "lower": "↓", "open": "?", "fitted": "fitted"}
_ASCII = {"agrees": "=", "higher": "^", "lower": "v", "open": "?", "fitted": "fitted"}
_UNEXPLAINED = "the scenario does not say why"


def as_text(outcome: TableOutcome, *, unicode: bool = True, width: int | None = None) -> str:
    """The whole table: heading, rows, verdicts; rows of more than ``width`` characters in parts."""
    table, seeds = outcome.table, outcome.runs.seeds
    against = f"{table.source.capitalize()}: {table.where}"
    narrow = min(width or WIDTH, WIDTH)
    here = f"{against}. Here: mean and 95 % interval of {count(seeds, 'seed')}."
    heading = [*_folded(f"{table.id}  {table.title}", width), *_folded(here, width), ""]
    rows = _lines(table, outcome.cells, unicode, width)
    verdicts = verdict_lines(table, outcome.cells, outcome.reasons, narrow)
    return "\n".join([*heading, *rows, "", *verdicts, *_folded(outcome.made_by, narrow)])


def _folded(text: str, width: int | None) -> list[str]:
    return [text] if width is None else wrap(text, width, subsequent_indent="    ")


def figure(found: Interval | None, unit: str = "", *, unicode: bool = True) -> str:
    """``3.24 ± 0.2 x``."""
    if found is None:
        return "-"
    sign = "±" if unicode else "+-"
    spread = f" {sign} {found.half:.2g}" if 1e-9 * abs(found.mean) < found.half < inf else ""
    return f"{_short(found.mean)}{spread}{unit and ' '}{unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


# The rows


def _lines(
    table: PaperTable, cells: Sequence[VerdictCell], unicode: bool, width: int | None
) -> Iterator[str]:
    rows = [_heads(table), *_rows(table, cells, unicode)]
    names = 1 + (len(table.groups) > 1)
    papers = _papers(table, names)
    left = {*range(names), *papers}
    return aligned(rows, left=left, names=names, tied=papers, width=width)


def _heads(table: PaperTable) -> list[str]:
    heads = [table.group_title] if len(table.groups) > 1 else []
    heads.append(table.row_title)
    for column in table.columns:
        heads.append(column.heading if not column.ratio else column.name)
        if column.paper:
            heads.append(table.source)
    return heads


def _papers(table: PaperTable, names: int) -> set[int]:
    """The places of the columns that hold the paper's figures."""
    found, place = set(), names
    for column in table.columns:
        place += 1
        if column.paper:
            found.add(place)
            place += 1
    return found


def _rows(table: PaperTable, cells: Sequence[VerdictCell], unicode: bool) -> Iterator[list[str]]:
    width = len(table.columns)
    marks = _MARKS if unicode else _ASCII
    before = ""
    for start in range(0, len(cells), width):
        line = cells[start : start + width]
        first = line[0]
        if not first.row.shown:
            continue
        row = [first.group if first.group != before else ""] if len(table.groups) > 1 else []
        before = first.group
        row.append(first.row.name)
        for cell in line:
            row.append(figure(cell.found, "x" if cell.column.ratio else "", unicode=unicode))
            if cell.column.paper:
                row.append(_paper(cell, marks))
        yield row


def _paper(cell: VerdictCell, marks: Mapping[str, str]) -> str:
    """The paper's figure, and our verdict on it."""
    if cell.paper is None:
        return ""
    if cell.verdict is PaperVerdict.SAME:
        return f"as {cell.runs}"
    mark = marks[cell.verdict] if cell.verdict is not None else ""
    return f"{cell.paper.words} {mark}".strip()


# The verdicts


def verdict_lines(
    table: PaperTable, cells: Sequence[VerdictCell], reasons: Mapping[str, str], width: int = WIDTH
) -> Iterator[str]:
    """For each column with a claim: agrees, or where it differs and why."""
    for column in table.columns:
        claimed = [cell for cell in cells if cell.column == column and cell.verdict in JUDGED]
        if claimed:
            text = _verdict(table, column, claimed, reasons)
            yield from wrap(text, width, subsequent_indent="    ")
        fitted = [cell for cell in cells if cell.column == column and cell.verdict == "fitted"]
        if fitted:
            places = _places(fitted, fitted, len(table.groups) > 1)
            text = f"{column.name}: fitted to the {table.source}'s figure, no verdict: {places}"
            yield from wrap(text, width, subsequent_indent="    ")
    if any(cell.verdict is not None for cell in cells):
        yield f"In all: {summary(cells)}"


def _verdict(
    table: PaperTable, column: PaperColumn, cells: Sequence[VerdictCell], reasons: Mapping[str, str]
) -> str:
    grouped = len(table.groups) > 1
    by_verdict = {each: [cell for cell in cells if cell.verdict is each] for each in PaperVerdict}
    agree = len(by_verdict[PaperVerdict.AGREES])
    if agree == len(cells):
        return f"{column.name}: agrees" + (f" in all {agree} rows" if agree > 1 else "")
    parts = [f"agrees in {agree} of {len(cells)} rows"] if agree else []
    for each, words in _WORDS.items():
        if by_verdict[each]:
            parts.append(
                f"{words.format(table.source)}: {_places(by_verdict[each], cells, grouped)}"
            )
    told = f"{column.name}: {'. '.join(parts)}"
    if by_verdict[PaperVerdict.LOWER] or by_verdict[PaperVerdict.HIGHER]:
        told += f". Why: {reasons.get(column.name, _UNEXPLAINED)}"
    return told


_WORDS = {
    PaperVerdict.LOWER: "differs, lower than the {}'s",
    PaperVerdict.HIGHER: "differs, higher than the {}'s",
    PaperVerdict.OPEN: "too few seeds to tell",
}


def _places(cells: Sequence[VerdictCell], claimed: Sequence[VerdictCell], grouped: bool) -> str:
    """``mturk 0.5, 1; live everywhere``."""
    by_group: dict[str, list[str]] = {}
    for cell in cells:
        by_group.setdefault(cell.group, []).append(cell.row.name)
    return "; ".join(
        " ".join([group] * grouped + [_row_count(rows, sum(c.group == group for c in claimed))])
        for group, rows in by_group.items()
    )


def _row_count(rows: Sequence[str], of: int) -> str:
    return "everywhere" if 1 < len(rows) == of else ", ".join(rows)


_RUNS_HEADS = ("arm", "seed", "measure", "value", "made_by")
_HEADS = ("mean", "low", "high", "seeds", "paper", "paper_low", "paper_high", "verdict", "made_by")


def names(table: PaperTable) -> list[str]:
    """The files of a table."""
    stem = table.id.lower()
    return [f"{stem}{end}" for end in (".csv", "-runs.csv", ".txt", ".svg", ".png")]


def check_place(folder: Path, tables: Sequence[PaperTable], *, overwrite: bool) -> None:
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


def _kinds(table: PaperTable) -> tuple[Callable[[Path], bool], ...]:
    """By which a former file of each name is known."""
    return (
        places.has_columns("row", "measure", "mean", "paper_low"),
        places.has_columns("arm", "seed", "measure", "value"),
        places.begins_with(f"{table.id}  "),
        lambda path: STAMPED in places.head(path),
        lambda path: STAMPED in places.head(path),
    )


def write(folder: Path, outcome: TableOutcome) -> None:
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


def plain(outcome: TableOutcome) -> dict[str, object]:
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


def _figures(outcome: TableOutcome) -> str:
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


def _runs(outcome: TableOutcome) -> str:
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
