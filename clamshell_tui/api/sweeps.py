"""Sweeps: every combination of some settings, with many seeds, as one table."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from clamshell_tui.api.scenarios import ScenarioLike, loaded
from clamshell_tui.api.table import Table
from clamshell_tui.errors import InputError
from clamshell_tui.experiments.sweep import backends
from clamshell_tui.experiments.sweep.identity import identify
from clamshell_tui.experiments.sweep.plan import SweepWork
from clamshell_tui.experiments.sweep.trial import measures


def sweep(
    scenario: ScenarioLike,
    vary: Mapping[str, Sequence[object]],
    *,
    seeds: Iterable[int] = range(20),
    jobs: int = 1,
) -> Table:
    """Run a scenario with each combination of the values of ``vary``, and with each seed.

    The table has a row per run: a column per key of ``vary``, ``seed``, and the measures that
    ``clamshell test --metrics`` explains; the last key varies fastest. A seed gives every
    combination the same workers. With ``jobs``, in so many processes; the table is the same.
    """
    if jobs < 1:
        raise InputError(f"jobs: {jobs} processes run nothing. Write 1 or more")
    choices = [dict(zip(vary, values, strict=True)) for values in product(*vary.values())]
    cells = [loaded(scenario, choice) for choice in choices]
    chosen = list(seeds)
    if not cells or not chosen:
        raise InputError("nothing to run: give each key of vary a value, and at least one seed")
    base = cells[0].base.resolve()
    identity = identify(cells[0].scenario, [cell.scenario for cell in cells], base)
    names = [" ".join(f"{key}={value}" for key, value in choice.items()) for choice in choices]
    work = [
        SweepWork(place, seed, names[place], cell.scenario, base, identity)
        for place, cell in enumerate(cells)
        for seed in chosen
    ]
    done = backends.here(work) if jobs == 1 else backends.in_processes(work, jobs)
    results = {(each.cell, each.seed): each.values for each in done}
    rows = [
        (*choices[each.cell].values(), each.seed, *results[each.cell, each.seed]) for each in work
    ]
    columns = [*vary, "seed", *measures()]
    return Table(dict(zip(columns, zip(*rows, strict=True), strict=True)))
