"""Totals of a run at one moment, for progress lines."""

from math import inf

from msgspec import Struct

from clamshell_tui.core.crowd_platform.work import TaskState
from clamshell_tui.core.engine import Engine


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
    """The current model; version 0 before the first."""

    version: int
    labels_used: int
    accuracy: float | None
    estimated: bool
    age: float | None
    training: bool


class RunTotals(Struct, frozen=True):
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
    away: int  # of those seated, without a connection
    idle: int
    reserve: int
    training: int
    assignments: int
    duplicates: int
    evictions: int
    asking: tuple[str, ...]  # workers whose eviction the operator has to decide
    threshold: float | None
    cost: dict[str, int]
    model: ModelView
    agreement: float | None


def totals(engine: Engine, now: float) -> RunTotals:
    state, pool = engine.state, engine.state.pool
    return RunTotals(
        now=now,
        phase=str(state.phase),
        paused=state.paused,
        finish_reason=state.finish_reason,
        first_assignment=state.first_assignment,
        records=state.records.submitted - len(state.gold) - state.seeds,
        labels=len(state.labels),
        set_aside=len(state.set_aside),
        budget=state.config.stop.labels,
        batches=len(state.batches),
        batch=_batch_view(engine, now),
        slots=pool.size,
        seated=pool.seated,
        away=sum(not worker.connected for worker in pool.present()),
        idle=len(pool.idle),
        reserve=len(pool.reserve),
        training=pool.training,
        assignments=len(state.assignments),
        duplicates=state.duplicates,
        evictions=engine.maintainer.evictions,
        asking=engine.maintainer.asking,
        threshold=threshold(engine) if engine.maintainer.enabled else None,
        cost={str(kind): micros for kind, micros in state.ledger.totals.items()},
        model=_model_view(engine, now),
        agreement=state.election.agreement.alpha,
    )


def _batch_view(engine: Engine, now: float) -> BatchView | None:
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


def _model_view(engine: Engine, now: float) -> ModelView:
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


def threshold(engine: Engine) -> float:
    """Return the current threshold of maintenance in seconds per label; infinite if it is off."""
    return engine.maintainer.threshold() if engine.maintainer.enabled else inf
