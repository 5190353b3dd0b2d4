"""Which records are asked next: uncertainty and active share (B-ASK, B-SHARE)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import known, measure
from clamshell_tui.experiments.table import PaperColumn, between, crowds
from clamshell_tui.experiments.verdicts import comparison, share
from clamshell_tui.run.statistics import mean
from clamshell_tui.simulator.run_scenario import RunResult

_MARGIN = "learning.uncertainty=margin"
_COLUMNS = (
    share("time to 90 %", seen.TO_90),
    PaperColumn("at 150 labels", seen.AT_150),
    PaperColumn("at 300 labels", seen.AT_300),
    PaperColumn("at the end", seen.MODEL),
    share("at the end, ratio", seen.MODEL),
)

ASK = comparison(
    "B-ASK",
    "Uncertainty: 500 digits without a barrier, half of them actively chosen",
    "margin 1.4 to 2.5 points over entropy",
    {
        "entropy": (),
        "margin": (_MARGIN,),
        "least confidence": ("learning.uncertainty=least-confidence",),
        "passive": ("learning.selector=passive",),
    },
    (*_COLUMNS, share("at 300, ratio", seen.AT_300, {"margin": between(1.014, 1.025, "x")})),
    groups=crowds("mturk", "live", "live-heavy", "live-light", "medical"),
    seeds=(3, 30),
)


def _generated(difficulty: float, features: int = 40, classes: int = 4) -> tuple[str, ...]:
    return (
        'dataset.kind="generated"',
        "dataset.records=1800",
        f"dataset.features={features}",
        f"dataset.classes={classes}",
        f"dataset.difficulty={difficulty}",
    )


OVER_TIME = "accuracy over time"
"""Mean of the accuracy at fixed times, the last one while most runs still work."""

_TIMES = range(30, 181, 10)  # seconds
_BARRIER = "tasks.batching=barrier"
_SPAMMERS = "crowd.behaviours={spammer=0.3}"


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and how good the model was all the time."""
    curve = measure(result).curve
    reached = [[each for at, _, each in curve if at <= time] for time in _TIMES]
    over_time = mean([each[-1] for each in reached if each])
    return seen.observe(result) | known({OVER_TIME: over_time})


SHARE = comparison(
    "B-SHARE",
    "Active share: 500 records by margin, from easy to hard, without a barrier and with one",
    "what another share than 0.5 brings, and whether any is best everywhere",
    {f"r {r:g}": (f"learning.active_fraction={r}",) for r in (0.5, 0, 0.25, 0.75)}
    | {
        "r 0.75, unweighted": ("learning.active_fraction=0.75", "learning.weighting=none"),
        "r 1": ("learning.active_fraction=1",),
    },
    (
        *_COLUMNS,
        share("at 300, ratio", seen.AT_300),
        share("over time, ratio", OVER_TIME),
    ),
    groups={
        "digits": (),
        "digits, spammers": (_SPAMMERS,),
        "generated 0.2": _generated(0.2),
        "generated 0.4": _generated(0.4),
        "generated 0.6": _generated(0.6),
        "two classes 0.7": _generated(0.7, features=80, classes=2),
        "digits, barrier": (_BARRIER,),
        "digits, spammers, barrier": (_SPAMMERS, _BARRIER),
        "generated 0.4, barrier": (*_generated(0.4), _BARRIER),
    },
    group_title="dataset",
    observe=observe,
    seeds=(3, 30),
)
