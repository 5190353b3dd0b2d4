"""T-ROUTE: which task does an idle worker duplicate, and does it matter? (§4.1)"""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import row_panel
from clamshell_tui.experiments.table import PaperColumn, PaperRow, PaperTable, Range, Runs, crowds
from clamshell_tui.report.chart import Panel

RANDOM = "random"
ROUTINGS = (RANDOM, "fewest-active", "longest-running", "oracle")
RATIOS = (1, 3)
"""R: slots in the pool to tasks in a batch."""

SAME = Range(0.95, 1.05, "1 x")  # "the selection algorithm didn't affect end-to-end latency"


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns]


TABLE = PaperTable(
    id="T-ROUTE",
    title="Routing of duplicates: so many times the latency and cost of random routing",
    where="§4.1, simulation",
    groups=crowds("medical-normal", "medical", "mturk", "live"),
    arms={
        f"{name}, R = {ratio}": (
            f"straggler_mitigation.routing={name}",
            f"tasks.pool_batch_ratio={ratio}",
        )
        for name in ROUTINGS
        for ratio in RATIOS
    },
    rows=tuple(
        PaperRow(f"{name} (R = {ratio})", f"{name}, R = {ratio}", f"{RANDOM}, R = {ratio}")
        for ratio in RATIOS
        for name in ROUTINGS
        if name != RANDOM
    ),
    row_title="routing",
    columns=(
        PaperColumn("batch latency", seen.BATCH, ratio=True, inverse=True, paper={"": SAME}),
        PaperColumn("cost", seen.DOLLARS, ratio=True, inverse=True),
        PaperColumn("duplicates", seen.DUPLICATES, ratio=True, inverse=True),
    ),
    observe=seen.basics,
    panels=_panels,
    seeds=(8, 40),
)
