"""A table of arms side by side: each population, each arm, ratios to the first arm."""

from collections.abc import Callable, Mapping, Sequence

from clamshell_tui.experiments.beyond import seen
from clamshell_tui.experiments.paper.crowds import crowds
from clamshell_tui.experiments.paper.figures import row_panel
from clamshell_tui.experiments.paper.panel import Panel
from clamshell_tui.experiments.paper.runs import Runs
from clamshell_tui.experiments.paper.table import Column, Range, Row, Seen, Table
from clamshell_tui.scenario.runner import RunResult

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
    columns: tuple[Column, ...],
    *,
    groups: Mapping[str, tuple[str, ...]] | None = None,
    group_title: str = "population",
    again: tuple[Row, ...] = (),
    observe: Callable[[RunResult], Seen] = seen.observe,
    seeds: tuple[int, int] = (4, 40),
) -> Table:
    """Every arm is a row, compared with the first one; ``again`` are rows with another baseline."""
    first = next(iter(arms))
    return Table(
        id=name,
        title=title,
        where=where,
        groups=crowds(*FIVE) if groups is None else groups,
        arms=arms,
        rows=(*(Row(arm, arm, first) for arm in arms), *again),
        row_title="policy",
        columns=columns,
        observe=observe,
        panels=_panels,
        seeds=seeds,
        group_title=group_title,
        source="goal",
    )


def _panels(table: Table, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns]


def share(name: str, key: str, goals: Mapping[str, Range] | None = None) -> Column:
    """The arm's value over the first arm's."""
    return Column(name, key, ratio=True, inverse=True, paper=goals or {})


def at_most(bound: float, words: str = "") -> Range:
    """A goal."""
    return Range(0.0, bound, words or f"<= {bound:g} x")


def at_least(bound: float, words: str = "") -> Range:
    """A goal."""
    return Range(bound, float("inf"), words or f">= {bound:g} x")
