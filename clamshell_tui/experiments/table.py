"""A table of the paper: a setting, arms that vary it, and columns with the paper's figures.

The setting is the scenario ``scenarios/paper/ID.toml``. Every arm is run in every group (mostly a
population of workers, or a data set) with the same seeds, so an arm and its baseline can be
compared run by run. Runs that share their data stand together: all groups and arms of one seed. The
results do not depend on the number of processes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from clamshell_tui.experiments.intervals import Interval, interval, paired_ratio, ratio_of_means
from clamshell_tui.report.chart import Panel

if TYPE_CHECKING:
    from clamshell_tui.simulator.run_scenario import RunResult
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.experiments.processes import in_processes, one_thread
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.simulator.run_scenario import RunResult, run_scenario
from clamshell_tui.text import show

Seen = Mapping[str, float]
"""Measures of a run by name, without those that it does not have."""


class Range(Struct, frozen=True):
    """The paper's figure: ``low`` to ``high``, and in words.

    ``fitted``: a setting of ours was chosen to give this figure, so that it has no verdict.
    ``best``: the paper says "up to", over settings; only the largest figure of ours is judged.
    """

    low: float
    high: float
    words: str
    fitted: bool = False
    best: bool = False


def about(value: float, words: str) -> Range:
    """A quarter more, or as much less, than a single figure of the paper's."""
    return Range(0.8 * value, 1.25 * value, words)


def between(low: float, high: float, unit: str = "") -> Range:
    """``2.5-5 x``."""
    return Range(low, high, f"{low:g}-{high:g}{unit and ' '}{unit}")


class PaperRow(Struct, frozen=True):
    """A line of the table: an arm, compared with ``baseline`` in columns that are ratios.

    ``at`` picks one of a series of values: the one that the run keeps as ``KEY @AT``. A row that
    is not ``shown`` is in the files and figures only.
    """

    name: str
    arm: str
    baseline: str = ""
    at: str = ""
    shown: bool = True


class PaperColumn(Struct, frozen=True):
    """A measure, by its ``key`` in what is seen of a run, and what the paper says of it.

    A ratio is the baseline's value over the arm's: so many times less. ``inverse`` turns it round:
    so many times as much. Ratios are of the runs of one seed, and their mean is geometric; a
    ``pooled`` one is of the means over all seeds, for counts that may be 0. ``paper`` is by the
    name of the row, "" for every row without one.

    ``of_five``: the largest, or smallest, ratio among each five seeds in turn, and the mean of
    these: for what the paper says of the best, or the worst, of its few experiments.
    """

    name: str
    key: str
    unit: str = ""
    ratio: bool = False
    inverse: bool = False
    pooled: bool = False
    of_five: Literal["best", "worst"] | None = None
    paper: Mapping[str, Range] = {}

    def claim(self, row: PaperRow) -> Range | None:
        """The paper's figure for this row, if any."""
        return self.paper.get(row.name, self.paper.get(""))

    @property
    def heading(self) -> str:
        """Name and unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


class PaperTable(Struct, frozen=True):
    """One experiment. ``groups`` and ``arms`` hold settings by name; those of an arm win.

    ``observe`` keeps what matters of a run, in the process that made it. ``panels`` says what the
    figure shows. ``seeds`` are how many there are quickly and in full. Groups ``beside`` are shown
    beside the others; the paper's claims are not about them.
    """

    id: str
    title: str
    where: str  # section and figures of the paper
    groups: Mapping[str, tuple[str, ...]]
    arms: Mapping[str, tuple[str, ...]]
    rows: tuple[PaperRow, ...]
    row_title: str
    columns: tuple[PaperColumn, ...]
    observe: Callable[["RunResult"], Seen]
    panels: Callable[["PaperTable", "Runs"], Sequence[Panel]]
    seeds: tuple[int, int]
    group_title: str = "population"
    beside: tuple[str, ...] = ()
    sketched: int = 1  # panels that are drawn in a terminal
    pictures: bool = False  # has groups of MNIST and CIFAR-10 too, when a folder of them is given
    source: str = "paper"  # whose figures ours are held against, or "goal"


def value(runs: "Runs", group: str, row: PaperRow, column: PaperColumn) -> Interval | None:
    """Mean and 95 % interval of a cell; None unless most of the runs have it."""
    key = f"{column.key} @{row.at}" if row.at else column.key
    arm = runs.values(group, row.arm, key)
    if not column.ratio:
        values = [each for each in arm if each is not None]
        return interval(values) if 2 * len(values) > len(arm) else None
    base = runs.values(group, row.baseline, key)
    top, below = (arm, base) if column.inverse else (base, arm)
    known = [(a, b) for a, b in zip(top, below, strict=True) if a is not None and b is not None]
    if not column.pooled:
        known = [(a, b) for a, b in known if a > 0 and b > 0]
    if 2 * len(known) <= len(arm):
        return None
    if column.of_five:
        return _of_five([a / b for a, b in known], max if column.of_five == "best" else min)
    ratio_of = ratio_of_means if column.pooled else paired_ratio
    return ratio_of([a for a, _ in known], [b for _, b in known])


def _of_five(
    ratios: Sequence[float], chosen: Callable[[Sequence[float]], float]
) -> Interval | None:
    """Groups of five; a smaller rest is not used."""
    fives = [ratios[start : start + 5] for start in range(0, len(ratios) - 4, 5)]
    return interval([chosen(each) for each in fives]) if fives else None


class Cell(NamedTuple):
    """One run to make, complete: it travels to other processes."""

    table: str
    observe: Callable[[RunResult], Seen]
    path: Path
    settings: tuple[str, ...]
    seed: int


class Runs(Struct, frozen=True):
    """Measures of a table's runs, by group and arm, in the order of the seeds."""

    seen: Mapping[tuple[str, str], Sequence[Seen]]
    seeds: int
    first_seed: int = 0

    def values(self, group: str, arm: str, key: str) -> list[float | None]:
        """One value for each seed; None where the run does not have it."""
        return [each.get(key) for each in self.seen[group, arm]]


def cells(
    table: PaperTable, path: Path, seeds: Sequence[int], settings: Sequence[str] = ()
) -> list[Cell]:
    """Every run of the table; ``settings`` change its scenario before groups and arms do.

    Raises ScenarioError for a group or arm that is no scenario.
    """
    varied = [(*settings, *table.groups[group], *table.arms[arm]) for group, arm in _places(table)]
    for each in varied:
        _scenario(path, each)
    return [Cell(table.id, table.observe, path, each, seed) for seed in seeds for each in varied]


def made(work: Sequence[Cell], jobs: int) -> Iterator[Seen]:
    """Measures of each run, in order."""
    if jobs == 1 or len(work) <= 1:
        return map(run, work)
    return in_processes(run, work, min(jobs, len(work)), ordered=True)


def gathered(table: PaperTable, seen: Sequence[Seen], first_seed: int = 0) -> Runs:
    """Measures of all cells of the table, in order."""
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


def _places(table: PaperTable) -> list[tuple[str, str]]:
    return [(group, arm) for group in table.groups for arm in table.arms]


@lru_cache(maxsize=256)
def _scenario(path: Path, settings: tuple[str, ...]) -> Scenario:
    return load_scenario(path, settings, check_changes=False)


_CROWDS: Mapping[str, tuple[str, ...]] = {
    "mturk": (),
    "live": (),
    "live-light": (),
    "live-heavy": (),
    # A task may take hours here.
    "medical": ("tasks.lease=200000",),
    "medical-normal": ("tasks.lease=200000",),
}


def crowds(*names: str) -> dict[str, tuple[str, ...]]:
    """Groups of a table."""
    return {name: (f"crowd.population={name}", *_CROWDS[name]) for name in names}


MITIGATED = "straggler_mitigation.enabled=true"
ALONE = "straggler_mitigation.enabled=false"


def maintained(threshold: float | str) -> str:
    """Pool maintenance at this threshold; "inf" is none."""
    return f"maintenance.threshold={threshold}"


Settings = tuple[str, ...]


class Known(Struct, frozen=True):
    """``target`` is an accuracy that all ways of learning reach, most of them late enough."""

    target: float
    classes: int


KNOWN: Mapping[str, Known] = {
    "easy": Known(0.95, 2),
    "harder": Known(0.85, 2),
    "hard": Known(0.7, 2),
    "digits": Known(0.85, 10),
    "MNIST": Known(0.7, 10),  # the paper's
    "CIFAR-10": Known(0.65, 2),  # the paper's, 0.85, is out of reach: see scenarios/paper/t-hl.toml
}


def generated(name: str, features: int, difficulty: float) -> Settings:
    """Two classes; close ones and uninformative features make it harder."""
    table = f'kind="generated",records=2000,features={features},difficulty={difficulty}'
    return _group(name, table)


def digits() -> Settings:
    """The built-in ones."""
    return _group("digits", 'kind="digits"')


def mnist(folder: Path) -> Settings:
    """3,000 handwritten digits as raw pixels, as the paper has them."""
    return _group("MNIST", f'kind="mnist",path={_quoted(folder)},records=3000,features="pixels"')


def cifar_10(folder: Path) -> Settings:
    """Birds and airplanes as raw pixels, as the paper has them."""
    table = f'kind="cifar-10",path={_quoted(folder)},records=4000,features="pixels"'
    return _group("CIFAR-10", f'{table},classes=["airplane","bird"]')


PICTURES: Mapping[str, tuple[str, Callable[[Path], Settings]]] = {
    "MNIST": ("mnist", mnist),
    "CIFAR-10": ("cifar-10", cifar_10),
}
"""By the name of the group: the folder, within the one that is given, and the settings."""


def with_pictures(tables: Sequence[PaperTable], folder: Path) -> list[PaperTable]:
    """The tables, those of learning with the groups whose pictures are in ``folder``.

    InputError if it has none.
    """
    there = {
        name: settings((folder / within).resolve())
        for name, (within, settings) in PICTURES.items()
        if (folder / within).is_dir()
    }
    if not there:
        wanted = " nor ".join(within for within, _ in PICTURES.values())
        raise InputError(
            f"{show(str(folder))} has neither {wanted} (--data). "
            "Name the folder that holds these folders, with the files as they are published"
        )
    return [
        replace(table, groups={**table.groups, **there}) if table.pictures else table
        for table in tables
    ]


def _group(name: str, dataset: str) -> Settings:
    return (f'name="{name}"', f"dataset={{{dataset}}}")


def _quoted(path: Path) -> str:
    """As a TOML string, which JSON's are."""
    return json.dumps(str(path))
