"""The tables of the paper, by id, in the order of the paper."""

from collections.abc import Mapping, Sequence

from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.experiments.beyond.tables import BEYOND
from clamshell_tui.experiments.paper import (
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
from clamshell_tui.experiments.paper.table import Table
from clamshell_tui.text import show

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

TABLES: Mapping[str, Table] = {each.TABLE.id: each.TABLE for each in _IN_ORDER}


def chosen(names: Sequence[str], *, beyond: bool = False) -> list[Table]:
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
