"""Time and pay of each worker, and what the mechanisms cost workers.

Terminated work, waiting and evictions save the requester time at the workers' expense. The paper
pays for the first two; whether the sum is a fair wage shows only per worker.
"""

from collections import defaultdict

from msgspec import Struct

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.run.tables import Tables

_HOUR = 3600.0
_SHORT = 1.0  # seconds of presence for which no wage is given


class WorkerTime(Struct, gc=False):
    """Seconds of one worker by kind, counts of assignments by ending, and earnings."""

    working: float = 0.0  # with a task in hand
    wasted: float = 0.0  # of this, on tasks that another answer ended
    waiting: float = 0.0  # paid
    training: float = 0.0  # paid
    completed: int = 0
    terminated: int = 0
    given_back: int = 0
    micros: int = 0

    @property
    def seconds(self) -> float:
        """Working, waiting and training: the time for which the worker was there."""
        return self.working + self.waiting + self.training

    @property
    def wage(self) -> float | None:
        """Dollars per hour of that time; None if it is too short to tell."""
        if self.seconds < _SHORT:
            return None
        return self.micros / MICROS / self.seconds * _HOUR


def worker_times(tables: Tables, end: float) -> dict[str, WorkerTime]:
    """Return the time of every worker; tasks in hand last until ``end``."""
    found: defaultdict[str, WorkerTime] = defaultdict(WorkerTime)
    for worker in tables.workers:
        found[worker] = WorkerTime()
    for row in tables.assignments.values():
        time = found[row.worker]
        seconds = max(0.0, (end if row.ended_at is None else row.ended_at) - row.started_at)
        time.working += seconds
        if row.state == "completed":
            time.completed += 1
        elif row.state in ("terminated", "preempted"):
            time.terminated += 1
            time.wasted += seconds
        elif row.state != "active":
            time.given_back += 1
    for entry in tables.ledger:
        time = found[entry.worker]
        time.micros += entry.micros
        if entry.since is not None and entry.until is not None:
            length = entry.until - entry.since
            if entry.kind == PayKind.TRAINING:
                time.training += length
            else:
                time.waiting += length
    return dict(found)
