"""T-TERM: does maintenance still see slow workers when mitigation ends their tasks? (§4.3, §6.4)"""

from collections.abc import Sequence

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
    crowds,
)
from clamshell_tui.report.chart import Panel
from clamshell_tui.simulator.run_scenario import RunResult

ARMS = {
    "no mitigation": (ALONE, "maintenance.latency_estimator=empirical"),
    "naive mean": (MITIGATED, "maintenance.latency_estimator=empirical"),
    "TermEst": (MITIGATED, "maintenance.latency_estimator=termest"),
    "censored (ours)": (MITIGATED, "maintenance.latency_estimator=censored"),
}
NONE, NAIVE, TERMEST, _ = ARMS

PLENTY = (
    "pool.reserve=10",
    "recruitment.every=30",
    'crowd.recruitment={distribution="exponential",mean=10}',
)
"""Replacements are there before they are needed; else recruiting bounds who can be replaced."""


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and how many workers are replaced in an hour."""
    found = seen.basics(result)
    return found | {"an hour": found[seen.EVICTIONS] / (found[seen.SECONDS] / 3600)}


def _groups() -> dict[str, tuple[str, ...]]:
    return {
        f"{name}, {supply}": (*settings, *more)
        for supply, more in (("as recruited", ()), ("in plenty", PLENTY))
        for name, settings in crowds("mturk", "live", "live-heavy").items()
    }


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [row_panel(table, runs, column) for column in table.columns[:2]]


TABLE = PaperTable(
    id="T-TERM",
    title="Workers replaced in 500 tasks, by what is thought of terminated work",
    where="§4.3, §6.4, Figure 14",
    groups=_groups(),
    group_title="population, replacements",
    arms=ARMS,
    rows=tuple(PaperRow(name, name, NONE) for name in ARMS),
    row_title="mitigation and estimate",
    columns=(
        PaperColumn(
            "replaced",
            seen.EVICTIONS,
            "workers",
            paper={NONE: Range(20, 40, "about 30"), NAIVE: Range(0, 5, "under 5")},
        ),
        PaperColumn("replaced an hour", "an hour", "workers"),
        # Pooled, because many runs replace no worker.
        PaperColumn(
            "rate",
            "an hour",
            ratio=True,
            inverse=True,
            pooled=True,
            paper={TERMEST: Range(0.8, 1.25, "1 x")},
        ),
        PaperColumn("time", seen.SECONDS, ratio=True),
    ),
    observe=observe,
    panels=_panels,
    seeds=(16, 40),
)
