"""Invariants of a run, as assertions. Called by tests and, on request, by the simulator."""

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from clamshell_tui.core.commands import PEOPLE_KINDS, PayKind
from clamshell_tui.core.config import slots_at_first
from clamshell_tui.core.crowd_platform.machine import Machines
from clamshell_tui.core.crowd_platform.work import (
    NEEDS_WORKER,
    NOWHERE,
    AssignmentState,
    Task,
    TaskState,
    Worker,
    WorkerState,
)
from clamshell_tui.core.ids import Phase, WorkerId
from clamshell_tui.core.state import State

if TYPE_CHECKING:
    from clamshell_tui.core.engine import Engine

_OPEN = (TaskState.UNASSIGNED, TaskState.ACTIVE)


def check_invariants(engine: "Engine", *, full: bool = False) -> None:
    """Raise AssertionError, naming the object, if an invariant is broken."""
    state = engine.state
    _check_pool(state)
    for worker in state.pool.workers.values():
        _check_worker(state, worker)
    for batch in state.in_play.values():
        for task in batch.tasks:
            _check_task(state, task)
        remaining = sum(task.state in _OPEN for task in batch.tasks)
        assert batch.remaining == remaining, f"batch {batch.id}: {remaining} remain"
        ended = batch.id in state.ended_batches
        assert ended == (remaining == 0), f"batch {batch.id}: ended is {ended}, {remaining} remain"
    _check_ledger(state)
    if state.machines is not None:
        _check_machines(state, state.machines)
    _check_quiescent(engine)
    if engine.batcher.refills and state.pool.idle and _at_work(state):
        assert not engine.batcher.room(), f"{next(iter(state.pool.idle))} waits for a task to cut"
    if full:
        _check_history(state)
        _check_extras(state)


def _check_pool(state: State) -> None:
    pool = state.pool
    seated = pool.present()
    assert pool.seated == len(seated), "seated workers are miscounted"
    assert pool.seated <= len(pool.slots), "more workers than slots"
    fewest, most = slots_at_first(state.config), state.config.pool.size
    if state.phase is not Phase.FINISHED:
        assert fewest <= pool.size <= most, f"{pool.size} slots are not {fewest} to {most}"
    for slot, worker in enumerate(pool.slots):
        assert worker is None or worker.slot == slot, f"slot {slot} and its worker disagree"
    for worker in pool.idle.values():
        assert worker.state is WorkerState.AVAILABLE, f"{worker.id} is idle and {worker.state}"
        assert worker.connected, f"{worker.id} is idle and away"
        assert not worker.paused, f"{worker.id} is idle and paused"
        assert worker.slot is not None, f"{worker.id} is idle without a slot"
    for worker in pool.reserve.values():
        assert worker.state is WorkerState.RESERVE, f"{worker.id} in reserve is {worker.state}"
    training = sum(w.state is WorkerState.TRAINING for w in pool.workers.values())
    assert pool.training == training, "trainees are miscounted"


def _check_worker(state: State, worker: Worker) -> None:
    holds = worker.assignment is not None
    assert holds == (worker.state is WorkerState.ACTIVE), f"{worker.id}: {worker.state} and {holds}"
    if worker.over:
        assert worker.slot is None, f"{worker.id} is gone and holds slot {worker.slot}"
        assert worker.paid_since is None, f"{worker.id} is gone and still paid"
    if worker.state is WorkerState.ACTIVE:
        assert worker.paid_since is None, f"{worker.id} is paid for waiting while working"
        assert worker.assignment is not None
        assert worker.assignment.worker is worker, f"{worker.id} holds another worker's assignment"
        assert worker.assignment in worker.assignment.task.live, f"{worker.id}: a dead task in hand"
        assert (worker.slot is None) == (worker.departing is not None), (
            f"{worker.id} works from slot {worker.slot} and departs {worker.departing}"
        )
    if worker.state is WorkerState.AVAILABLE:
        assert worker.slot is not None, f"{worker.id} is available without a slot"
        waits = worker.connected and not worker.paused
        assert waits == (worker.id in state.pool.idle), f"{worker.id}: idle, away or paused?"


def _check_task(state: State, task: Task) -> None:
    work = state.work
    holders = [assignment.worker.id for assignment in task.live]
    assert len(holders) == len(set(holders)), f"task {task.id} is held twice by one worker"
    answerers = [answer.worker for answer in task.answers]
    assert len(answerers) == len(set(answerers)), f"task {task.id} was answered twice by one worker"
    assert not set(holders) & set(answerers), (
        f"task {task.id} went back to a worker that answered it"
    )
    if task.state not in _OPEN:
        assert not task.live, f"task {task.id} is {task.state} with live assignments"
        assert task.place == NOWHERE, f"task {task.id} is {task.state} and still open work"
        return
    unassigned = task.state is TaskState.UNASSIGNED
    assert not (unassigned and task.live), f"task {task.id} is unassigned and has live assignments"
    extra = len(task.live) - task.missing
    wants_duplicate = 0 <= extra < work.cap
    place = NEEDS_WORKER if extra < 0 else NOWHERE
    if wants_duplicate:
        place = extra if work.graded else 0
    assert task.place == place, f"task {task.id} is placed at {task.place}, not {place}"
    if place >= 0:
        assert work.buckets[place][task.position] is task, f"task {task.id} is lost in its bucket"


def _check_ledger(state: State) -> None:
    for kind in PEOPLE_KINDS:
        total = sum(worker.earned[kind] for worker in state.pool.workers.values())
        assert total == state.ledger.totals[kind], f"{kind}: {total} owed, {state.ledger.totals}"


def _check_machines(state: State, machines: Machines) -> None:
    assert machines.members.keys().isdisjoint(state.pool.workers), "a machine is in the pool"
    open_ones = [request for request in machines.requests if request.state == "open"]
    held = [machine.request for machine in machines.members.values() if machine.request]
    assert sorted(map(id, open_ones)) == sorted(map(id, held)), "an open request is not held"
    for machine in machines.members.values():
        request = machine.request
        assert request is None or request.machine is machine, f"{machine.id}: another's request"
        assert request is None or not machine.over, f"{machine.id} is gone and holds a request"
    assert len(machines.voters) == len(machines.sources), "a source has no vote, or two"
    micros = sum(machine.micros for machine in machines.members.values())
    assert micros == state.ledger.totals[PayKind.MACHINE], f"machines cost {micros}"
    assert machines.audited.isdisjoint(machines.accepted), "an audited record was accepted"
    for record in machines.accepted:
        assert record in state.labels, f"record {record} was accepted and has no label"
        assert record not in state.gold, f"record {record} is gold and was accepted"
    for source in machines.sources.values():
        for step, waiting in enumerate(source.waiting):
            for record in waiting:
                assert source.predictions[record].step == step, f"record {record}: wrong step"
                assert record not in state.labels, f"record {record} waits and has its label"


def _check_quiescent(engine: "Engine") -> None:
    """No decision is pending after a call."""
    state = engine.state
    assert state.pool.next_seat() is None, "a slot is free and the reserve is not empty"
    if state.phase is not Phase.FINISHED:
        assert not state.to_review, f"{next(iter(state.to_review))} was not looked at"
    if not _at_work(state):
        return
    for task in state.work.needs_worker.values():
        fits = [w.id for w in state.pool.idle.values() if task.open_to(w.id)]
        assert not fits, f"task {task.id} waits and so does {fits[0]}"
    if engine.mitigator.next_check < inf:  # a duplicate may not be worthwhile yet
        waiting = state.pool.idle and state.work.duplicable
        assert not waiting or engine.now < engine.mitigator.next_check, "no further check is due"
        return
    for task in state.work:
        fits = [w.id for w in state.pool.idle.values() if task.open_to(w.id)]
        assert not fits, f"task {task.id} could be duplicated by {fits[0]}"


def _at_work(state: State) -> bool:
    return state.phase is Phase.LABELLING and not state.paused


def _check_history(state: State) -> None:
    by_work = dict.fromkeys(state.pool.workers, 0)
    live = 0
    for assignment in state.assignments:
        by_work[assignment.worker.id] += assignment.micros
        full = state.ledger.per_record * assignment.size
        time = state.ledger.time(assignment.started, assignment.ended or 0.0)
        assert assignment.micros <= max(full, time), f"assignment {assignment.id} is over-paid"
        if assignment.state is AssignmentState.ACTIVE:
            live += 1
        if assignment.state is AssignmentState.COMPLETED:
            skipped = (assignment.labels or ()).count(None)
            price = full - state.ledger.per_record * skipped
            most = full if skipped else price
            paid = f"assignment {assignment.id} is paid {assignment.micros}"
            assert price <= assignment.micros <= most, f"{paid}, not {price} to {most}"
    assert live == state.live, "live assignments are miscounted"
    for worker in state.pool.workers.values():
        earned = worker.earned
        work = earned[PayKind.RECORDS] + earned[PayKind.TERMINATED] + earned[PayKind.PARTIAL]
        assert work == by_work[worker.id], f"{worker.id}: {work} booked, {by_work[worker.id]} owed"
    known = len(state.labels) + len(state.set_aside) + len(state.gold) + len(state.records)
    known += state.seeds
    in_play = _records_in_play(state)
    assert known + in_play == state.records.submitted, "a record is lost or counted twice"
    assert in_play == state.records_in_play
    budget = state.config.stop.labels
    assert budget is None or len(state.labels) + in_play <= budget, "more in play than asked for"


def _check_extras(state: State) -> None:
    """No worker meets a check twice, and the figures of the workers are those of the answers."""
    met = {worker.id: set(worker.gold) for worker in state.pool.workers.values()}
    asked: Counter[WorkerId] = Counter()
    right: Counter[WorkerId] = Counter()
    for one in state.assignments:
        if one.extra is None:
            continue
        worker, known = one.worker.id, state.gold.get(one.extra)
        assert one.task.short, f"assignment {one.id} of a whole task has an extra record"
        assert one.extra not in one.task.records, f"assignment {one.id} has {one.extra} twice"
        if known is None:
            continue
        assert one.extra not in met[worker], f"{worker} met the check {one.extra} again"
        met[worker].add(one.extra)
        label = one.labels[one.place] if one.labels else None
        if one.state is AssignmentState.COMPLETED and label is not None:
            asked[worker] += 1
            right[worker] += label == known
    for each in state.pool.workers.values():
        found = each.checks_right, each.checks_asked
        expected = right[each.id], asked[each.id]
        assert found == expected, f"{each.id}: {found} of the checks, the answers say {expected}"


def _records_in_play(state: State) -> int:
    tasks = [task for batch in state.in_play.values() for task in batch.tasks]
    records = {r for task in tasks for r in task.records if r not in state.gold}
    settled = (state.labels, state.set_aside, state.records)
    return sum(not any(record in where for where in settled) for record in records)
