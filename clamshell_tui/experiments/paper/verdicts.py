"""Whether a figure agrees with the paper's: computed from its interval, never written down."""

import re
from collections.abc import Iterator
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path

from msgspec import Struct

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.paper.runs import Runs
from clamshell_tui.experiments.paper.table import Column, Range, Row, Table, value


class Verdict(StrEnum):
    """How ours stands to the paper's."""

    AGREES = "agrees"
    HIGHER = "higher"
    LOWER = "lower"
    OPEN = "open"  # too few seeds to tell


def verdict(found: Interval, paper: Range) -> Verdict:
    """Agrees when the mean lies in the paper's range, differs when the whole interval is outside.

    Open is a mean outside whose interval reaches into the range, and a mean inside of which little
    is known: without an interval, or with one that reaches beyond each (finite) end of the range.
    """
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
    """A figure of the table; without a claim of the paper, it has no verdict."""

    group: str
    row: Row
    column: Column
    found: Interval | None
    paper: Range | None
    verdict: Verdict | None


def judged(table: Table, runs: Runs) -> Iterator[Cell]:
    """Every figure of the table, by group, row and column."""
    for group in table.groups:
        for row in table.rows:
            for column in table.columns:
                found = value(runs, group, row, column)
                paper = None if group in table.beside else column.claim(row)
                held = None if found is None or paper is None else verdict(found, paper)
                yield Cell(group, row, column, found, paper, held)


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
