"""A frozen picture of everything that screens show of one moment, and nothing that moves."""

from collections.abc import Iterable
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.settings import CHANGEABLE
from clamshell_tui.core.snapshot import Snapshot
from clamshell_tui.replica.observed import Observed


class WorkerCard(Struct, frozen=True):
    """One worker who is here. Latencies in seconds per label, ages in seconds.

    ``expected`` is how long the task in hand takes this worker by the mean so far. ``p_value`` and
    ``slow``: see :class:`~clamshell_tui.replica.observed.Estimates`. ``gold_right`` of
    ``gold_asked`` known answers, ``agreed`` of ``compared`` labels with the consensus.
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
    agreed: int
    compared: int
    owed_micros: int


class TaskCard(Struct, frozen=True):
    """One task of the open batch, for a strip of progress: how many work on it, and its age."""

    task: int
    state: str
    live: int
    missing: int
    active: bool  # holds records selected by uncertainty
    age: float


class Frame(Struct, frozen=True):
    """The run at ``run.now``. ``workers`` are those seated, by slot, then reserve and trainees."""

    run: Snapshot
    workers: tuple[WorkerCard, ...]
    tasks: tuple[TaskCard, ...]
    starved: int  # open tasks that nobody works on
    stragglers: int  # tasks in hand for longer than twice what their worker takes on average
    setting: dict[str, int | float | bool | str]  # what an operator can change, as it stands


_STRAGGLES = 2.0  # times the expected age
_MOST_TASKS = 400  # of the open batch in a frame: more would not fit on any screen


def take_frame(engine: Engine, observed: Observed, leaving: Iterable[Worker], now: float) -> Frame:
    """Copy what is worth showing; takes time in proportion to the slots.

    ``leaving`` have given up their slot and finish the task in hand.
    """
    pool = engine.state.pool
    threshold = engine.maintainer.threshold() if engine.maintainer.enabled else inf
    people = [worker for worker in pool.slots if worker is not None]
    people += pool.reserve.values()
    people += leaving
    people += _in_training(engine)
    cards = tuple([_card(engine, worker, observed, threshold, now) for worker in people])
    tasks = _tasks(engine, now)
    return Frame(
        run=engine.snapshot(now),
        workers=cards,
        tasks=tasks,
        starved=sum(task.state == "unassigned" for task in tasks),
        stragglers=_stragglers(cards),
        setting=_settings(engine),
    )


def aged(frame: Frame, now: float) -> Frame:
    """The same, but with the ages of what is in hand as of ``now``, which is not before."""
    later = now - frame.run.now
    if later <= 0.0:
        return frame
    cards = tuple(
        [
            card if card.task is None else replace(card, task_age=card.task_age + later)
            for card in frame.workers
        ]
    )
    tasks = tuple(
        [replace(task, age=task.age + later) if task.live else task for task in frame.tasks]
    )
    return replace(frame, workers=cards, tasks=tasks, stragglers=_stragglers(cards))


def _stragglers(cards: Iterable[WorkerCard]) -> int:
    return sum(
        card.expected is not None and card.task_age > _STRAGGLES * card.expected for card in cards
    )


def _in_training(engine: Engine) -> list[Worker]:
    """The latest to come are the ones who may still be in training."""
    pool = engine.state.pool
    found: list[Worker] = []
    for worker in reversed(pool.workers.values()):
        if len(found) == pool.training:
            break
        if worker.state == "training":
            found.append(worker)
    return found


def _card(
    engine: Engine, worker: Worker, observed: Observed, threshold: float, now: float
) -> WorkerCard:
    assignment = worker.assignment
    estimates = observed.estimates(worker.id, threshold)
    mean, expected = estimates.empirical, None
    if assignment is not None and mean is not None:
        expected = mean * len(assignment.task.records)
    waiting = 0
    if worker.paid_since is not None:
        waiting = engine.state.ledger.time(worker.paid_since, now)
    return WorkerCard(
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
        gold_right=worker.gold_correct,
        gold_asked=worker.gold_asked,
        agreed=worker.agreed,
        compared=worker.compared,
        owed_micros=worker.owed + waiting,
    )


def _tasks(engine: Engine, now: float) -> tuple[TaskCard, ...]:
    batch = engine.state.batch
    if batch is None:
        return ()
    return tuple(
        [
            TaskCard(
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
