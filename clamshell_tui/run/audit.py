"""Counts of faults, and extremes over a whole run, from its tables.

Nothing here asks the engine about its decisions: it would repeat its own mistakes.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import inf

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.run.tables import AssignmentRow, LedgerRow

Span = tuple[float, float]
PerTask = dict[int, int]
_ROUNDING = 1e-9  # seconds: two floats that mean the same moment


def most_at_once(spans: Iterable[Span]) -> int:
    """Return the most spans that overlap; one may begin at the moment another ends."""
    steps = sorted(step for since, until in spans for step in ((since, 1), (until, -1)))
    most = now = 0
    for _, change in steps:  # at the same moment, ends (-1) sort before beginnings
        now += change
        most = max(most, now)
    return most


def most_live(run: FinishedRun) -> int:
    """Return the largest number of simultaneous assignments of a task."""
    return max(live_by_task(run).values(), default=0)


def live_by_task(run: FinishedRun) -> PerTask:
    """Return the largest number of simultaneous assignments of each task."""
    return {task: most_at_once(map(_span, rows)) for task, rows in run.by_task.items()}


def most_held(run: FinishedRun) -> int:
    """Return the most simultaneous assignments of a worker: 1 unless something is wrong."""
    by_worker: dict[str, list[Span]] = {}
    for row in run.tables.assignments.values():
        by_worker.setdefault(row.worker, []).append(_span(row))
    return max(map(most_at_once, by_worker.values()), default=0)


def _span(row: AssignmentRow) -> Span:
    return row.started_at, inf if row.ended_at is None else row.ended_at


def over_by_task(run: FinishedRun) -> PerTask:
    """Count surplus assignments: neither needed for a vote nor marked as a duplicate."""
    config = run.engine.state.config
    coupled = config.straggler_mitigation.coupling == "coupled"
    votes = 1 if coupled else config.tasks.votes
    return {task: _unasked(rows, votes) for task, rows in run.by_task.items()}


def _unasked(rows: list[AssignmentRow], votes: int) -> int:
    found = 0
    for number, row in enumerate(rows):
        earlier = rows[:number]
        taken = sum(
            each.state == "completed" or _span(each)[1] > row.started_at for each in earlier
        )
        again = any(each.worker == row.worker and each.state == "completed" for each in earlier)
        found += again or (taken >= votes and not row.duplicate)
    return found


def surviving_by_task(run: FinishedRun) -> PerTask:
    """Count assignments that continued, or were answered, after their task had its label."""
    found: PerTask = {}
    for task, rows in run.by_task.items():
        done = run.tables.tasks[task].completed_at
        found[task] = sum(done is not None and _span(row)[1] > done for row in rows)
    return found


def unreplaced(run: FinishedRun) -> int:
    """Count evictions that left the slot empty because the reserve had no trained worker."""
    evicted = Counter(row.at for row in run.tables.evictions)
    seated = Counter(row.seated_at for row in run.tables.workers.values())
    return sum(max(0, count - seated[at]) for at, count in evicted.items())


def lost_by_task(run: FinishedRun) -> PerTask:
    """Count records that were answered in full and paid, and have no label.

    A record that was skipped may have been set aside in a later task of its own.
    """
    state = run.engine.state
    known = run.tables.labels.keys() | state.gold.keys() | state.set_aside.keys()
    return {
        task: sum(record not in known for record in run.tables.tasks[task].records)
        for task, rows in run.by_task.items()
        if run.tables.tasks[task].state != "set-aside"
        and any(row.state == "completed" for row in rows)
    }


def records_submitted(run: FinishedRun) -> int:
    """Return the number of records to label, without gold."""
    return run.engine.state.records.submitted - len(run.engine.state.gold)


def records_left(run: FinishedRun) -> int:
    """Count records without a label that were not set aside either."""
    aside = {
        record
        for task in run.tables.tasks.values()
        if task.state == "set-aside"
        for record in task.records
        if record not in run.engine.state.gold
    }
    return records_submitted(run) - len(run.tables.labels.keys() | aside)


def paid_twice(run: FinishedRun) -> int:
    """Count double payments: a reason booked twice, time paid twice, work above its full price."""
    keys = Counter(row.reason_key for row in run.tables.ledger)
    again = sum(count - 1 for count in keys.values())
    return again + _time_twice(run.tables.ledger) + _work_twice(run)


def _time_twice(ledger: Iterable[LedgerRow]) -> int:
    by_worker: dict[str, list[Span]] = {}
    for row in ledger:
        if row.since is not None and row.until is not None:
            by_worker.setdefault(row.worker, []).append((row.since, row.until))
    return sum(
        after[0] < before[1] - _ROUNDING
        for spans in by_worker.values()
        for before, after in pairwise(sorted(spans))
    )


def _work_twice(run: FinishedRun) -> int:
    """Count assignments paid above both their records' price and their time's price."""
    ledger, tables = run.engine.state.ledger, run.tables
    paid: Counter[int] = Counter()
    for row in tables.ledger:
        if row.since is None and row.kind != PayKind.MACHINE:
            paid[int(row.reason_key.rpartition(":")[2])] += row.micros
    return sum(
        micros
        > max(
            ledger.price(tables.size_of(tables.assignments[number])),
            ledger.time(*_finite(_span(tables.assignments[number]))),
        )
        for number, micros in paid.items()
    )


def _finite(span: Span) -> Span:
    return (span[0], span[0]) if span[1] == inf else span


def pay_unexplained(run: FinishedRun) -> float:
    """Return the difference in dollars between pay statements and ledger entries."""
    booked: Counter[str] = Counter()
    for row in run.tables.ledger:
        booked[row.worker] += row.micros
    state = run.engine.state
    owed: dict[str, int] = {worker.id: worker.owed for worker in state.pool.workers.values()}
    if state.machines is not None:
        owed |= {machine.id: machine.micros for machine in state.machines.members.values()}
    return sum(abs(owed[worker] - booked[worker]) for worker in owed) / MICROS
