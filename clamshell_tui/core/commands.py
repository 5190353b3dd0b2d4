"""Decisions: what the engine tells its driver to do or to note, in the imperative.

A driver carries each one out (sends it to a worker, trains a model) and writes what the run file
keeps of it. ``micros`` is always the pay that the decision books, in micro-dollars.
"""

from enum import StrEnum

from msgspec import Struct

from clamshell_tui.core.ids import (
    AssignmentId,
    BatchId,
    ClassIndex,
    Micros,
    RecordId,
    TaskId,
    WorkerId,
)


class _Order(Struct, frozen=True, tag=True, tag_field="command", gc=False):
    """Base of all commands."""


class Outcome(StrEnum):
    """What became of an answer."""

    COUNTED = "counted"
    LATE = "late"  # the assignment had ended: kept for the audit, never counted
    REPEATED = "repeated"  # the same answer again: same acknowledgement, nothing else happens
    CONFLICT = "conflict"  # another answer to an answered assignment: the first one stands


class PayKind(StrEnum):
    """What a ledger entry pays for."""

    WAITING = "waiting"
    TRAINING = "training"
    RECORDS = "records"
    TERMINATED = "terminated"
    PARTIAL = "partial"  # time on a task that was given back or cut short, at the waiting rate


class PostRecruitment(_Order, frozen=True):
    """Advertise this many seats until ``expires``; it replaces the previous posting."""

    seats: int
    expires: float


class ResizePool(_Order, frozen=True):
    """Note that the load calls for this many slots from now on."""

    slots: int


class Qualify(_Order, frozen=True):
    """Train a worker on these gold records and report the answers."""

    worker: WorkerId
    records: tuple[RecordId, ...]


class Admit(_Order, frozen=True):
    """Let a qualified worker into the reserve; ``correct`` of ``asked`` gold answers were right."""

    worker: WorkerId
    correct: int
    asked: int


class Reject(_Order, frozen=True):
    """Thank somebody who did not qualify or is not needed."""

    worker: WorkerId
    reason: str
    correct: int = 0
    asked: int = 0


class Seat(_Order, frozen=True):
    """Give a worker of the reserve a slot of the pool."""

    worker: WorkerId
    slot: int


class CutBatch(_Order, frozen=True):
    """Note that a batch of tasks is in play. ``active`` holds the actively selected records.

    Without a barrier it comes again for the same batch, with the tasks that were added.
    """

    batch: BatchId
    tasks: tuple[TaskId, ...]
    records: tuple[tuple[RecordId, ...], ...]
    active: frozenset[RecordId]
    model: int


class Assign(_Order, frozen=True):
    """Send a task to a worker, who is waiting."""

    assignment: AssignmentId
    worker: WorkerId
    task: TaskId
    records: tuple[RecordId, ...]
    duplicate: bool


class Acknowledge(_Order, frozen=True):
    """Tell a worker what became of an answer."""

    assignment: AssignmentId
    worker: WorkerId
    outcome: Outcome
    micros: Micros


class Terminate(_Order, frozen=True):
    """Take an assignment from a worker because the task needs no further answer."""

    assignment: AssignmentId
    worker: WorkerId
    micros: Micros


class Withdraw(_Order, frozen=True):
    """Take an assignment from a worker who gave it back, left, was lost, evicted, or silent.

    ``state`` is the assignment's end: ``skipped``, ``left``, ``lost``, ``expired``, ``preempted``.
    """

    assignment: AssignmentId
    worker: WorkerId
    state: str
    micros: Micros


class DeliverLabels(_Order, frozen=True):
    """Give the requester and the learner the labels of a completed task.

    ``support`` is, per record, the share of the votes (by weight) that the label got; with adaptive
    votes, the probability that it is right.
    """

    task: TaskId
    records: tuple[RecordId, ...]
    labels: tuple[ClassIndex, ...]
    support: tuple[float, ...]
    active: tuple[bool, ...]


class SetAside(_Order, frozen=True):
    """Report a task on which too many workers failed; its records get no label."""

    task: TaskId
    records: tuple[RecordId, ...]


class CloseBatch(_Order, frozen=True):
    """Note that every task of a batch is complete. ``mpl`` is mean seconds per label."""

    batch: BatchId
    mpl: float | None


class PayWaiting(_Order, frozen=True):
    """Book a closed interval of paid time."""

    worker: WorkerId
    kind: PayKind
    since: float
    until: float
    micros: Micros


class Evict(_Order, frozen=True):
    """Tell a worker that there are no more tasks in this run: maintenance found a better one.

    ``estimate`` is the assessed quantity (seconds per label for the objective ``latency``) and
    ``evidence`` what decided: a p-value, or a posterior probability.
    """

    worker: WorkerId
    reason: str
    estimate: float
    threshold: float
    evidence: float


class Release(_Order, frozen=True):
    """End a worker's session: the pay statement is due. ``reason`` says why."""

    worker: WorkerId
    reason: str
    owed: Micros


class Retrain(_Order, frozen=True):
    """Train a model on the first ``labels`` labels delivered, and rank a candidate sample."""

    labels: int


class FinishRun(_Order, frozen=True):
    """The run is over: everybody is released. Only a last model may follow."""

    reason: str


class Warn(_Order, frozen=True):
    """Tell the operator."""

    code: str
    message: str


Command = (
    PostRecruitment
    | ResizePool
    | Qualify
    | Admit
    | Reject
    | Seat
    | CutBatch
    | Assign
    | Acknowledge
    | Terminate
    | Withdraw
    | DeliverLabels
    | SetAside
    | CloseBatch
    | PayWaiting
    | Evict
    | Release
    | Retrain
    | FinishRun
    | Warn
)
