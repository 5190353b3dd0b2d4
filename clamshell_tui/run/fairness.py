"""Time and pay of each worker, and what the mechanisms cost workers.

Terminated work, waiting and evictions save the requester time at the workers' expense. The paper
pays for the first two; whether the sum is a fair wage shows only per worker.

Nobody knows which evictions were wrong, but a simulation, which drew the workers' speeds. Elsewhere
the evidence says how many to expect: an eviction at a probability of 0.8 is wrong one time in five.
"""

from collections import defaultdict
from statistics import median

from msgspec import Struct

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.run.names import EVICTED_WRONGLY
from clamshell_tui.run.statistics import ratio
from clamshell_tui.run.tables import Tables

_HOUR = 3600.0
_EVEN = 0.5  # evidence above it is a probability of being slow, below it a p-value
_SHORT = 60.0  # seconds of presence for which no wage is given


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
        """Dollars per hour of that time; None if it is too short to decide."""
        return hourly_wage(self.micros, self.seconds)


def hourly_wage(micros: int, seconds: float) -> float | None:
    """Return dollars per hour; None if the time is too short to decide."""
    return None if seconds < _SHORT else micros / MICROS / seconds * _HOUR


def last_moment(tables: Tables) -> float:
    """Return when the last thing happened that has a row."""
    ends = [row.ended_at for row in tables.assignments.values()]
    ends += [row.ended_at for row in tables.batches.values()]
    ends += [row.left_at or row.joined_at for row in tables.workers.values()]
    ends += [row.at for row in tables.ledger]
    return max([moment for moment in ends if moment is not None], default=0.0)


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
        if entry.kind == PayKind.MACHINE:
            continue
        time = found[entry.worker]
        time.micros += entry.micros
        if entry.since is not None and entry.until is not None:
            length = entry.until - entry.since
            if entry.kind == PayKind.TRAINING:
                time.training += length
            else:
                time.waiting += length
    return dict(found)


class FairnessMeasures(Struct, frozen=True):
    """What a run meant for its workers. Wages are dollars per hour of work, waiting and training.

    ``evicted_wrongly`` counts the evictions for speed of workers whose true mean was within the
    threshold, known to a simulation only; ``evicted_doubtful`` is the number of wrong ones to
    expect by the probability at which each was made.
    """

    wage_median: float | None
    wage_lowest: float | None
    wage_highest: float | None
    terminated_share: float | None  # of the time at work, on tasks that another answer ended
    waiting_share: float | None  # of the workers' time
    evicted_wrongly: int | None
    evicted_doubtful: float | None


def fairness(tables: Tables) -> FairnessMeasures:
    """Return the measures of a run, finished or not."""
    times = list(worker_times(tables, last_moment(tables)).values())
    wages = sorted(wage for time in times if (wage := time.wage) is not None)
    working = sum(time.working for time in times)
    wrongly = tables.meta.get(EVICTED_WRONGLY)
    by_speed = [row.evidence for row in tables.evictions if row.reason == "latency"]
    likely = [probability for probability in by_speed if probability > _EVEN]
    return FairnessMeasures(
        wage_median=median(wages) if wages else None,
        wage_lowest=wages[0] if wages else None,
        wage_highest=wages[-1] if wages else None,
        terminated_share=ratio(sum(time.wasted for time in times), working),
        waiting_share=ratio(
            sum(time.waiting for time in times), sum(time.seconds for time in times)
        ),
        evicted_wrongly=None if wrongly is None else int(wrongly),
        evicted_doubtful=sum(1.0 - each for each in likely) if likely else None,
    )
