"""The tables beyond the paper, by id."""

from collections.abc import Mapping

from clamshell_tui.experiments.beyond import (
    duplicates,
    flow,
    maintenance,
    rushes,
    selection,
    votes,
    waiting,
)
from clamshell_tui.experiments.paper.table import Table

BEYOND: Mapping[str, Table] = {
    table.id: table
    for table in (
        flow.FLOW,
        flow.BARRIER,
        duplicates.GATE,
        maintenance.EVICT,
        maintenance.SCARCE,
        maintenance.EVICT_ALONE,
        maintenance.KNOW,
        maintenance.AUTO,
        votes.VOTES,
        votes.SPAM,
        selection.ASK,
        selection.SHARE,
        waiting.NUDGE,
        waiting.POOL,
        rushes.SCALE,
    )
}
