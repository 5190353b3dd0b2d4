"""Plan of a sweep: the axes as written, and a cell for every combination of their values.

An axis is ``pool.size=5..40:5`` or ``maintenance.threshold=4,8,inf``; a cell is a scenario.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from math import prod
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.sweep.identity import Identity, identify
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.text import show

MOST = 1000  # values of one axis: a typing error easily asks for more

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::({_NUMBER}))?")
_ITEM = re.compile(r"""(?:"[^"]*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|[^,])+""")  # commas in TOML values


class SweepAxis(NamedTuple):
    """A key of the scenario with the values it takes, as ``--set`` would take them."""

    key: str
    values: tuple[str, ...]


def axes(texts: Sequence[str]) -> tuple[SweepAxis, ...]:
    """The axes in the order given; InputError for what varies nothing, or twice the same."""
    found = tuple([_axis(text) for text in texts])
    keys = [axis.key for axis in found]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(f"--vary {show(key)} stands there twice. Put all its values into one")
    return found


def _axis(text: str) -> SweepAxis:
    key, equals, listed = text.partition("=")
    key = key.strip()
    items = [item.strip() for item in _ITEM.findall(listed) if item.strip()]
    if not equals or not key or not items:
        raise InputError(
            f'--vary "{show(text)}" varies nothing. Write KEY=VALUES, such as pool.size=5..40:5 '
            "or maintenance.threshold=4,8,inf"
        )
    if key == "seed":
        raise InputError("--vary seed: every cell is run with every seed anyway. Write --seeds N")
    values = [value for item in items for value in _values(item)]
    for value in values:
        if values.count(value) > 1:
            raise InputError(f"--vary {show(key)}: {show(value)} stands there twice. Leave one out")
    return SweepAxis(key, tuple(values))


def _values(item: str) -> Iterator[str]:
    found = _RANGE.fullmatch(item)
    if found is None:
        if ".." in item and item[0] not in "\"'{[":
            raise InputError(f'--vary: "{show(item)}" is no range. Write FIRST..LAST:STEP: 5..40:5')
        yield item
        return
    first, last, step = (Decimal(each or "1") for each in found.groups())
    if step <= 0 or last < first:
        raise InputError(f"--vary: {item} never gets there. Write the smaller number first, STEP>0")
    count = int((last - first) / step) + 1
    if count > MOST:
        raise InputError(f"--vary: {item} has {count:,} values, at most {MOST:,}. Widen the step")
    for number in range(count):
        yield format(first + number * step, "f")


MOST_CELLS = 10_000  # each is checked before the first run: 2 ms


class SweepCell(Struct, frozen=True):
    """One combination: the value on each axis, in the order of the axes, and what it makes."""

    choice: tuple[tuple[str, str], ...]
    scenario: Scenario

    @property
    def name(self) -> str:
        """``pool.size=5 maintenance.threshold=inf``; empty when nothing is varied."""
        return " ".join(f"{key}={value}" for key, value in self.choice)


class SweepWork(Struct, frozen=True):
    """One run to make, complete: it travels to other processes and machines."""

    cell: int
    seed: int
    name: str
    scenario: Scenario
    base: Path
    identity: Identity


class SweepPlan(Struct, frozen=True):
    """All cells, the last axis varying fastest, and how many seeds: 0 to ``seeds`` - 1."""

    axes: tuple[SweepAxis, ...]
    cells: tuple[SweepCell, ...]
    seeds: int
    base: Path
    identity: Identity

    @property
    def runs(self) -> int:
        """How many there are in all."""
        return len(self.cells) * self.seeds

    def work(self, finished: set[tuple[str, int]]) -> list[SweepWork]:
        """Remaining work when ``finished`` runs (cell's name, seed) are there.

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

    def _work(self, number: int, seed: int) -> SweepWork:
        cell = self.cells[number]
        return SweepWork(number, seed, cell.name, cell.scenario, self.base, self.identity)


def plan(path: Path, settings: Sequence[str], axes: Sequence[SweepAxis], seeds: int) -> SweepPlan:
    """Check every cell before anything is run; ScenarioError for the first that is no scenario."""
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_CELLS:
        raise InputError(f"--vary makes {count:,} cells, at most {MOST_CELLS:,}. Vary fewer values")
    common = _plain(load_scenario(path, settings))
    cells = tuple(_cells(path, settings, axes))
    base = path.parent.resolve()  # a worker of a cluster stands in another directory
    identity = identify(common, [cell.scenario for cell in cells], base)
    return SweepPlan(tuple(axes), cells, seeds, base, identity)


def _cells(path: Path, settings: Sequence[str], axes: Sequence[SweepAxis]) -> Iterator[SweepCell]:
    keys = [axis.key for axis in axes]
    for values in product(*(axis.values for axis in axes)):
        choice = tuple(zip(keys, values, strict=True))
        changes = [f"{key}={value}" for key, value in choice]
        scenario = load_scenario(path, [*settings, *changes], check_changes=False)
        yield SweepCell(choice, _plain(scenario))


def _plain(scenario: Scenario) -> Scenario:
    """Without what no result depends on."""
    return replace(
        scenario, name="", description="", instructions="", texts="", expect=(), track=(), seed=0
    )


def _groups(cells: Sequence[SweepCell]) -> list[int]:
    """For each cell the first one that has the same data."""
    datasets = [cell.scenario.dataset for cell in cells]
    return [datasets.index(dataset) for dataset in datasets]
