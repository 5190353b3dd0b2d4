"""No batch barrier (B-FLOW, B-BARRIER), gated duplicates (B-GATE), waiting (B-NUDGE, B-POOL)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import BATCH_STD, DOLLARS, DUPLICATES, EVICTIONS, SECONDS
from clamshell_tui.experiments.table import ALONE, PaperColumn, between
from clamshell_tui.experiments.verdicts import (
    FIVE,
    at_most,
    comparison,
    populations,
    share,
)

CONTINUOUS = "tasks.batching=continuous"
RANDOM = ("straggler_mitigation.routing=random", "straggler_mitigation.max_duplicates=unlimited")
GAIN = (
    "straggler_mitigation.routing=expected-gain",
    "straggler_mitigation.max_duplicates=unlimited",
    "straggler_mitigation.gate=0.1",
)
OURS = (
    CONTINUOUS,
    *GAIN,
    "maintenance.latency_estimator=censored",
    "learning.uncertainty=margin",
)
"""Every policy of ours that stands against one of the paper's."""

FLOW = comparison(
    "B-FLOW",
    "No batch barrier: 500 digits, learning, against the paper's full design",
    "throughput 1.2-1.6 x, 90 % accuracy 1.4-2 x sooner, cost 0.4-0.5 x",
    {"the paper": (), "no barrier": (CONTINUOUS,), "all of ours": OURS},
    (
        share("throughput", seen.THROUGHPUT, {"no barrier": between(1.2, 1.6, "x")}),
        share("time to 90 %", seen.TO_90, {"no barrier": between(0.5, 0.71, "x")}),
        share("cost", DOLLARS, {"no barrier": at_most(0.5)}),
        share("labels by 15 PM_l", seen.LABELS_SOON),
        PaperColumn("model then", seen.MODEL_SOON),
        PaperColumn("at 300 labels", seen.AT_300),
        PaperColumn("at the end", seen.MODEL),
        PaperColumn("duplicates", DUPLICATES),
        PaperColumn("evictions", EVICTIONS),
    ),
    groups=populations(*FIVE),
    seeds=(3, 40),
)

BARRIER = comparison(
    "B-BARRIER",
    "The baseline that the paper leaves out: the same workers, no barrier, no mitigation",
    "what of the gain is the barrier's, and what the stragglers'",
    {
        "barrier": (ALONE,),
        "barrier, random": RANDOM,
        "barrier, gain": GAIN,
        "no barrier": (CONTINUOUS, ALONE),
        "no barrier, random": (CONTINUOUS, *RANDOM),
        "no barrier, gain": (CONTINUOUS, *GAIN),
    },
    (share("time", SECONDS), share("cost", DOLLARS), PaperColumn("duplicates", DUPLICATES)),
)

_GATES = (0, 0.03, 0.1, 0.2)
_ALL = "straggler_mitigation.max_duplicates=unlimited"
_FEWEST = "straggler_mitigation.routing=fewest-active"

_GATED = {f"gain > {gate:g}": (*GAIN, f"straggler_mitigation.gate={gate}") for gate in _GATES}
_QUICK = {name: at_most(1.0) for name in _GATED}
_CHEAP = {name: at_most(0.7) for name in _GATED if name != "gain > 0"}

GATE = comparison(
    "B-GATE",
    "Which duplicates: 500 tasks of 5 records, no maintenance, against unlimited random ones",
    "the latency of unlimited random duplication at 0.7 of its cost",
    {
        "random": RANDOM,
        "fewest-active": (_FEWEST, _ALL),
        "fewest-active, 2": (_FEWEST, "straggler_mitigation.max_duplicates=2"),
        **_GATED,
        "gain > 0.03, 2": (*_GATED["gain > 0.03"], "straggler_mitigation.max_duplicates=2"),
    },
    (
        share("time", SECONDS, _QUICK),
        share("batch std", BATCH_STD),
        share("cost", DOLLARS, _CHEAP),
        share("cost at work", seen.WORK_DOLLARS, _CHEAP),
        PaperColumn("duplicates", DUPLICATES),
    ),
)

_ATTENTIVE = "crowd.reaction=false"

NUDGE = comparison(
    "B-NUDGE",
    "A nudge shortly before work arrives, at R = 3: what it could save at most",
    "what nobody's reaction time saves, and what no barrier does",
    {
        "barrier": GAIN,
        "barrier, always attentive": (*GAIN, _ATTENTIVE),
        "no barrier": (CONTINUOUS, *GAIN),
        "no barrier, always attentive": (CONTINUOUS, *GAIN, _ATTENTIVE),
    },
    (share("time", SECONDS), share("cost", DOLLARS)),
)

_SIZES = (15, 5, 10, 20, 30, 40)

POOL = comparison(
    "B-POOL",
    "Pool sizes: 500 tasks of 5 records without a barrier; what changing the size could save",
    "at most the pay for waiting, once there is work",
    {f"{size} slots": (f"pool.size={size}",) for size in _SIZES},
    (
        share("time", SECONDS),
        share("cost", DOLLARS),
        share("cost at work", seen.WORK_DOLLARS),
        PaperColumn("waiting at work", seen.WAITED, "% of pay"),
    ),
)
