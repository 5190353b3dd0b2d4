"""T-PM: what pool maintenance at 8 s per label does to the time and cost of 500 tasks (§6.2)."""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import mean_of, row_panel
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    between,
    crowds,
    maintained,
)
from clamshell_tui.report.chart import ChartSeries, Panel
from clamshell_tui.simulator.run_scenario import RunResult

TASKS = 500
SIZES = (1, 5, 10)
"""Ng, records per task: simple, medium, complex."""

_SHARES = tuple(n / 20 for n in range(1, 21))
_CHEAPER = between(0.84, 0.93, "x")


def _arms() -> dict[str, tuple[str, ...]]:
    arms: dict[str, tuple[str, ...]] = {}
    for records in SIZES:
        size = (f"tasks.records_per_task={records}", f"stop.labels={TASKS * records}")
        arms[f"PM8, Ng {records}"] = (*size, maintained(8))
        arms[f"PM-inf, Ng {records}"] = (*size, maintained("inf"))
    return arms


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and in how many seconds each twentieth of the labels was there."""
    times = sorted(row.at for row in result.tables.labels.values())
    started = min(row.started_at for row in result.tables.assignments.values())
    return seen.basics(result) | {
        f"done @{share:g}": times[round(share * len(times)) - 1] - started for share in _SHARES
    }


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    """Labels over time in one population, as in Figure 3, and the ratios of Figure 4."""
    over_time = [_over_time(runs, "live", records) for records in SIZES]
    return [*over_time, *(row_panel(table, runs, column) for column in table.columns)]


def _over_time(runs: Runs, group: str, records: int) -> Panel:
    lines = []
    for name, arm in (("PM8", f"PM8, Ng {records}"), ("no maintenance", f"PM-inf, Ng {records}")):
        reached = [mean_of(runs, group, arm, f"done @{share:g}") for share in _SHARES]
        minutes = (0.0, *(each.mean / 60 for each in reached if each is not None))
        labels = (0.0, *(share * TASKS * records for share in _SHARES))
        lines.append(ChartSeries(name, minutes, labels))
    return Panel(f"{group}, Ng = {records}", "minutes", "labels", tuple(lines))


TABLE = PaperTable(
    id="T-PM",
    title="Pool maintenance at 8 s per label against none: so many times faster, and the cost",
    where="§6.2, Figures 3 and 4",
    groups=crowds("mturk", "live", "live-heavy"),
    arms=_arms(),
    rows=tuple(PaperRow(f"{size}", f"PM8, Ng {size}", f"PM-inf, Ng {size}") for size in SIZES),
    row_title="Ng",
    columns=(
        PaperColumn(
            "time",
            seen.SECONDS,
            ratio=True,
            paper={
                "1": Range(0.9, 1.1, "1 x"),
                "5": Range(1.2, 1.4, "1.3 x"),
                "10": Range(1.6, 2.0, "1.8 x"),
            },
        ),
        PaperColumn(
            "cost", seen.DOLLARS, ratio=True, inverse=True, paper={"5": _CHEAPER, "10": _CHEAPER}
        ),
        PaperColumn("replaced", seen.EVICTIONS, "workers"),
    ),
    observe=observe,
    panels=_panels,
    seeds=(10, 40),
    sketched=2,
)
