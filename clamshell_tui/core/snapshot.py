"""A frozen picture of a run, for progress displays and screens: they own no truth of their own."""

from typing import TYPE_CHECKING

from msgspec import Struct

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.task import TaskState
from clamshell_tui.core.crowd_platform.worker import Worker

if TYPE_CHECKING:
    from clamshell_tui.core.engine import Engine


class WorkerView(Struct, frozen=True):
    """One worker in the pool or the reserve. Latencies in seconds per label."""

    worker: str
    slot: int | None
    state: str
    connected: bool
    task: int | None
    task_age: float
    completed: int
    terminated: int
    mean_latency: float | None
    estimated_latency: float | None
    accuracy: float | None
    owed_micros: int


class BatchView(Struct, frozen=True):
    """The batch in play: ``done`` of ``tasks`` are complete, ``covered`` have a duplicate.

    ``uncertain`` ones hold records that were selected by the model's uncertainty.
    """

    id: int
    tasks: int
    done: int
    uncertain: int
    covered: int
    age: float
    model: int


class ModelView(Struct, frozen=True):
    """The current model; version 0: there is none yet."""

    version: int
    labels_used: int
    accuracy: float | None
    estimated: bool
    age: float | None
    training: bool


class Snapshot(Struct, frozen=True):
    """The run at ``now``, in seconds since it began; money in micro-dollars."""

    now: float
    phase: str
    paused: bool
    finish_reason: str
    first_assignment: float | None
    records: int
    labels: int
    set_aside: int
    budget: int | None
    batches: int
    batch: BatchView | None
    slots: int
    seated: int
    idle: int
    reserve: int
    training: int
    workers: tuple[WorkerView, ...]
    assignments: int
    duplicates: int
    evictions: int
    asking: tuple[str, ...]  # workers whose eviction the operator has to decide
    threshold: float | None
    cost: dict[str, int]
    model: ModelView
    agreement: float | None


def take_snapshot(engine: "Engine", now: float) -> Snapshot:
    """Copy what is worth showing."""
    state, pool = engine.state, engine.state.pool
    workers = [*pool.present(), *pool.reserve.values()]
    threshold = engine.maintainer.threshold() if engine.maintainer.enabled else None
    return Snapshot(
        now=now,
        phase=str(state.phase),
        paused=state.paused,
        finish_reason=state.finish_reason,
        first_assignment=state.first_assignment,
        records=state.records.submitted - len(state.gold),
        labels=len(state.labels),
        set_aside=len(state.set_aside),
        budget=state.config.stop.labels,
        batches=len(state.batches),
        batch=_batch_view(engine, now),
        slots=pool.size,
        seated=pool.seated,
        idle=len(pool.idle),
        reserve=len(pool.reserve),
        training=pool.training,
        workers=tuple([_worker_view(engine, worker, now) for worker in workers]),
        assignments=len(state.assignments),
        duplicates=state.duplicates,
        evictions=engine.maintainer.evictions,
        asking=engine.maintainer.asking,
        threshold=threshold,
        cost={str(kind): state.ledger.totals[kind] for kind in PayKind},
        model=_model_view(engine, now),
        agreement=state.election.agreement.alpha,
    )


def _batch_view(engine: "Engine", now: float) -> BatchView | None:
    batch = engine.state.batch
    if batch is None:
        return None
    return BatchView(
        id=batch.id,
        tasks=len(batch.tasks),
        done=len(batch.tasks) - batch.remaining,
        uncertain=sum(bool(task.active) for task in batch.tasks),
        covered=sum(
            task.state is TaskState.ACTIVE and len(task.live) > task.missing for task in batch.tasks
        ),
        age=now - (batch.started if batch.started is not None else batch.cut),
        model=batch.model,
    )


def _model_view(engine: "Engine", now: float) -> ModelView:
    retraining = engine.retraining
    trained_at = retraining.trained_at
    return ModelView(
        version=retraining.version,
        labels_used=retraining.labels_used,
        accuracy=retraining.accuracy,
        estimated=retraining.estimated,
        age=None if trained_at is None else now - trained_at,
        training=retraining.training,
    )


def _worker_view(engine: "Engine", worker: Worker, now: float) -> WorkerView:
    assignment = worker.assignment
    return WorkerView(
        worker=worker.id,
        slot=worker.slot,
        state=str(worker.state),
        connected=worker.connected,
        task=None if assignment is None else assignment.task.id,
        task_age=0.0 if assignment is None else now - assignment.started,
        completed=worker.completed,
        terminated=worker.terminated,
        mean_latency=worker.evidence.mean,
        estimated_latency=engine.state.estimator.peek(worker.evidence),
        accuracy=worker.accuracy if worker.checked else None,
        owed_micros=worker.owed,
    )
