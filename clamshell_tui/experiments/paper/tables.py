"""The tables of the paper, by id, in the order of the paper."""

from collections.abc import Mapping, Sequence

from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.experiments.paper import t_sm
from clamshell_tui.experiments.paper.table import Table
from clamshell_tui.text import show

TABLES: Mapping[str, Table] = {table.id: table for table in (t_sm.TABLE,)}


def chosen(names: Sequence[str]) -> list[Table]:
    """The tables named, in any case, each once; all of them without names."""
    ids = [name.upper() for name in names] or list(TABLES)
    for name in ids:
        if name not in TABLES:
            raise InputError(
                f'no table "{show(name)}"{did_you_mean(name, TABLES)}. '
                f"There are {', '.join(TABLES)}; clamshell paper --list says what they are"
            )
    return [TABLES[name] for name in dict.fromkeys(ids)]
