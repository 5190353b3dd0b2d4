"""What a table of the paper is: a setting, arms that vary it, and columns held against the paper.

The setting is the scenario ``scenarios/paper/ID.toml``. Every arm is run in every group (mostly a
population of workers) with the same seeds, so an arm and its baseline can be compared run by run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from clamshell_tui.experiments.intervals import Interval, interval, paired_ratio, ratio_of_means
from clamshell_tui.experiments.paper.panel import Panel

if TYPE_CHECKING:
    from clamshell_tui.experiments.paper.runs import Runs
    from clamshell_tui.scenario.runner import RunResult

Seen = Mapping[str, float]
"""What is kept of a run, by name; what the run cannot tell is left out."""


class Range(Struct, frozen=True):
    """What the paper says of a figure: ``low`` to ``high``, and in words.

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


class Row(Struct, frozen=True):
    """A line of the table: an arm, compared with ``baseline`` in columns that are ratios.

    ``at`` picks one of a series of values: the one that the run keeps as ``KEY @AT``. A row that
    is not ``shown`` is in the files and figures only.
    """

    name: str
    arm: str
    baseline: str = ""
    at: str = ""
    shown: bool = True


class Column(Struct, frozen=True):
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

    def claim(self, row: Row) -> Range | None:
        """What the paper says of this row; None: nothing."""
        return self.paper.get(row.name, self.paper.get(""))

    @property
    def heading(self) -> str:
        """Name and unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


class Table(Struct, frozen=True):
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
    rows: tuple[Row, ...]
    row_title: str
    columns: tuple[Column, ...]
    observe: Callable[["RunResult"], Seen]
    panels: Callable[["Table", "Runs"], Sequence[Panel]]
    seeds: tuple[int, int]
    group_title: str = "population"
    beside: tuple[str, ...] = ()
    sketched: int = 1  # panels that are drawn in a terminal
    pictures: bool = False  # has groups of MNIST and CIFAR-10 too, when a folder of them is given
    source: str = "paper"  # whose figures ours are held against, or "goal"


def value(runs: "Runs", group: str, row: Row, column: Column) -> Interval | None:
    """Mean and 95 % interval of a cell; None unless most of the runs can tell it."""
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
    """What is left over at the end, fewer than five, is not used."""
    fives = [ratios[start : start + 5] for start in range(0, len(ratios) - 4, 5)]
    return interval([chosen(each) for each in fives]) if fives else None
