"""Makes the runs of a table, in this process or several; what they come to does not depend on it.

Runs that share their data stand together: all groups and arms of one seed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.errors import ClamshellError
from clamshell_tui.experiments.paper.table import Seen, Table
from clamshell_tui.experiments.processes import in_processes, one_thread
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.runner import RunResult, run_scenario


class Cell(NamedTuple):
    """One run to make, complete: it travels to other processes."""

    table: str
    observe: Callable[[RunResult], Seen]
    path: Path
    settings: tuple[str, ...]
    seed: int


class Runs(Struct, frozen=True):
    """What was seen of a table's runs, by group and arm, in the order of the seeds."""

    seen: Mapping[tuple[str, str], Sequence[Seen]]
    seeds: int
    first_seed: int = 0

    def values(self, group: str, arm: str, key: str) -> list[float | None]:
        """One value for each seed; None where the run cannot tell."""
        return [each.get(key) for each in self.seen[group, arm]]


def cells(
    table: Table, path: Path, seeds: Sequence[int], settings: Sequence[str] = ()
) -> list[Cell]:
    """Every run of the table; ``settings`` change its scenario before groups and arms do.

    Raises ScenarioError for a group or arm that is no scenario.
    """
    varied = [(*settings, *table.groups[group], *table.arms[arm]) for group, arm in _places(table)]
    for each in varied:
        _scenario(path, each)
    return [Cell(table.id, table.observe, path, each, seed) for seed in seeds for each in varied]


def made(work: Sequence[Cell], jobs: int) -> Iterator[Seen]:
    """What is seen of each run, in their order."""
    if jobs == 1 or len(work) <= 1:
        return map(run, work)
    return in_processes(run, work, min(jobs, len(work)), ordered=True)


def gathered(table: Table, seen: Sequence[Seen], first_seed: int = 0) -> Runs:
    """What was seen of all cells of the table, in their order."""
    places = _places(table)
    by_place = {place: seen[number :: len(places)] for number, place in enumerate(places)}
    return Runs(by_place, len(seen) // len(places), first_seed)


def run(cell: Cell) -> Seen:
    """Make one run, and keep what matters of it."""
    one_thread()
    scenario = replace(_scenario(cell.path, cell.settings), seed=cell.seed)
    try:
        return cell.observe(run_scenario(scenario, cell.path.parent))
    except ClamshellError as error:
        raise type(error)(f"{cell.table} seed {cell.seed}: {error}") from error


def _places(table: Table) -> list[tuple[str, str]]:
    return [(group, arm) for group in table.groups for arm in table.arms]


@lru_cache(maxsize=256)
def _scenario(path: Path, settings: tuple[str, ...]) -> Scenario:
    return load_scenario(path, settings, check_changes=False)
