"""Verdicts: whether a figure agrees with the paper's; computed from its interval, never by hand.

A :class:`TableOutcome` is a finished table: runs, figures with verdicts, and the command to make it
again. :func:`comparison` makes a table of arms side by side, as ratios to the first arm.
"""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import row_panel
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.sweep.identity import versions
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    Seen,
    crowds,
    gathered,
    value,
)
from clamshell_tui.report.chart import Panel
from clamshell_tui.simulator.run_scenario import RunResult


class PaperVerdict(StrEnum):
    """How ours stands to the paper's."""

    AGREES = "agrees"
    HIGHER = "higher"
    LOWER = "lower"
    OPEN = "open"  # too few seeds to tell
    FITTED = "fitted"  # a setting of ours was chosen to give it: no news
    SAME = "same runs"  # as another cell's: its verdict is that one's


JUDGED = (PaperVerdict.AGREES, PaperVerdict.HIGHER, PaperVerdict.LOWER, PaperVerdict.OPEN)


def verdict(found: Interval, paper: Range) -> PaperVerdict:
    """Agrees when the mean lies in the paper's range, differs when the whole interval is outside.

    A fitted figure is neither: it is fitted.

    It is open if the mean is outside and the interval reaches into the range, or if the mean is
    inside and uncertain: without an interval, or with one that exceeds each (finite) end.
    """
    if paper.fitted:
        return PaperVerdict.FITTED
    if not isfinite(found.low) or not isfinite(found.high):
        return PaperVerdict.OPEN
    if paper.low <= found.mean <= paper.high:
        beyond = (found.low < paper.low or paper.low == -inf) and (
            found.high > paper.high or paper.high == inf
        )
        return PaperVerdict.OPEN if beyond else PaperVerdict.AGREES
    if found.high < paper.low:
        return PaperVerdict.LOWER
    return PaperVerdict.HIGHER if found.low > paper.high else PaperVerdict.OPEN


class VerdictCell(Struct, frozen=True):
    """A figure of the table; without a claim of the paper, it has no verdict.

    ``runs``, of a verdict SAME, is the group whose runs these are too.
    """

    group: str
    row: PaperRow
    column: PaperColumn
    found: Interval | None
    paper: Range | None
    verdict: PaperVerdict | None
    runs: str = ""


def judged(table: PaperTable, runs: Runs) -> list[VerdictCell]:
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


def _cell(
    table: PaperTable, runs: Runs, group: str, row: PaperRow, column: PaperColumn
) -> VerdictCell:
    found = value(runs, group, row, column)
    paper = None if group in table.beside else column.claim(row)
    held = None if found is None or paper is None else verdict(found, paper)
    return VerdictCell(group, row, column, found, paper, held)


def _best(cells: Sequence[VerdictCell]) -> dict[str, float]:
    """By the name of the column: the largest figure with a claim about the best."""
    best: dict[str, float] = {}
    for cell in cells:
        if cell.paper is not None and cell.paper.best and cell.found is not None:
            name = cell.column.name
            best[name] = max(best.get(name, -inf), cell.found.mean)
    return best


def _only_the_best(cell: VerdictCell, best: Mapping[str, float]) -> VerdictCell:
    if cell.paper is None or not cell.paper.best:
        return cell
    if cell.found is not None and cell.found.mean == best[cell.column.name]:
        return cell
    return replace(cell, paper=None, verdict=None)


def _once(cell: VerdictCell, runs: Runs, first: dict[object, str]) -> VerdictCell:
    """Runs that took the same time in every seed, and gave the same values, are the same runs."""
    if cell.verdict is None:
        return cell
    key = f"{cell.column.key} @{cell.row.at}" if cell.row.at else cell.column.key
    arms = [arm for arm in (cell.row.arm, cell.row.baseline if cell.column.ratio else "") if arm]
    seen = [tuple(runs.values(cell.group, arm, of)) for arm in arms for of in (key, "seconds")]
    earlier = first.setdefault((cell.column.name, *seen), cell.group)
    return cell if earlier == cell.group else replace(cell, verdict=PaperVerdict.SAME, runs=earlier)


def summary(cells: Iterable[VerdictCell]) -> str:
    """Verdicts of a table in a line: ``agrees in 3 of 9, 6 lower; 1 fitted``."""
    counts = Counter(cell.verdict for cell in cells if cell.verdict is not None)
    total = sum(counts[each] for each in JUDGED)
    parts = [f"agrees in {counts[PaperVerdict.AGREES]} of {total}"]
    parts += [f"{counts[each]} {each}" for each in JUDGED[1:] if counts[each]]
    fitted = f"; {counts[PaperVerdict.FITTED]} fitted" if counts[PaperVerdict.FITTED] else ""
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


class TableOutcome(Struct, frozen=True):
    """``reasons`` are by the name of the column; ``panels`` make its figure; ``made_by`` is a line.

    The same stamp is on the text, the CSV files and the figures.
    """

    table: PaperTable
    runs: Runs
    cells: tuple[VerdictCell, ...]
    reasons: Mapping[str, str]
    panels: tuple[Panel, ...]
    made_by: str = ""


def outcome(
    table: PaperTable,
    seen: Sequence[Seen],
    scenario: Path,
    *,
    first_seed: int = 0,
    options: Sequence[str] = (),
) -> TableOutcome:
    """Of what was seen of all the table's runs; the reasons stand in the scenario's comment.

    ``options`` are those of ``clamshell paper``, besides the seeds, that the figures depend on.
    """
    runs = gathered(table, seen, first_seed)
    cells = tuple(judged(table, runs))
    panels = tuple(table.panels(table, runs))
    return TableOutcome(table, runs, cells, reasons(scenario), panels, _stamp(table, runs, options))


def _stamp(table: PaperTable, runs: Runs, options: Sequence[str]) -> str:
    """Version, command, seeds and libraries: what it takes to make the same figures."""
    words = ["clamshell", "paper", table.id, "--seeds", str(runs.seeds)]
    if runs.first_seed:
        words += ["--first-seed", str(runs.first_seed)]
    command = shlex.join([*words, *options])
    first, last = runs.first_seed, runs.first_seed + runs.seeds - 1
    seeds = f"seeds {first} to {last}" if last > first else f"seed {first}"
    own, *libraries = [f"{name} {version}" for name, version in versions()]
    return f"{own}: {command} ({seeds}); {', '.join(libraries)}"


FIVE = ("mturk", "live", "live-heavy", "live-light", "medical")

# Fifty seconds per label are quick here: what is slow is another matter.
_PACE: Mapping[str, tuple[str, ...]] = {"medical": ("maintenance.threshold=60",)}


def populations(*names: str) -> dict[str, tuple[str, ...]]:
    """Groups of a table with maintenance: its threshold is by the population's pace."""
    return {name: (*each, *_PACE.get(name, ())) for name, each in crowds(*names).items()}


def comparison(
    name: str,
    title: str,
    where: str,
    arms: Mapping[str, tuple[str, ...]],
    columns: tuple[PaperColumn, ...],
    *,
    groups: Mapping[str, tuple[str, ...]] | None = None,
    group_title: str = "population",
    again: tuple[PaperRow, ...] = (),
    observe: Callable[[RunResult], Seen] = seen.observe,
    seeds: tuple[int, int] = (4, 40),
) -> PaperTable:
    """Every arm is a row, compared with the first one; ``again`` are rows with another baseline."""
    first = next(iter(arms))
    return PaperTable(
        id=name,
        title=title,
        where=where,
        groups=crowds(*FIVE) if groups is None else groups,
        arms=arms,
        rows=(*(PaperRow(arm, arm, first) for arm in arms), *again),
        row_title="policy",
        columns=columns,
        observe=observe,
        panels=_panels,
        seeds=seeds,
        group_title=group_title,
        source="goal",
    )


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns]


def share(name: str, key: str, goals: Mapping[str, Range] | None = None) -> PaperColumn:
    """The arm's value over the first arm's."""
    return PaperColumn(name, key, ratio=True, inverse=True, paper=goals or {})


def at_most(bound: float, words: str = "") -> Range:
    """A goal."""
    return Range(0.0, bound, words or f"<= {bound:g} x")


def at_least(bound: float, words: str = "") -> Range:
    """A goal."""
    return Range(bound, float("inf"), words or f">= {bound:g} x")
