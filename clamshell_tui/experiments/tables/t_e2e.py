"""T-E2E: 500 labels by CLAMShell, by its two baselines, and by the one that is missing (§6.6)."""

from collections.abc import Mapping, Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import mean_of, means, series
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.table import (
    ALONE,
    MITIGATED,
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    about,
    between,
    digits,
    generated,
    maintained,
)
from clamshell_tui.experiments.tables import learning
from clamshell_tui.report.chart import Panel
from clamshell_tui.run.statistics import deviation
from clamshell_tui.simulator.run_scenario import RunResult

LABELS = 500
TIMES = tuple(float(base * 2**power) for power in range(9) for base in (15, 20))
"""15 s to 5,120 s; seconds."""
ACCURACIES = (0.65, 0.7, 0.75, 0.8, 0.85)
USED = tuple(range(50, LABELS + 1, 50))
"""Labels that a model was made of."""
_LABEL_STD = "label std"

ALL_AT_ONCE = (
    f"pool.size={LABELS}",  # a seat for each task, which is the whole batch
    "pool.reserve=0",
    "pool.start_with=0",
    "qualification.enabled=false",
    "recruitment.every=1e6",  # posted once
    'crowd.recruitment={distribution="lognormal",mean=850,minimum=30}',
    "crowd.behaviours={quitter=1.0}",
    "crowd.quitter={tasks=1,at_once=true}",
    "crowd.abandonment=0",
    "tasks.max_failures=1000",  # a refusal by a worker that has done enough is none
)
"""Base-NR's crowd: see the scenario's comment."""

ARMS = {
    "CLAMShell": (MITIGATED, maintained(8), "learning.selector=hybrid"),
    "Base-R": (
        ALONE,
        maintained("inf"),
        "learning.selector=active",
        "learning.retraining=sync",
    ),
    "Base-NR": (
        *ALL_AT_ONCE,
        ALONE,
        maintained("inf"),
        "learning.selector=passive",
    ),
    "no barrier": (
        "tasks.batching=continuous",
        ALONE,
        maintained("inf"),
        "learning.selector=passive",
    ),
}
"""The last is the baseline that the paper leaves out: the same people, and nothing but work."""

_BELOW = Range(0.0, 1.0, "< 1 x")

COLUMNS = (
    PaperColumn("500 labels", seen.SECONDS, "s"),
    PaperColumn(
        "time ratio",
        seen.SECONDS,
        ratio=True,
        inverse=True,
        # The mean time until one of Base-NR's tasks is taken was chosen to give this figure.
        paper={"Base-NR": Range(6.8, 7.7, "7.24 x", fitted=True)},
    ),
    PaperColumn(
        "label std",
        _LABEL_STD,
        "s",
        paper={"CLAMShell": about(3.1, "3.1 s"), "Base-NR": about(475, "475 s")},
    ),
    PaperColumn(
        "std ratio",
        _LABEL_STD,
        ratio=True,
        inverse=True,
        paper={"Base-NR": about(151, "151 x")},
    ),
    PaperColumn(
        "75 % ratio",
        f"{learning.TO} @0.75",
        ratio=True,
        inverse=True,
        paper={"Base-NR": between(4, 5, "x")},
    ),
    # "CLAMShell dominates both baselines in terms of model accuracy" (Figure 18).
    PaperColumn(
        "accuracy so far",
        learning.SO_FAR,
        ratio=True,
        inverse=True,
        paper={"Base-NR": _BELOW, "Base-R": _BELOW},
    ),
    PaperColumn("accuracy", learning.ACCURACY),
    PaperColumn("cost", seen.DOLLARS, "$"),
)


def observe(result: RunResult) -> dict[str, float]:
    """Time, cost, how regular it was, and how it learned; times count from the first posting."""
    posted = _posted(result)
    measures = learning.since(result, min(posted.values()))
    curve = learning.over_time(measures, result.tables.meta["scenario"], TIMES)
    return (
        seen.basics(result)
        | {seen.SECONDS: measures.seconds}
        | curve
        | learning.so_far(curve, TIMES)
        | learning.reached(measures, ACCURACIES)
        | learning.by_labels(measures, USED)
        | _spread(result, posted)
    )


def _posted(result: RunResult) -> dict[int, float]:
    """When each batch was offered: to a pool that stands ready, else when the run began."""
    pooled = result.engine.state.config.pool.start_with > 0
    return {row.id: row.cut_at if pooled else 0.0 for row in result.tables.batches.values()}


def _spread(result: RunResult, posted: Mapping[int, float]) -> dict[str, float]:
    """Of the times from the posting of a label's batch until the label is there."""
    waited = [
        row.completed_at - posted[row.batch]
        for row in result.tables.tasks.values()
        if row.completed_at is not None
    ]
    return seen.known({_LABEL_STD: deviation(waited)})


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    views = (_curve, _times, _by_labels)
    return [view(runs, group) for group in table.groups for view in views]


def _curve(runs: Runs, group: str) -> Panel:
    return Panel(
        f"{group}: accuracy over time",
        "seconds",
        "accuracy",
        tuple(means(runs, group, arm, learning.ACCURACY, TIMES, arm) for arm in ARMS),
        x_log=True,
        y_from_zero=False,
    )


def _times(runs: Runs, group: str) -> Panel:
    keys = [f"{learning.TO} @{accuracy:g}" for accuracy in ACCURACIES]
    places = range(len(keys))
    return Panel(
        f"{group}: time to an accuracy",
        "accuracy",
        "seconds",
        tuple(
            series(arm, places, [_mostly(runs, group, arm, key) for key in keys], "bars")
            for arm in ARMS
        ),
        x_names={place: f"{accuracy:g}" for place, accuracy in enumerate(ACCURACIES)},
    )


def _mostly(runs: Runs, group: str, arm: str, key: str) -> Interval | None:
    """The mean, if most runs got there: of a lucky few it would look too good."""
    there = sum(each is not None for each in runs.values(group, arm, key))
    return mean_of(runs, group, arm, key) if 2 * there > runs.seeds else None


def _by_labels(runs: Runs, group: str) -> Panel:
    return Panel(
        f"{group}: accuracy by labels",
        "labels used",
        "accuracy",
        tuple(means(runs, group, arm, learning.USED, USED, arm) for arm in ARMS),
        y_from_zero=False,
    )


TABLE = PaperTable(
    id="T-E2E",
    title=f"End to end: {LABELS} labels; the ratios say how many times CLAMShell's it takes",
    where="§6.6, Figures 17 and 18",
    groups={"generated": generated("harder", 40, 0.4), "digits": digits()},
    group_title="data",
    arms=ARMS,
    rows=tuple(PaperRow(arm, arm, "CLAMShell") for arm in ARMS),
    row_title="way",
    columns=COLUMNS,
    observe=observe,
    panels=_panels,
    seeds=(4, 40),
    pictures=True,
)
