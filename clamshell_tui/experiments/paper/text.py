"""A table of the paper as text: a line for each row, and below it what agrees and what does not."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from textwrap import wrap

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.paper.outcome import Outcome
from clamshell_tui.experiments.paper.table import Column, Table
from clamshell_tui.experiments.paper.verdicts import JUDGED, Cell, Verdict, summary
from clamshell_tui.formats import count
from clamshell_tui.report.aligned import aligned

WIDTH = 100
_MARKS = {"agrees": "✓", "higher": "↑", "lower": "↓", "open": "?", "fitted": "fitted"}
_ASCII = {"agrees": "=", "higher": "^", "lower": "v", "open": "?", "fitted": "fitted"}
_NOBODY_KNOWS = "the scenario does not say why"


def as_text(outcome: Outcome, *, unicode: bool = True, width: int | None = None) -> str:
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


def _lines(table: Table, cells: Sequence[Cell], unicode: bool, width: int | None) -> Iterator[str]:
    rows = [_heads(table), *_rows(table, cells, unicode)]
    names = 1 + (len(table.groups) > 1)
    papers = _papers(table, names)
    left = {*range(names), *papers}
    return aligned(rows, left=left, names=names, tied=papers, width=width)


def _heads(table: Table) -> list[str]:
    heads = [table.group_title] if len(table.groups) > 1 else []
    heads.append(table.row_title)
    for column in table.columns:
        heads.append(column.heading if not column.ratio else column.name)
        if column.paper:
            heads.append(table.source)
    return heads


def _papers(table: Table, names: int) -> set[int]:
    """The places of the columns that hold the paper's figures."""
    found, place = set(), names
    for column in table.columns:
        place += 1
        if column.paper:
            found.add(place)
            place += 1
    return found


def _rows(table: Table, cells: Sequence[Cell], unicode: bool) -> Iterator[list[str]]:
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


def _paper(cell: Cell, marks: Mapping[str, str]) -> str:
    """What the paper says of a figure, and how ours stands to it."""
    if cell.paper is None:
        return ""
    if cell.verdict is Verdict.SAME:
        return f"as {cell.runs}"
    mark = marks[cell.verdict] if cell.verdict is not None else ""
    return f"{cell.paper.words} {mark}".strip()


# The verdicts


def verdict_lines(
    table: Table, cells: Sequence[Cell], reasons: Mapping[str, str], width: int = WIDTH
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
    table: Table, column: Column, cells: Sequence[Cell], reasons: Mapping[str, str]
) -> str:
    grouped = len(table.groups) > 1
    by_verdict = {each: [cell for cell in cells if cell.verdict is each] for each in Verdict}
    agree = len(by_verdict[Verdict.AGREES])
    if agree == len(cells):
        return f"{column.name}: agrees" + (f" in all {agree} rows" if agree > 1 else "")
    parts = [f"agrees in {agree} of {len(cells)} rows"] if agree else []
    for each, words in _WORDS.items():
        if by_verdict[each]:
            parts.append(
                f"{words.format(table.source)}: {_places(by_verdict[each], cells, grouped)}"
            )
    told = f"{column.name}: {'. '.join(parts)}"
    if by_verdict[Verdict.LOWER] or by_verdict[Verdict.HIGHER]:
        told += f". Why: {reasons.get(column.name, _NOBODY_KNOWS)}"
    return told


_WORDS = {
    Verdict.LOWER: "differs, lower than the {}'s",
    Verdict.HIGHER: "differs, higher than the {}'s",
    Verdict.OPEN: "too few seeds to tell",
}


def _places(cells: Sequence[Cell], claimed: Sequence[Cell], grouped: bool) -> str:
    """``mturk 0.5, 1; live everywhere``."""
    by_group: dict[str, list[str]] = {}
    for cell in cells:
        by_group.setdefault(cell.group, []).append(cell.row.name)
    return "; ".join(
        " ".join([group] * grouped + [_rows_told(rows, sum(c.group == group for c in claimed))])
        for group, rows in by_group.items()
    )


def _rows_told(rows: Sequence[str], of: int) -> str:
    return "everywhere" if 1 < len(rows) == of else ", ".join(rows)
