"""Whether a figure agrees with the paper's: computed from its interval, never written down."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.paper.runs import Runs
from clamshell_tui.experiments.paper.table import Column, Range, Row, Table, value


class Verdict(StrEnum):
    """How ours stands to the paper's."""

    AGREES = "agrees"
    HIGHER = "higher"
    LOWER = "lower"
    OPEN = "open"  # too few seeds to tell
    FITTED = "fitted"  # a setting of ours was chosen to give it: no news
    SAME = "same runs"  # as another cell's: its verdict is that one's


JUDGED = (Verdict.AGREES, Verdict.HIGHER, Verdict.LOWER, Verdict.OPEN)


def verdict(found: Interval, paper: Range) -> Verdict:
    """Agrees when the mean lies in the paper's range, differs when the whole interval is outside.

    A fitted figure is neither: it is fitted.

    Open is a mean outside whose interval reaches into the range, and a mean inside of which little
    is known: without an interval, or with one that reaches beyond each (finite) end of the range.
    """
    if paper.fitted:
        return Verdict.FITTED
    if not isfinite(found.low) or not isfinite(found.high):
        return Verdict.OPEN
    if paper.low <= found.mean <= paper.high:
        beyond = (found.low < paper.low or paper.low == -inf) and (
            found.high > paper.high or paper.high == inf
        )
        return Verdict.OPEN if beyond else Verdict.AGREES
    if found.high < paper.low:
        return Verdict.LOWER
    return Verdict.HIGHER if found.low > paper.high else Verdict.OPEN


class Cell(Struct, frozen=True):
    """A figure of the table; without a claim of the paper, it has no verdict.

    ``runs``, of a verdict SAME, is the group whose runs these are too.
    """

    group: str
    row: Row
    column: Column
    found: Interval | None
    paper: Range | None
    verdict: Verdict | None
    runs: str = ""


def judged(table: Table, runs: Runs) -> list[Cell]:
    """Every figure of the table, by group, row and column; one verdict for a set of runs."""
    cells = [
        _cell(table, runs, group, row, column)
        for group in table.groups
        for row in table.rows
        for column in table.columns
    ]
    best = _best(cells)
    cells = [_only_the_best(cell, best) for cell in cells]
    first: dict[object, str] = {}
    return [_once(cell, runs, first) for cell in cells]


def _cell(table: Table, runs: Runs, group: str, row: Row, column: Column) -> Cell:
    found = value(runs, group, row, column)
    paper = None if group in table.beside else column.claim(row)
    held = None if found is None or paper is None else verdict(found, paper)
    return Cell(group, row, column, found, paper, held)


def _best(cells: Sequence[Cell]) -> dict[str, float]:
    """By the name of the column: the largest figure with a claim about the best."""
    best: dict[str, float] = {}
    for cell in cells:
        if cell.paper is not None and cell.paper.best and cell.found is not None:
            name = cell.column.name
            best[name] = max(best.get(name, -inf), cell.found.mean)
    return best


def _only_the_best(cell: Cell, best: Mapping[str, float]) -> Cell:
    if cell.paper is None or not cell.paper.best:
        return cell
    if cell.found is not None and cell.found.mean == best[cell.column.name]:
        return cell
    return replace(cell, paper=None, verdict=None)


def _once(cell: Cell, runs: Runs, first: dict[object, str]) -> Cell:
    """Runs that took the same time in every seed, and gave the same values, are the same runs."""
    if cell.verdict is None:
        return cell
    key = f"{cell.column.key} @{cell.row.at}" if cell.row.at else cell.column.key
    arms = [arm for arm in (cell.row.arm, cell.row.baseline if cell.column.ratio else "") if arm]
    seen = [tuple(runs.values(cell.group, arm, of)) for arm in arms for of in (key, "seconds")]
    earlier = first.setdefault((cell.column.name, *seen), cell.group)
    return cell if earlier == cell.group else replace(cell, verdict=Verdict.SAME, runs=earlier)


def summary(cells: Iterable[Cell]) -> str:
    """What the verdicts of a table add up to: ``agrees in 3 of 9, 6 lower; 1 fitted``."""
    counts = Counter(cell.verdict for cell in cells if cell.verdict is not None)
    total = sum(counts[each] for each in JUDGED)
    parts = [f"agrees in {counts[Verdict.AGREES]} of {total}"]
    parts += [f"{counts[each]} {each}" for each in JUDGED[1:] if counts[each]]
    fitted = f"; {counts[Verdict.FITTED]} fitted" if counts[Verdict.FITTED] else ""
    return (", ".join(parts) if total else "no verdicts") + fitted


_REASON = re.compile(r"Differs \(([^)]+)\): (.+)")


def reasons(path: Path) -> dict[str, str]:
    """Why we differ, by the name of the column: paragraphs of the scenario's first comment.

    ``Differs (cost): ...``
    """
    found = filter(None, map(_REASON.fullmatch, paragraphs(path)))
    return {each[1]: each[2] for each in found}


def paragraphs(path: Path) -> list[str]:
    """Of the first comment of a scenario, each on one line."""
    found: list[list[str]] = [[]]
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line[1:].strip()
        if text:
            found[-1].append(text)
        elif found[-1]:
            found.append([])
    return [" ".join(lines) for lines in found if lines]
