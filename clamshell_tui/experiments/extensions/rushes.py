"""A stream that comes in rushes: a pool sized by its load against fixed ones (B-SCALE)."""

from collections.abc import Iterator

from clamshell_tui.experiments.cells import DOLLARS, basics, known
from clamshell_tui.experiments.table import PaperColumn, PaperRow, crowds
from clamshell_tui.experiments.verdicts import comparison, share
from clamshell_tui.run.statistics import mean, percentile
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.rules import SCENARIO
from clamshell_tui.scenario.submissions import submissions
from clamshell_tui.simulator.run_scenario import RunResult

LATE, LATEST = "arrival to label", "arrival to label, 95th percentile"
"""Seconds from a record's arrival to its label: mean, and what one in twenty exceeds."""
SEATED = "people"
"""Mean number of workers in a slot, or finishing a task after they gave it up."""

_RUSH, _LULL = 1 / 3, 0.1  # of the time at the full rate; a tenth of the rate in between
_CYCLES = 3
_HOUR = 3600.0


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and how long records waited for their labels."""
    arrived = list(_arrivals(result))
    waited = [row.at - arrived[row.record] for row in result.tables.labels.values()]
    seated = sum(
        row.left_at - row.seated_at
        for row in result.tables.workers.values()
        if row.seated_at is not None and row.left_at is not None
    )
    late, latest = mean(waited), percentile(waited, 0.95)
    return basics(result) | known({LATE: late, LATEST: latest, SEATED: seated / result.engine.now})


def _arrivals(result: RunResult) -> Iterator[float]:
    """When each record arrived."""
    requester = parse_scenario(result.tables.meta[SCENARIO], "the run's scenario").requester
    for at, count in submissions(requester, result.engine.state.records.submitted):
        yield from [at] * count


def _rushes(population: str, per_minute: float, cycle: float = _HOUR) -> tuple[str, ...]:
    """``per_minute`` occupies ten workers of the population in a rush."""
    in_cycle = per_minute / 60 * cycle * (_RUSH + _LULL * (1 - _RUSH))
    return (
        *crowds(population)[population],
        f"requester.per_minute={per_minute}",
        f"requester.cycle={cycle}",
        f"dataset.records={round(_CYCLES * in_cycle) + 20}",
    )


_FIXED = {f"{size} slots": (f"pool.size={size}",) for size in (10, 8, 12, 15)}
_BY_LOAD = "by load"

SCALE = comparison(
    "B-SCALE",
    "A pool sized by its load, 3 to 20 slots, against fixed ones: a stream that comes in rushes",
    "cheaper than a fixed size that is as quick, quicker than one that costs as much",
    {**_FIXED, _BY_LOAD: ("pool.autoscale=true", "pool.size=20")},
    (
        share("cost", DOLLARS),
        share("arrival to label", LATE),
        share("one in 20 later", LATEST),
        PaperColumn("arrival to label", LATE, "s"),
        PaperColumn("cost", DOLLARS, "$"),
        PaperColumn("seated", SEATED, "people"),
    ),
    groups={
        "mturk": _rushes("mturk", 113),
        "live": _rushes("live", 76),
        "live-heavy": _rushes("live-heavy", 68),
        "live-light": _rushes("live-light", 86),
        "medical, 10 h": _rushes("medical", 17.5, 10 * _HOUR),
        "mturk, 20 min": _rushes("mturk", 113, _HOUR / 3),
        "live, 20 min": _rushes("live", 76, _HOUR / 3),
    },
    group_title="population, cycle",
    again=tuple(PaperRow(f"by load / {size}", _BY_LOAD, f"{size} slots") for size in (8, 12)),
    observe=observe,
    seeds=(3, 20),
)
