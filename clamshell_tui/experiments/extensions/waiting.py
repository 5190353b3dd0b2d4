"""Cost of waiting, and the most that could be saved (B-NUDGE, B-POOL)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, SECONDS
from clamshell_tui.experiments.extensions.flow import CONTINUOUS, GAIN
from clamshell_tui.experiments.table import PaperColumn
from clamshell_tui.experiments.verdicts import comparison, share

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
