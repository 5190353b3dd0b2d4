"""Which records are asked next: uncertainty and active share (B-ASK, B-SHARE)."""

from clamshell_tui.experiments.beyond import seen
from clamshell_tui.experiments.beyond.comparison import comparison, share
from clamshell_tui.experiments.paper.crowds import crowds
from clamshell_tui.experiments.paper.table import Column, between

_MARGIN = "learning.uncertainty=margin"
_COLUMNS = (
    share("time to 90 %", seen.TO_90),
    Column("at 150 labels", seen.AT_150),
    Column("at 300 labels", seen.AT_300),
    Column("at the end", seen.MODEL),
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


def _generated(difficulty: float) -> tuple[str, ...]:
    return (
        'dataset.kind="generated"',
        "dataset.records=1800",
        "dataset.features=40",
        "dataset.classes=4",
        f"dataset.difficulty={difficulty}",
    )


SHARE = comparison(
    "B-SHARE",
    "Active share: 500 records without a barrier, by margin, from easy to hard",
    "what another share than 0.5 brings, and whether any is best everywhere",
    {f"r {r:g}": (f"learning.active_fraction={r}",) for r in (0.5, 0, 0.25, 0.75, 1)},
    _COLUMNS,
    groups={"digits": ()} | {f"generated {each:g}": _generated(each) for each in (0.2, 0.4, 0.6)},
    group_title="dataset",
    seeds=(3, 30),
)
