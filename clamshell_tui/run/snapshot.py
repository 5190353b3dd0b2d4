"""Frozen state of a run at one moment, for screens: its totals, workers, machines and tasks.

Screens hold no reference to the engine, so what they draw cannot change between two reads.
"""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.core.crowd_platform.machine import Machine
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.settings import CHANGEABLE
from clamshell_tui.run.estimates import ObservedWorkers
from clamshell_tui.run.fairness import hourly_wage
from clamshell_tui.run.totals import RunTotals, threshold, totals


class WorkerSnapshot(Struct, frozen=True):
    """A worker in the run. Latencies in seconds per label, ages in seconds.

    ``expected`` is the duration of the current task by the worker's mean so far. ``p_value`` and
    ``slow``: see :class:`~clamshell_tui.run.estimates.LatencyEstimates`. ``gold_right`` of
    ``gold_asked`` known answers, beside them ``checks_right`` of ``checks_asked`` checks,
    ``agreed`` of ``compared`` labels with the consensus.
    """

    worker: str
    slot: int | None
    state: str
    connected: bool
    joined: float
    task: int | None
    duplicate: bool
    task_age: float
    expected: float | None
    completed: int
    terminated: int
    skipped: int
    fast: int
    empirical: float | None
    termest: float | None
    censored: float | None
    p_value: float | None
    slow: float | None
    gold_right: int
    gold_asked: int
    checks_right: int
    checks_asked: int
    agreed: int
    compared: int
    owed_micros: int
    wage: float | None  # dollars per hour of presence, without the task in hand


class MachineSnapshot(Struct, frozen=True):
    """A machine whose session is open: ``right`` of ``asked`` answers by people and gold records.

    ``accepted`` answers of its source are labels; ``away`` is without a connection.
    """

    worker: str
    source: str
    state: str  # active, available, or away
    joined: float
    request_age: float
    answered: int
    abstained: int
    failed: int
    right: int
    asked: int
    accepted: int
    micros: int


class TaskSnapshot(Struct, frozen=True):
    """A task of the open batch: number of live assignments, and age in seconds."""

    task: int
    state: str
    live: int
    missing: int
    active: bool  # holds records selected by uncertainty
    age: float


class Snapshot(Struct, frozen=True):
    """The run at ``run.now``. ``workers``: by slot, then the reserve, then in training."""

    run: RunTotals
    workers: tuple[WorkerSnapshot, ...]
    tasks: tuple[TaskSnapshot, ...]
    starved: int  # open tasks without a live assignment
    stragglers: int  # assignments older than twice their worker's mean
    setting: dict[
        str, int | float | bool | str
    ]  # current values of the settings that an operator may change
    machines: tuple[MachineSnapshot, ...] = ()


_STRAGGLES = 2.0  # times the expected age
_MOST_TASKS = 400  # of the open batch in a snapshot: more would not fit on any screen


def take_snapshot(
    engine: Engine, observed: ObservedWorkers, leaving: Iterable[Worker], now: float
) -> Snapshot:
    """Copy the state for a screen, in time proportional to the slots.

    ``leaving`` workers gave up their slot and finish their current task.
    """
    pool = engine.state.pool
    people = [worker for worker in pool.slots if worker is not None]
    people += pool.reserve.values()
    people += leaving
    people += _in_training(engine)
    limit = threshold(engine)
    cards = tuple([worker_snapshot(engine, each, observed, limit, now) for each in people])
    tasks = _tasks(engine, now)
    return Snapshot(
        run=totals(engine, now),
        workers=cards,
        tasks=tasks,
        starved=sum(task.state == "unassigned" for task in tasks),
        stragglers=_stragglers(cards),
        setting=_settings(engine),
        machines=_machines(engine, now),
    )


def _machines(engine: Engine, now: float) -> tuple[MachineSnapshot, ...]:
    machines = engine.state.machines
    if machines is None:
        return ()
    accepted = Counter(each.source for each in machines.accepted.values())
    found = [each for each in machines.members.values() if not each.over]
    return tuple([_machine(each, accepted[each.source.name], now) for each in found])


def _machine(machine: Machine, accepted: int, now: float) -> MachineSnapshot:
    request, measured = machine.request, machine.source.calibration
    state = "available" if request is None else "active"
    return MachineSnapshot(
        worker=machine.id,
        source=machine.source.name,
        state=state if machine.connected else "away",
        joined=machine.joined,
        request_age=0.0 if request is None else now - request.sent,
        answered=machine.answered,
        abstained=machine.abstained,
        failed=machine.failed,
        right=sum(measured.right),
        asked=sum(measured.asked),
        accepted=accepted,
        micros=machine.micros,
    )


def aged(snapshot: Snapshot, now: float) -> Snapshot:
    """Return ``snapshot`` with the ages of live work as of ``now``, at or after its time."""
    run = snapshot.run
    later = now - run.now
    if later <= 0.0:
        return snapshot
    batch = None if run.batch is None else replace(run.batch, age=run.batch.age + later)
    cards = tuple(
        [
            card if card.task is None else replace(card, task_age=card.task_age + later)
            for card in snapshot.workers
        ]
    )
    tasks = tuple(
        [replace(task, age=task.age + later) if task.live else task for task in snapshot.tasks]
    )
    return replace(
        snapshot,
        run=replace(run, now=now, batch=batch),
        workers=cards,
        tasks=tasks,
        stragglers=_stragglers(cards),
    )


def _stragglers(cards: Iterable[WorkerSnapshot]) -> int:
    return sum(
        card.expected is not None and card.task_age > _STRAGGLES * card.expected for card in cards
    )


def _in_training(engine: Engine) -> list[Worker]:
    """Search from the newest worker: those in training joined last."""
    pool = engine.state.pool
    found: list[Worker] = []
    for worker in reversed(pool.workers.values()):
        if len(found) == pool.training:
            break
        if worker.state == "training":
            found.append(worker)
    return found


def worker_snapshot(
    engine: Engine, worker: Worker, observed: ObservedWorkers, limit: float, now: float
) -> WorkerSnapshot:
    """Copy the state of a worker, whose estimates are compared with ``limit``."""
    assignment = worker.assignment
    estimates = observed.estimates(worker.id, limit)
    mean, expected = estimates.empirical, None
    if assignment is not None and mean is not None:
        expected = mean * assignment.size
    waiting = 0
    if worker.paid_since is not None:
        waiting = engine.state.ledger.time(worker.paid_since, now)
    return WorkerSnapshot(
        worker=worker.id,
        slot=worker.slot,
        state=str(worker.state),
        connected=worker.connected,
        joined=worker.joined,
        task=None if assignment is None else assignment.task.id,
        duplicate=assignment is not None and assignment.duplicate,
        task_age=0.0 if assignment is None else now - assignment.started,
        expected=expected,
        completed=worker.completed,
        terminated=worker.terminated,
        skipped=worker.skipped,
        fast=worker.fast,
        empirical=mean,
        termest=estimates.termest,
        censored=estimates.censored,
        p_value=estimates.p_value,
        slow=estimates.slow,
        gold_right=worker.gold_correct - worker.checks_right,
        gold_asked=worker.gold_asked - worker.checks_asked,
        checks_right=worker.checks_right,
        checks_asked=worker.checks_asked,
        agreed=worker.agreed,
        compared=worker.compared,
        owed_micros=worker.owed + waiting,
        wage=_wage(worker, worker.owed + waiting, now),
    )


def _wage(worker: Worker, micros: int, now: float) -> float | None:
    ended = now if worker.ended is None else worker.ended
    in_hand = 0.0 if worker.assignment is None else now - worker.assignment.started
    return hourly_wage(micros, worker.clock(ended) - worker.joined - in_hand)


def _tasks(engine: Engine, now: float) -> tuple[TaskSnapshot, ...]:
    batch = engine.state.batch
    if batch is None:
        return ()
    return tuple(
        [
            TaskSnapshot(
                task=task.id,
                state=str(task.state),
                live=len(task.live),
                missing=task.missing,
                active=bool(task.active),
                age=0.0 if task.started is None else now - task.started,
            )
            for task in batch.tasks[:_MOST_TASKS]
        ]
    )


def _settings(engine: Engine) -> dict[str, int | float | bool | str]:
    config = engine.state.config
    found: dict[str, int | float | bool | str] = {}
    for key in CHANGEABLE:
        section, name = key.split(".")
        found[key] = getattr(getattr(config, section), name)
    return found
