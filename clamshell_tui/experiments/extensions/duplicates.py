"""Duplicates that are worth their price (B-GATE)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import BATCH_STD, DOLLARS, DUPLICATES, SECONDS
from clamshell_tui.experiments.extensions.flow import GAIN, RANDOM
from clamshell_tui.experiments.table import PaperColumn
from clamshell_tui.experiments.verdicts import at_most, comparison, share

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
