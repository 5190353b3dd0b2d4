"""Compare the tables of a run with the engine that decided it.

The fold reads only events and commands, the engine keeps its own state: two accounts of one run,
made by different code. Tests compare them after each event, ``verify`` after a replay.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.work import AssignmentState, WorkerState
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import Phase
from clamshell_tui.run.history import History
from clamshell_tui.run.tables import AssignmentRow, Tables

_SEATED = {WorkerState.AVAILABLE, WorkerState.ACTIVE}
_STATES: dict[str, set[WorkerState]] = {
    "joined": {WorkerState.TRAINING},
    "training": {WorkerState.TRAINING},
    "reserve": {WorkerState.RESERVE},
    "pool": _SEATED,
    "rejected": {WorkerState.REJECTED},
    "evicted": {WorkerState.EVICTED, *_SEATED},  # a graceful eviction waits for the task in hand
    "left": {WorkerState.LEFT},
    "released": {WorkerState.LEFT},
}
"""The engine's states that the state of a worker's row may stand for."""


def check_same(engine: Engine, tables: Tables, now: float, history: History | None = None) -> None:
    """Raise AssertionError, naming the object, where ``tables`` contradict ``engine`` at ``now``.

    A ``history`` must index the rows of ``tables``, and is compared with both. Takes time in
    proportion to the whole run.
    """
    _same("time of the last event", engine.now, now)
    for check in _CHECKS:
        check(engine, tables)
    if history is not None:
        _indexes(history, tables)
        _stories(engine, history, now)


def _same(name: str, engine: object, table: object) -> None:
    if engine != table:
        raise AssertionError(f"{name}: {engine} in the engine, {table} in the tables")


def _labels(engine: Engine, tables: Tables) -> None:
    classes, labels = engine.state.config.classes, engine.state.labels
    expected = {record: classes[labels[record]] for record in labels}
    _same("labels", expected, {row.record: row.label for row in tables.labels.values()})
    machines = engine.state.machines
    accepted = set() if machines is None else set(machines.accepted)
    of_machines = {row.record for row in tables.labels.values() if row.task is None}
    _same("labels of machines", accepted, of_machines)


def _workers(engine: Engine, tables: Tables) -> None:
    workers = engine.state.pool.workers
    _same("workers", [*workers], [*tables.workers])
    for row in tables.workers.values():
        worker = workers[row.id]  # type: ignore[index]  # the row's id is the same text
        if worker.state not in _STATES[row.state]:
            _same(f"state of {row.id}", worker.state, row.state)
        known = worker.joined, worker.seated, worker.ended
        _same(f"times of {row.id}", known, (row.joined_at, row.seated_at, row.left_at))


def _tasks(engine: Engine, tables: Tables) -> None:
    tasks = engine.state.tasks
    _same("tasks", len(tasks), len(tables.tasks))
    for row in tables.tasks.values():
        task = tasks[row.id]
        known = task.batch, task.records, task.started
        _same(f"task {row.id}", known, (row.batch, row.records, row.started_at))
        if row.state in {"complete", "set-aside"}:  # rows do not follow the other states
            _same(f"state of task {row.id}", str(task.state), row.state)
            ended = task.ended if row.state == "complete" else None
            _same(f"end of task {row.id}", ended, row.completed_at)


def _assignments(engine: Engine, tables: Tables) -> None:
    _same("assignments", len(engine.state.assignments), len(tables.assignments))
    for row in tables.assignments.values():
        one = engine.state.assignments[row.id]
        known = one.task.id, one.worker.id, one.started, one.ended, one.duplicate, one.micros
        found = row.task, row.worker, row.started_at, row.ended_at, row.duplicate, row.micros
        _same(f"assignment {row.id}", (*known, str(one.state)), (*found, row.state))


def _answers(engine: Engine, tables: Tables) -> None:
    classes = engine.state.config.classes
    given: dict[int, list[tuple[int, str, bool]]] = {}
    for row in tables.answers:
        given.setdefault(row.assignment, []).append((row.record, row.label, row.counted))
    for one in engine.state.assignments:
        counted = one.state is AssignmentState.COMPLETED
        pairs = zip(one.records, one.labels or (), strict=bool(one.labels))
        known = [
            (record, classes[label], counted and record != one.extra)
            for record, label in pairs
            if label is not None
        ]
        _same(f"answers of assignment {one.id}", known, given.get(one.id, []))


def _checks(engine: Engine, tables: Tables) -> None:
    gold, found = engine.state.gold, tables.checks_by_worker()
    for worker in engine.state.pool.workers.values():
        known = worker.checks_right, worker.checks_asked
        _same(f"checks of {worker.id}", known, found.get(worker.id, (0, 0)))
    extras = {
        one.id: (one.extra, one.place, "check" if one.extra in gold else "filler")
        for one in engine.state.assignments
        if one.extra is not None
    }
    rows = {row.assignment: (row.record, row.position, row.use) for row in tables.extras.values()}
    _same("extra records", extras, rows)


def _batches(engine: Engine, tables: Tables) -> None:
    _same("batches", len(engine.state.batches), len(tables.batches))
    for row in tables.batches.values():
        batch = engine.state.batches[row.id]
        records = sum(len(task.records) for task in batch.tasks)
        known = batch.model, len(batch.tasks), records, batch.cut, batch.started, batch.ended
        found = row.model, row.tasks, row.records, row.cut_at, row.started_at, row.ended_at
        _same(f"batch {row.id}", known, found)
        if batch.ended is not None:
            _same(f"mean pool latency of batch {row.id}", batch.mpl, row.mpl)


def _money(engine: Engine, tables: Tables) -> None:
    booked: Counter[tuple[str, str]] = Counter()
    for row in tables.ledger:
        booked[row.worker, row.kind] += row.micros
    for worker in engine.state.pool.workers.values():
        for kind, micros in worker.earned.items():
            name = str(kind)
            _same(f"{name} pay of {worker.id}", micros, booked[worker.id, name])
    if engine.state.machines is not None:
        for machine in engine.state.machines.members.values():
            known = booked[machine.id, PayKind.MACHINE.value]
            _same(f"cost of {machine.id}", machine.micros, known)
    _same("total pay", sum(engine.state.ledger.totals.values()), booked.total())


def _counts(engine: Engine, tables: Tables) -> None:
    _same("evictions", engine.maintainer.evictions, len(tables.evictions))
    _same("models", engine.retraining.version, len(tables.models))
    over = engine.state.phase is Phase.FINISHED
    _same("reason of the end", engine.state.finish_reason, tables.meta.get("finish_reason", ""))
    _same("end of the run", over, "finished_at" in tables.meta)


def _indexes(history: History, tables: Tables) -> None:
    """Check that each index holds the rows of its table, and all of them."""
    by_slot = [row for slot in history.slots for row in slot.assignments]
    by_task = [row for rows in history.attempts.values() for row in rows]
    pairs: list[tuple[str, list[Any], Iterable[Any]]] = [
        ("workers", [*history.workers.values()], tables.workers.values()),
        ("tasks", [*history.tasks.values()], tables.tasks.values()),
        ("batches", [note.row for note in history.batches], tables.batches.values()),
        ("assignments by slot", sorted(by_slot, key=_by_id), tables.assignments.values()),
        ("assignments by task", sorted(by_task, key=_by_id), tables.assignments.values()),
        ("labels", history.labels, tables.labels.values()),
        ("models", history.models, tables.models),
        ("evictions", history.evictions, tables.evictions),
    ]
    for name, indexed, rows in pairs:
        _same(f"{name} in the history", [*map(id, indexed)], [*map(id, rows)])
    gone = {row.id for row in tables.workers.values() if row.left_at is not None}
    _same("former workers in the history", {row.id for row in history.gone}, gone)
    booked: Counter[str] = Counter()
    for row in tables.ledger:
        booked[row.kind] += row.micros
    spent = {kind: spending.until(inf) for kind, spending in history.spending.items()}
    _same("money in the history", spent, dict(booked))


def _stories(engine: Engine, history: History, now: float) -> None:
    """Check what the history concludes about tasks: how they ended, and whose votes counted."""
    for task in engine.state.tasks:
        voters = [row.worker for row in history.votes_until(task.id, now)]
        people = [each.worker for each in task.answers if each.worker in engine.state.pool.workers]
        _same(f"votes on task {task.id}", people, voters)
        end = history.end_of(task.id)
        if task.state == "complete":
            known = end is not None and (end.state, end.at)
            _same(f"end of task {task.id}", ("complete", task.ended), known)
        elif end is not None:
            _same(f"end of task {task.id}", str(task.state), end.state)


def _by_id(row: AssignmentRow) -> int:
    return row.id


_CHECKS: Iterable[Callable[[Engine, Tables], None]] = (
    _labels,
    _workers,
    _tasks,
    _assignments,
    _answers,
    _checks,
    _batches,
    _money,
    _counts,
)
