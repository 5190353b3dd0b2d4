"""Commands: decisions that the driver must carry out or record, in the imperative.

The driver sends a command to a worker, trains a model and so on, and records it in the run file.
``micros`` is always the pay that the decision books, in micro-dollars.
"""

from enum import StrEnum

from msgspec import Struct

from clamshell_tui.core.ids import (
    AssignmentId,
    BatchId,
    ClassIndex,
    Micros,
    RecordId,
    RequestId,
    TaskId,
    WorkerId,
)


class _Order(Struct, frozen=True, tag=True, tag_field="command", gc=False):
    """Base of all commands."""


class Outcome(StrEnum):
    """How an answer was treated."""

    COUNTED = "counted"
    LATE = "late"  # after the end of the assignment: kept for the audit, never counted
    REPEATED = "repeated"  # the same answer again: same acknowledgement, nothing else happens
    CONFLICT = "conflict"  # another answer to an answered assignment: the first one stands


class PayKind(StrEnum):
    """The kind of work or time that a ledger entry pays."""

    WAITING = "waiting"
    TRAINING = "training"
    RECORDS = "records"
    TERMINATED = "terminated"
    PARTIAL = "partial"  # time on a task that was given back or cut short, at the waiting rate
    MACHINE = "machine"  # what machines cost


PEOPLE_KINDS: tuple[PayKind, ...] = tuple([kind for kind in PayKind if kind is not PayKind.MACHINE])
"""The kinds that workers are paid."""


class PostRecruitment(_Order, frozen=True):
    """Advertise this many seats until ``expires``; it replaces the previous posting."""

    seats: int
    expires: float


class ResizePool(_Order, frozen=True):
    """Report that the pool has this many slots from now on."""

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
    """Turn away a worker that did not qualify or is not needed."""

    worker: WorkerId
    reason: str
    correct: int = 0
    asked: int = 0


class Seat(_Order, frozen=True):
    """Give a worker of the reserve a slot of the pool."""

    worker: WorkerId
    slot: int


class CutBatch(_Order, frozen=True):
    """Report new tasks of a batch. ``active`` holds the actively selected records.

    Without a barrier, a batch is reported several times, each time with the tasks added.
    """

    batch: BatchId
    tasks: tuple[TaskId, ...]
    records: tuple[tuple[RecordId, ...], ...]
    active: frozenset[RecordId]
    model: int


class Assign(_Order, frozen=True):
    """Send a task to an idle worker."""

    assignment: AssignmentId
    worker: WorkerId
    task: TaskId
    records: tuple[RecordId, ...]
    duplicate: bool


class Acknowledge(_Order, frozen=True):
    """Confirm the receipt of an answer to its worker.

    ``partial`` of the ``micros`` are for the time on records that the worker skipped.
    """

    assignment: AssignmentId
    worker: WorkerId
    outcome: Outcome
    micros: Micros
    partial: Micros = 0


class Terminate(_Order, frozen=True):
    """Take an assignment from a worker because the task needs no further answer."""

    assignment: AssignmentId
    worker: WorkerId
    micros: Micros


class Withdraw(_Order, frozen=True):
    """Take back an assignment without an answer, for a reason on the worker's side.

    ``state`` is the ending: ``skipped``, ``left``, ``lost``, ``expired``, ``preempted``.
    """

    assignment: AssignmentId
    worker: WorkerId
    state: str
    micros: Micros


class AskMachine(_Order, frozen=True):
    """Send records to a machine without a request."""

    request: RequestId
    worker: WorkerId
    records: tuple[RecordId, ...]


class AcknowledgeMachine(_Order, frozen=True):
    """Confirm the receipt of a machine's answer, and book its cost."""

    request: RequestId
    worker: WorkerId
    outcome: Outcome
    micros: Micros


class WithdrawRequest(_Order, frozen=True):
    """Take back a request without an answer; ``state`` is ``skipped``, ``lost`` or ``expired``."""

    request: RequestId
    worker: WorkerId
    state: str


class ReleaseMachine(_Order, frozen=True):
    """End a machine's session."""

    worker: WorkerId
    reason: str


class DeliverLabels(_Order, frozen=True):
    """Deliver labels to requester and learner: of a completed task, or without one of a machine.

    ``support`` is, per record, the share of the votes (by weight) that the label got; with adaptive
    votes, the probability that it is right; for a machine's label, the share of such labels of its
    that were right.
    """

    task: TaskId | None
    records: tuple[RecordId, ...]
    labels: tuple[ClassIndex, ...]
    support: tuple[float, ...]
    active: tuple[bool, ...]


class SetAside(_Order, frozen=True):
    """Report a task on which too many workers failed; its records get no label."""

    task: TaskId
    records: tuple[RecordId, ...]


class CloseBatch(_Order, frozen=True):
    """Report the end of a batch. ``mpl`` is the mean pool latency, seconds per label."""

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
    """Give a worker no further task in this run: maintenance replaces it.

    ``estimate`` is the assessed quantity (seconds per label for the objective ``latency``) and
    ``evidence`` the result of the test: a p-value, or a posterior probability.
    """

    worker: WorkerId
    reason: str
    estimate: float
    threshold: float
    evidence: float


class Release(_Order, frozen=True):
    """End a worker's session and send the pay statement."""

    worker: WorkerId
    reason: str
    owed: Micros


class Retrain(_Order, frozen=True):
    """Train a model on the first ``labels`` labels delivered, and rank a candidate sample."""

    labels: int


class FinishRun(_Order, frozen=True):
    """End the run: all workers are released. Only a last model may follow."""

    reason: str


class Warn(_Order, frozen=True):
    """Show a warning to the operator."""

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
    | AskMachine
    | AcknowledgeMachine
    | WithdrawRequest
    | ReleaseMachine
    | SetAside
    | CloseBatch
    | PayWaiting
    | Evict
    | Release
    | Retrain
    | FinishRun
    | Warn
)
