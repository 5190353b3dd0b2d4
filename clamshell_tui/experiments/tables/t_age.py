"""T-AGE: are slow tasks gone once workers have been in the pool for some minutes? (§6.2)"""

from collections import defaultdict
from collections.abc import Sequence

from clamshell_tui.experiments.figures import mean_of, series
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    about,
    crowds,
    maintained,
)
from clamshell_tui.report.chart import Panel
from clamshell_tui.run.statistics import percentile
from clamshell_tui.simulator.run_scenario import RunResult

SLOW = 8.0  # seconds per label; "slow (>= 8 sec)" in Figure 5
EARLY = 4.0  # minutes; after them "slow and even medium latency tasks are nearly all removed"
STEP, LAST = 4.0, 40.0  # minutes in the pool that are a point of the figure, and the last of them
ARMS = {"PM8": maintained(8), "no maintenance": maintained("inf")}
STAYS = "slow, old : new"
UNDER, OVER = f"under {EARLY:g} min", f"over {EARLY:g} min"


def observe(result: RunResult) -> dict[str, float]:
    """By age: the share of slow tasks in per cent, and percentiles of seconds per label.

    ``STAYS``: the share of older workers' tasks that are slow, over that of new ones'.
    """
    by_age: defaultdict[str, list[float]] = defaultdict(list)
    for minutes, latency in _tasks(result):
        by_age[UNDER if minutes < EARLY else OVER].append(latency)
        by_age[f"{minutes // STEP * STEP + STEP / 2:g}"].append(latency)
    found: dict[str, float] = {}
    for age, latencies in by_age.items():
        slow = sum(each >= SLOW for each in latencies)
        found[f"slow @{age}"] = 100.0 * slow / len(latencies)
        for percent in (50, 95):
            found[f"p{percent} @{age}"] = percentile(latencies, percent / 100) or 0.0
    if found.get(f"slow @{UNDER}") and f"slow @{OVER}" in found:
        found[f"{STAYS} @{OVER}"] = found[f"slow @{OVER}"] / found[f"slow @{UNDER}"]
    return found


def _tasks(result: RunResult) -> Sequence[tuple[float, float]]:
    """(minutes in the pool at its start, seconds per label) of every completed assignment."""
    tables = result.tables
    found = []
    for row in tables.assignments.values():
        seated = tables.workers[row.worker].seated_at
        if row.state == "completed" and row.ended_at is not None and seated is not None:
            latency = (row.ended_at - row.started_at) / tables.size_of(row)
            found.append(((row.started_at - seated) / 60, latency))
    return found


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    ages = [STEP * n + STEP / 2 for n in range(round(LAST / STEP))]
    return [
        Panel(
            group,
            "minutes in the pool",
            title,
            tuple(
                series(name, ages, [mean_of(runs, group, name, f"{key} @{age:g}") for age in ages])
                for name in ARMS
            ),
        )
        for key, title in (("slow", "slow tasks (%)"), ("p95", "95th percentile (s per label)"))
        for group in table.groups
    ]


TABLE = PaperTable(
    id="T-AGE",
    title="Tasks slower than 8 s per label, by how long their worker has been in the pool",
    where="§6.2, Figure 5",
    groups=crowds("mturk", "live", "live-light"),
    arms={name: (setting,) for name, setting in ARMS.items()},
    rows=tuple(PaperRow(f"{arm}, {age}", arm, at=age) for arm in ARMS for age in (UNDER, OVER)),
    row_title="age",
    columns=(
        PaperColumn(
            "slow tasks",
            "slow",
            "%",
            paper={f"PM8, {OVER}": Range(0.0, 10.0, "nearly none")},
        ),
        # Without maintenance "slow tasks are seen throughout the entire experiment".
        PaperColumn(
            "slow tasks, old : new", STAYS, "x", paper={f"no maintenance, {OVER}": about(1, "1 x")}
        ),
        PaperColumn("median", "p50", "s per label"),
        PaperColumn("95th percentile", "p95", "s per label"),
    ),
    observe=observe,
    panels=_panels,
    seeds=(16, 40),
)
