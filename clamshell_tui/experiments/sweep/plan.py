"""The cells of a sweep: every combination of the values, each a scenario of its own."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.sweep.axes import Axis
from clamshell_tui.experiments.sweep.identity import Identity, identify
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario

MOST_CELLS = 10_000  # each is checked before the first run: 2 ms


class Cell(Struct, frozen=True):
    """One combination: the value on each axis, in the order of the axes, and what it makes."""

    choice: tuple[tuple[str, str], ...]
    scenario: Scenario

    @property
    def name(self) -> str:
        """``pool.size=5 maintenance.threshold=inf``; empty when nothing is varied."""
        return " ".join(f"{key}={value}" for key, value in self.choice)


class Work(Struct, frozen=True):
    """One run to make, complete: it travels to other processes and machines."""

    cell: int
    seed: int
    name: str
    scenario: Scenario
    base: Path
    identity: Identity


class Plan(Struct, frozen=True):
    """All cells, the last axis varying fastest, and how many seeds: 0 to ``seeds`` - 1."""

    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    seeds: int
    base: Path
    identity: Identity

    @property
    def runs(self) -> int:
        """How many there are in all."""
        return len(self.cells) * self.seeds

    def work(self, finished: set[tuple[str, int]]) -> list[Work]:
        """What is left when ``finished`` runs (cell's name, seed) are there.

        Runs that share their data stand together, so that a process loads them once: a file by
        itself, and what is generated with the same seed.
        """
        group = _groups(self.cells)
        left = [
            (group[number], seed, number)
            for number, cell in enumerate(self.cells)
            for seed in range(self.seeds)
            if (cell.name, seed) not in finished
        ]
        return [self._work(number, seed) for _, seed, number in sorted(left)]

    def _work(self, number: int, seed: int) -> Work:
        cell = self.cells[number]
        return Work(number, seed, cell.name, cell.scenario, self.base, self.identity)


def plan(path: Path, settings: Sequence[str], axes: Sequence[Axis], seeds: int) -> Plan:
    """Check every cell before anything is run; ScenarioError for the first that is no scenario."""
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_CELLS:
        raise InputError(f"--vary makes {count:,} cells, at most {MOST_CELLS:,}. Vary fewer values")
    common = _plain(load_scenario(path, settings))
    cells = tuple(_cells(path, settings, axes))
    base = path.parent.resolve()  # a worker of a cluster stands in another directory
    identity = identify(common, [cell.scenario for cell in cells], base)
    return Plan(tuple(axes), cells, seeds, base, identity)


def _cells(path: Path, settings: Sequence[str], axes: Sequence[Axis]) -> Iterator[Cell]:
    keys = [axis.key for axis in axes]
    for values in product(*(axis.values for axis in axes)):
        choice = tuple(zip(keys, values, strict=True))
        changes = [f"{key}={value}" for key, value in choice]
        scenario = load_scenario(path, [*settings, *changes], check_changes=False)
        yield Cell(choice, _plain(scenario))


def _plain(scenario: Scenario) -> Scenario:
    """Without what no result depends on."""
    return replace(scenario, name="", description="", instructions="", expect=(), seed=0)


def _groups(cells: Sequence[Cell]) -> list[int]:
    """For each cell the first one that has the same data."""
    datasets = [cell.scenario.dataset for cell in cells]
    return [datasets.index(dataset) for dataset in datasets]
