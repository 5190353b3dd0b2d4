"""Digest of an engine's state: equal digests prove that a replay ended like the run."""

from hashlib import blake2b
from typing import Any

import msgspec

from clamshell_tui.core.crowd_platform.work import Assignment, Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.state import State


def state_digest(engine: Engine) -> str:
    """Return BLAKE2b-128 in hex over the final state: labels, work, workers, money."""
    canonical = msgspec.json.encode(_state(engine))
    return blake2b(canonical, digest_size=16).hexdigest()


def _state(engine: Engine) -> dict[str, Any]:
    state = engine.state
    return {
        "now": engine.now,
        "phase": state.phase,
        "finish_reason": state.finish_reason,
        "records": [state.records.submitted, len(state.records)],
        "labels": [(record, state.labels[record]) for record in state.labels],
        "set_aside": sorted(state.set_aside.items()),
        "workers": [_worker(worker) for worker in state.pool.workers.values()],
        "assignments": [_assignment(assignment) for assignment in state.assignments],
        "tasks": [
            [task.id, task.batch, task.records, task.active, task.state, task.started, task.ended]
            for task in state.tasks
        ],
        "batches": [
            [batch.id, batch.model, batch.cut, batch.started, batch.ended, batch.mpl]
            for batch in state.batches
        ],
        "duplicates": state.duplicates,
        "evictions": engine.maintainer.evictions,
        "models": engine.retraining.version,
        "agreement": state.election.agreement.alpha,
        "paid": sorted(state.ledger.totals.items()),
        "random": state.rng.getstate(),
        **_machines(state),
    }


def _machines(state: State) -> dict[str, Any]:
    """Return nothing for a run without machines: its digest is that of former versions."""
    machines = state.machines
    if machines is None:
        return {}
    return {
        "machines": [
            [
                machine.id,
                machine.source.name,
                machine.joined,
                machine.ended,
                machine.reason,
                [machine.answered, machine.abstained, machine.failed, machine.micros],
            ]
            for machine in machines.members.values()
        ],
        "requests": [
            [request.id, request.machine.id, request.records, request.sent, request.state]
            for request in machines.requests
        ],
        "accepted": sorted(machines.accepted),
        "audited": sorted(machines.audited),
        "calibration": [
            [source.name, source.calibration.asked, source.calibration.right]
            for source in machines.sources.values()
        ],
    }


def _worker(worker: Worker) -> list[Any]:
    return [
        worker.id,
        worker.state,
        worker.slot,
        worker.reason,
        worker.joined,
        worker.seated,
        worker.ended,
        worker.completed,
        worker.terminated,
        worker.skipped,
        [worker.gold_correct, worker.gold_asked, worker.agreed, worker.compared],
        sorted(worker.earned.items()),
    ]


def _assignment(assignment: Assignment) -> list[Any]:
    extra = [] if assignment.extra is None else [assignment.extra, assignment.place]
    return [
        assignment.id,
        assignment.task.id,
        assignment.worker.id,
        assignment.started,
        assignment.ended,
        assignment.duplicate,
        assignment.state,
        assignment.labels,
        assignment.micros,
        *extra,
    ]
