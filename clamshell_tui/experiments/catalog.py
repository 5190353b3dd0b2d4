"""Tables by id: those of the paper, in its order, and those beyond it."""

from collections.abc import Mapping, Sequence

from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.experiments.extensions import (
    flow,
    machines,
    maintenance,
    rushes,
    selection,
    votes,
)
from clamshell_tui.experiments.table import PaperTable
from clamshell_tui.experiments.tables import (
    t_age,
    t_comb,
    t_e2e,
    t_hl,
    t_mpl,
    t_pm,
    t_qc,
    t_route,
    t_sm,
    t_term,
    t_thr,
)
from clamshell_tui.text import show

BEYOND: Mapping[str, PaperTable] = {
    table.id: table
    for table in (
        flow.FLOW,
        flow.BARRIER,
        flow.GATE,
        maintenance.EVICT,
        maintenance.SCARCE,
        maintenance.EVICT_ALONE,
        maintenance.KNOW,
        maintenance.AUTO,
        votes.VOTES,
        votes.SPAM,
        votes.MODEL,
        machines.MACHINE,
        selection.ASK,
        selection.SHARE,
        flow.NUDGE,
        flow.POOL,
        rushes.SCALE,
    )
}


_IN_ORDER = (
    t_sm,
    t_route,
    t_pm,
    t_age,
    t_mpl,
    t_thr,
    t_comb,
    t_term,
    t_qc,
    t_hl,
    t_e2e,
)

TABLES: Mapping[str, PaperTable] = {each.TABLE.id: each.TABLE for each in _IN_ORDER}


def chosen(names: Sequence[str], *, beyond: bool = False) -> list[PaperTable]:
    """The tables named, in any case, each once; without names, all of the paper or beyond it."""
    known = {**TABLES, **BEYOND}
    ids = [name.upper() for name in names] or list(BEYOND if beyond else TABLES)
    for name in ids:
        if name not in known:
            raise InputError(
                f'no table "{show(name)}"{did_you_mean(name, known)}. '
                f"There are {', '.join(known)}; clamshell paper --list says what they are"
            )
    return [known[name] for name in dict.fromkeys(ids)]
