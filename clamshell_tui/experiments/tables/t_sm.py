"""T-SM: what straggler mitigation does to latency, its spread and the cost, by R (§6.3)."""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import column_panel
from clamshell_tui.experiments.table import (
    ALONE,
    MITIGATED,
    PaperColumn,
    PaperRow,
    PaperTable,
    Runs,
    between,
    crowds,
)
from clamshell_tui.report.chart import Panel

RATIOS = (0.5, 0.75, 1.0, 3.0)
"""R: slots in the pool to tasks in a batch."""


def _arms() -> dict[str, tuple[str, ...]]:
    arms: dict[str, tuple[str, ...]] = {}
    for ratio in RATIOS:
        arms[f"NoSM, R {ratio:g}"] = (f"tasks.pool_batch_ratio={ratio}", ALONE)
        arms[f"SM, R {ratio:g}"] = (f"tasks.pool_batch_ratio={ratio}", MITIGATED)
    return arms


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    places = {ratio: f"{ratio:g}" for ratio in RATIOS}
    return [
        column_panel(table, runs, column, "R, slots per task of a batch", places, log=True)
        for column in table.columns
    ]


TABLE = PaperTable(
    id="T-SM",
    title="Straggler mitigation against none: so many times less, at so many times the cost",
    where="§6.3, Figures 9-11",
    groups=crowds("mturk", "live", "live-heavy", "medical"),
    beside=("medical",),
    arms=_arms(),
    rows=tuple(
        PaperRow(f"{ratio:g}", f"SM, R {ratio:g}", f"NoSM, R {ratio:g}") for ratio in RATIOS
    ),
    row_title="R",
    columns=(
        PaperColumn("task std", seen.TASK_STD, ratio=True, paper={"": between(5, 10, "x")}),
        PaperColumn("batch latency", seen.BATCH, ratio=True, paper={"": between(2.5, 5, "x")}),
        PaperColumn("batch std", seen.BATCH_STD, ratio=True, paper={"": between(4, 14, "x")}),
        PaperColumn("cost", seen.DOLLARS, ratio=True, inverse=True, paper={"": between(1, 2, "x")}),
    ),
    observe=seen.basics,
    panels=_panels,
    seeds=(8, 40),
)
