"""T-COMB: mitigation and maintenance, each alone and both (§6.4)."""

from collections.abc import Sequence
from math import inf

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import row_panel
from clamshell_tui.experiments.table import (
    ALONE,
    MITIGATED,
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

NEITHER, BOTH = "neither", "both"
ARMS = {
    NEITHER: (ALONE, maintained("inf")),
    "maintenance": (ALONE, maintained(8)),
    "mitigation": (MITIGATED, maintained("inf")),
    BOTH: (MITIGATED, maintained(8)),
}

_FASTER = Range(1.0, inf, "> 1 x in all")
_SIX, _FIFTEEN = about(6, "up to 6 x"), about(15, "up to 15 x")


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns if column.ratio]


TABLE = PaperTable(
    id="T-COMB",
    title="Mitigation and maintenance against neither: so many times less, and the cost",
    where="§6.4, Figures 12 and 13",
    groups=crowds("mturk", "live", "live-heavy"),
    arms=ARMS,
    rows=tuple(PaperRow(name, name, NEITHER) for name in ARMS if name != NEITHER),
    row_title="technique",
    columns=(
        PaperColumn("time", seen.SECONDS, ratio=True),
        # "In all cases ... a significant speedup", of up to 6 and 15 times.
        PaperColumn(
            "time, worst of 5", seen.SECONDS, ratio=True, of_five="worst", paper={BOTH: _FASTER}
        ),
        PaperColumn(
            "time, best of 5", seen.SECONDS, ratio=True, of_five="best", paper={BOTH: _SIX}
        ),
        PaperColumn("batch std", seen.BATCH_STD, ratio=True),
        PaperColumn(
            "batch std, best of 5",
            seen.BATCH_STD,
            ratio=True,
            of_five="best",
            paper={BOTH: _FIFTEEN},
        ),
        PaperColumn("task std", seen.TASK_STD, ratio=True),
        PaperColumn("cost", seen.DOLLARS, ratio=True, inverse=True),
        PaperColumn("replaced", seen.EVICTIONS, "workers"),
    ),
    observe=seen.basics,
    panels=_panels,
    seeds=(20, 40),
)
