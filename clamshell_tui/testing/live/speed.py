"""How fast a live run may be made: quick for who waits, and still what it would be at true pace.

The simulation says how long the run takes, how many tasks are in the air and how short they are.
"""

from statistics import median
from typing import NamedTuple

from clamshell_tui.simulator.run_scenario import RunResult

SECONDS = 3.0  # of the wall that a run should take; many take longer, for the sake of the others
TASKS = 120.0  # per second of the wall: a coordinator and its bots, on a core each, do ten times it
SHORTEST = 0.15  # seconds of the wall for a usual task: some milliseconds of delay are little of it
FASTEST = 200.0  # ten milliseconds are then two seconds of the run


class SpeedPlan(NamedTuple):
    """What is known of a run beforehand: its ``speed``, its end in seconds, how many will come."""

    speed: float
    seconds: float
    workers: int


def planned(result: RunResult, speed: float | None) -> SpeedPlan:
    """How to run live what was simulated; ``speed`` is somebody's own choice."""
    tables = result.tables
    seconds = max(1.0, float(tables.meta.get("finished_at", result.summary.seconds or 1.0)))
    return SpeedPlan(speed or _chosen(result, seconds), seconds, len(tables.workers))


def _chosen(result: RunResult, seconds: float) -> float:
    assignments = result.tables.assignments.values()
    work = [
        row.ended_at - row.started_at
        for row in assignments
        if row.state == "completed" and row.ended_at is not None
    ]
    if not work:
        return 1.0
    rate = len(assignments) / seconds
    speed = min(seconds / SECONDS, TASKS / rate, median(work) / SHORTEST, FASTEST)
    return max(1.0, float(f"{speed:.2g}"))
