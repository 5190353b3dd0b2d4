"""One cell of a sweep at one seed: a run in virtual time, and its measures."""

from typing import NamedTuple

from msgspec.structs import replace

from clamshell_tui.errors import ClamshellError
from clamshell_tui.experiments.processes import one_thread
from clamshell_tui.experiments.sweep.identity import check_here
from clamshell_tui.experiments.sweep.plan import SweepWork

Value = float | int | str | None


class TrialDone(NamedTuple):
    """A finished run: its cell, its seed, and the values of all measures in their order."""

    cell: int
    seed: int
    values: tuple[Value, ...]


def measures() -> tuple[str, ...]:
    """Measures of a run, by the names that ``clamshell test --metrics`` explains."""
    from clamshell_tui.run.metrics import SUMMARY_WORDS

    return SUMMARY_WORDS


def tried(work: SweepWork) -> TrialDone:
    """Make the run; the same work gives the same values in any process.

    Raises EnvironmentFaultError in a process that cannot promise that, and ClamshellError for what
    the data of the cell show to be wrong.
    """
    check_here(work.identity, work.base)
    where = f"{work.name} seed {work.seed}".strip()
    one_thread()
    try:
        values = _measured(work)
    except ClamshellError as error:
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:
        error.add_note(f"in the sweep's cell {where}")
        raise
    return TrialDone(work.cell, work.seed, values)


def _measured(work: SweepWork) -> tuple[Value, ...]:
    from clamshell_tui.run.finished_run import FinishedRun
    from clamshell_tui.run.metrics import resolve
    from clamshell_tui.simulator.run_scenario import run_scenario

    result = run_scenario(replace(work.scenario, seed=work.seed), work.base)
    run = FinishedRun(result.tables, result.engine, (), result.names)
    return tuple([_plain(resolve(name, ()).of(run)) for name in measures()])


def _plain(value: Value) -> Value:
    """Without numpy's types, which write themselves otherwise."""
    return float(value) if isinstance(value, float) else value
