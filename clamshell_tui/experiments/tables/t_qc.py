"""T-QC: votes and duplicates, decoupled against coupled (§4.1)."""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import row_panel
from clamshell_tui.experiments.table import PaperColumn, PaperRow, PaperTable, Range, Runs
from clamshell_tui.report.chart import Panel
from clamshell_tui.simulator.run_scenario import RunResult

RATIOS = (1, 3, 5)
LIMITS = {"any": "unlimited", "one": "1"}
"""How many live copies there may be beyond the votes still missing (coupled: of each vote)."""

# A quarter more or less than 30 %, of the best setting: so many per cent less are 1 / (1 - 0.3).
FASTER = Range(1 / 0.775, 1 / 0.625, "up to 30 % less", best=True)


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and the assignments that a task takes."""
    found = seen.basics(result)
    records = result.engine.state.config.tasks.records_per_task
    return found | {"assignments": result.summary.work.assignments * records / found[seen.LABELS]}


def _arms() -> dict[str, tuple[str, ...]]:
    return {
        f"{name}, {limit}, R {ratio}": (
            f"straggler_mitigation.coupling={name}",
            f"straggler_mitigation.vote_duplicates={LIMITS[limit]}",
            f"tasks.pool_batch_ratio={ratio}",
        )
        for limit in LIMITS
        for ratio in RATIOS
        for name in ("coupled", "decoupled")
    }


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns if column.ratio]


TABLE = PaperTable(
    id="T-QC",
    title="Three votes a task: decoupled from mitigation against coupled with it",
    where="§4.1, simulation",
    groups={
        f"{share:.0%}, {factor} x": (f"crowd.slow_share={share}", f"crowd.slow_factor={factor}")
        for share, factor in ((0.1, 5), (0.2, 10), (0.4, 5))
    },
    group_title="slow workers",
    arms=_arms(),
    rows=tuple(
        PaperRow(
            f"{limit} (R = {ratio})",
            f"decoupled, {limit}, R {ratio}",
            f"coupled, {limit}, R {ratio}",
        )
        for limit in LIMITS
        for ratio in RATIOS
    ),
    row_title="extra copies",
    columns=(
        PaperColumn("batch latency", seen.BATCH, ratio=True, paper={"": FASTER}),
        PaperColumn("cost", seen.DOLLARS, ratio=True),
        PaperColumn("assignments", "assignments", ratio=True),
        PaperColumn("per task", "assignments"),
    ),
    observe=observe,
    panels=_panels,
    seeds=(8, 40),
)
