"""Choice of the evicted worker, and of the threshold (B-EVICT, B-SCARCE, B-ALONE,
B-KNOW, B-AUTO)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, EVICTIONS, SECONDS
from clamshell_tui.experiments.extensions import estimates
from clamshell_tui.experiments.extensions.flow import RANDOM
from clamshell_tui.experiments.table import ALONE, PaperColumn, PaperRow, PaperTable
from clamshell_tui.experiments.verdicts import (
    FIVE,
    at_most,
    comparison,
    populations,
    share,
)

_OFF = "maintenance.threshold=inf"
_CENSORED = "maintenance.latency_estimator=censored"
_TERMEST = "maintenance.latency_estimator=termest"
_PLAIN = "maintenance.latency_estimator=empirical"

_ESTIMATORS = {
    "oracle": ("maintenance.latency_estimator=oracle",),
    "TermEst": (_TERMEST,),
    "mean": (_PLAIN,),
    "censored, 0.7": (_CENSORED, "maintenance.evict_probability=0.7"),
    "censored, 0.75": (_CENSORED,),
    "censored, 0.9": (_CENSORED, "maintenance.evict_probability=0.9"),
    "nobody": (_OFF,),
}
_LEVELS = tuple(name for name in _ESTIMATORS if name.startswith("censored"))
_AGAIN = tuple(PaperRow(f"{name} : TermEst", name, "TermEst") for name in _LEVELS)
_COLUMNS = (
    share("time", SECONDS, {name: at_most(1.1) for name in _LEVELS}),
    share("cost", DOLLARS),
    PaperColumn("evictions", EVICTIONS),
    PaperColumn("of them fast", seen.WRONGLY),
    share("share of evictions", EVICTIONS, {row.name: at_most(0.5) for row in _AGAIN}),
)
_GOAL = "the oracle's latency within 10 %, with at most half of TermEst's evictions"


def _evicting(name: str, title: str, *settings: str) -> PaperTable:
    arms = {arm: (*settings, *each) for arm, each in _ESTIMATORS.items()}
    return comparison(name, title, _GOAL, arms, _COLUMNS, groups=populations(*FIVE), again=_AGAIN)


EVICT = _evicting(
    "B-EVICT",
    "Whom to evict under the paper's mitigation, replacements in plenty, against an oracle",
    *RANDOM,
)
SCARCE = _evicting(
    "B-SCARCE",
    "Whom to evict under the paper's mitigation, as recruiting goes, against an oracle",
    *RANDOM,
)
EVICT_ALONE = _evicting(
    "B-ALONE", "Whom to evict without mitigation, as recruiting goes, against an oracle", ALONE
)

KNOW = comparison(
    "B-KNOW",
    "What an estimator knows after 500 tasks in which nobody is replaced",
    "as right about slow workers as can be, with mitigation hiding their slow tasks",
    {
        f"{name}, R {ratio:g}": (*RANDOM, setting, f"tasks.pool_batch_ratio={ratio}")
        for ratio in (0.75, 1.0, 3.0)
        for name, setting in (("TermEst", _TERMEST), ("mean", _PLAIN), ("censored", _CENSORED))
    },
    (
        PaperColumn("off by a factor of", estimates.ERROR),
        PaperColumn("biased by", estimates.BIAS),
        PaperColumn("AUC", estimates.AUC),
        PaperColumn("slow flagged", estimates.CAUGHT, "%"),
        PaperColumn("fast flagged", estimates.BLAMED, "%"),
    ),
    groups=populations(*FIVE),
    observe=estimates.observe,
)

_AUTO = "maintenance.threshold=auto"

AUTO = comparison(
    "B-AUTO",
    "Thresholds: 500 tasks of 5 records without mitigation, against the population's usual one",
    "within 7 % of the best fixed threshold",
    {
        "usual (8 s; medical 60 s)": (),
        "4 s": ("maintenance.threshold=4",),
        "16 s": ("maintenance.threshold=16",),
        "32 s": ("maintenance.threshold=32",),
        "120 s": ("maintenance.threshold=120",),
        "none": (_OFF,),
        "auto, deviations": (_AUTO,),
        "auto, replacement gain": (_AUTO, "maintenance.auto_rule=replacement-gain"),
    },
    (share("time", SECONDS), share("cost", DOLLARS), PaperColumn("evictions", EVICTIONS)),
    groups=populations(*FIVE),
)
