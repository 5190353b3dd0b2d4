"""T-HL: active, passive and hybrid learning, on data of rising hardness, by r (§6.5)."""

from collections.abc import Sequence
from math import inf

from clamshell_tui.experiments.cells import measure
from clamshell_tui.experiments.figures import means
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    digits,
    generated,
)
from clamshell_tui.experiments.tables import learning
from clamshell_tui.report.chart import Panel
from clamshell_tui.simulator.run_scenario import RunResult

FRACTIONS = (0.25, 0.5, 0.75)
"""r, the share of the slots that learn actively."""

TIMES = tuple(float(time) for time in range(50, 2001, 50))
SO_FAR = 1200.0  # seconds; hybrid and passive learning have about 280 labels then
_AS_GOOD = 0.99  # of the other's accuracy: half of what seeds differ by

_GROUPS = {
    "easy": generated("easy", 20, 0.1),
    "harder": generated("harder", 40, 0.4),
    "hard": generated("hard", 80, 0.7),
    "digits": digits(),
}


def _arms() -> dict[str, tuple[str, ...]]:
    arms: dict[str, tuple[str, ...]] = {"PL": ("learning.selector=passive",)}
    for r in FRACTIONS:
        share = f"learning.active_fraction={r}"
        arms[f"AL, r {r:g}"] = ("learning.selector=active", share)
        arms[f"HL, r {r:g}"] = ("learning.selector=hybrid", share)
    return arms


def _rows() -> tuple[PaperRow, ...]:
    return tuple(
        PaperRow(f"{r:g} against {other[:2]}", f"HL, r {r:g}", other)
        for r in FRACTIONS
        for other in (f"AL, r {r:g}", "PL")
    )


COLUMNS = (
    PaperColumn(
        "time to target",
        learning.TO_TARGET,
        ratio=True,
        paper={
            "0.5 against AL": Range(1.2, 1.7, "1.2-1.7 x"),
            "0.5 against PL": Range(1.2, 1.6, "1.2-1.6 x"),
        },
    ),
    PaperColumn(
        f"accuracy, first {SO_FAR:g} s",
        learning.SO_FAR,
        ratio=True,
        inverse=True,
        paper={"": Range(_AS_GOOD, inf, ">= 1 x")},
    ),
    PaperColumn("accuracy, 500 labels", learning.ACCURACY),
)


def observe(result: RunResult) -> dict[str, float]:
    """How it learned."""
    measures, data = measure(result), result.tables.meta["scenario"]
    seen = learning.over_time(measures, data, TIMES)
    early = [time for time in TIMES if time <= SO_FAR]
    return seen | learning.so_far(seen, early) | learning.to_target(measures, data)


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    return [_curves(runs, group, r) for group in table.groups for r in FRACTIONS]


def _curves(runs: Runs, group: str, r: float) -> Panel:
    arms = {"active": f"AL, r {r:g}", "passive": "PL", "hybrid": f"HL, r {r:g}"}
    return Panel(
        f"{group}, r {r:g}",
        "seconds",
        "accuracy",
        tuple(
            means(runs, group, arm, learning.ACCURACY, TIMES, name) for name, arm in arms.items()
        ),
        y_from_zero=False,
    )


TABLE = PaperTable(
    id="T-HL",
    title="Hybrid learning against active and passive: so many times sooner, so many times better",
    where="§6.5, Figures 15 and 16",
    groups=_GROUPS,
    group_title="data",
    arms=_arms(),
    rows=_rows(),
    row_title="r",
    columns=COLUMNS,
    observe=observe,
    panels=_panels,
    seeds=(3, 40),
    pictures=True,
)
