"""T-THR: which threshold serves a run best? (§6.2)"""

from collections.abc import Sequence
from math import inf

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import column_panel
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    crowds,
    maintained,
)
from clamshell_tui.report.chart import Panel
from clamshell_tui.run.statistics import percentile
from clamshell_tui.simulator.run_scenario import RunResult

TASKS = 500
BEST = "8"
THRESHOLDS = ("2", "4", BEST, "16", "32", "inf")
SIZES = (5, 10)
SLOWER = Range(1.0, inf, "slower")


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and percentiles of the latency of a task in seconds.

    ``straggler`` is the 95th in the second half of the run, when maintenance has done its work.
    """
    latencies = list(seen.task_latencies(result))
    late = latencies[len(latencies) // 2 :]
    found = {f"p{percent}": percentile(latencies, percent / 100) for percent in (50, 95, 99)}
    return seen.basics(result) | seen.known({**found, "straggler": percentile(late, 0.95)})


def _groups() -> dict[str, tuple[str, ...]]:
    return {
        f"{name}, Ng {records}": (
            *settings,
            f"tasks.records_per_task={records}",
            f"stop.labels={TASKS * records}",
        )
        for name, settings in crowds("mturk", "live").items()
        for records in SIZES
    }


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    places = {float(n): name for n, name in enumerate(THRESHOLDS)}
    shown = [column for column in table.columns if column.key in (seen.SECONDS, "p95", "evictions")]
    return [column_panel(table, runs, each, "threshold (s per label)", places) for each in shown]


TABLE = PaperTable(
    id="T-THR",
    title="Thresholds of pool maintenance: time and stragglers against those of 8 s per label",
    where="§6.2, Figures 7 and 8",
    groups=_groups(),
    arms={name: (maintained(name),) for name in THRESHOLDS},
    rows=tuple(PaperRow(name, name, BEST) for name in THRESHOLDS),
    row_title="threshold",
    columns=(
        PaperColumn(
            "time",
            seen.SECONDS,
            ratio=True,
            inverse=True,
            paper={name: SLOWER for name in THRESHOLDS if name != BEST},
        ),
        PaperColumn(
            "stragglers",
            "straggler",
            ratio=True,
            inverse=True,
            paper={"inf": Range(1.6, 2.4, "nearly 2 x")},
        ),
        PaperColumn("median", "p50", "s"),
        PaperColumn("p95", "p95", "s"),
        PaperColumn("p99", "p99", "s"),
        PaperColumn("replaced", seen.EVICTIONS, "workers"),
    ),
    observe=observe,
    panels=_panels,
    seeds=(8, 40),
)
