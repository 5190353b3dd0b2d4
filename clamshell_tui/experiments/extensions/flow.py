"""No batch barrier: against the paper's full design, and taken apart (B-FLOW, B-BARRIER)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, DUPLICATES, EVICTIONS, SECONDS
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
