"""Chooses the speed of a live run: short to wait for, and still faithful to the true pace.

The simulation gives the duration of the run, the rate of tasks and their length. On a busy machine
messages are late by as much as processes wait for a core, so the run is slower by that factor.
"""

import os
from statistics import median
from typing import NamedTuple

from clamshell_tui.simulator.run_scenario import RunResult

SECONDS = 3.0  # wanted duration on the wall clock; the other limits often allow less speed
TASKS = 120.0  # per second of the wall clock, a tenth of the capacity of two cores
SHORTEST = 0.15  # seconds of the wall clock for a median task; delays are some milliseconds
FASTEST = 200.0  # a delay of 10 ms is then 2 s of the run


class SpeedPlan(NamedTuple):
    """The ``speed`` of a run, and its expected end in seconds and number of workers."""

    speed: float
    seconds: float
    workers: int


def planned(result: RunResult, speed: float | None) -> SpeedPlan:
    """Return the plan for a live run of a simulated one; ``speed`` overrides the choice."""
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
    return max(1.0, float(f"{speed / waiting():.2g}"))


def waiting() -> float:
    """Return how many processes share a core of this machine, 1 if some core is free."""
    if not hasattr(os, "getloadavg"):  # Windows
        return 1.0
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
