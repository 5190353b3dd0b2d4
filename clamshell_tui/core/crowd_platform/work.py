"""Life cycles: assignment, task, worker and batch.

Each life cycle is a table of states and allowed transitions; ``become`` and ``end`` refuse others.

**Assignment**: one worker's attempt at one task. It is *active* from the moment it is sent until
exactly one event ends it, and an end is final: an answer after the end is kept for the audit and
paid by :mod:`~clamshell_tui.core.crowd_platform.pay_rules`; a second attempt is a new assignment.

**Task**: the records that one worker labels in one sitting (the paper's HIT). *unassigned* ->
*active* -> *complete*. A task that lost all its assignments is unassigned again; with votes, a task
stays active until it has its answers. A record that a worker skips while answering the others is
asked again in a task of its own, which begins with the votes that it has. Two more ends exist: *set
aside* after too many failures, and *cancelled* if the run drains before the first answer.
``missing`` counts the answers still needed; ``len(live) - missing`` is the number of duplicates in
flight (negative: the task needs a worker).

**Worker**: a session from the accepted posting to the pay statement. *training* -> *reserve* ->
*available* <-> *active* -> *left* or *evicted*; a worker that does not qualify is *rejected*.
Connection is separate from state: after a lost connection, a worker keeps state, slot and task for
the grace. A gracefully departing worker has given up the slot and finishes the task in hand.

**Batch**: the tasks in play together. Without a barrier (``tasks.batching = "continuous"``) tasks
are cut one by one. A batch is then a run of them, as many as a batch with a barrier would hold: it
grows while it is in play, and batches overlap. There it only serves statistics and charts.

Assignments, tasks and votes are structs, quick to make; ``gc=False`` keeps millions of them out of
the collector's sight, and the cycles of tasks in hand are broken when they end. What is changed
more often than made is a dataclass: setting a field of a struct takes four times as long.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from clamshell_tui.core.commands import PEOPLE_KINDS, PayKind
from clamshell_tui.core.ids import AssignmentId, BatchId, ClassIndex, RecordId, TaskId, WorkerId
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence


class AssignmentState(StrEnum):
    """State of an assignment: active, or how it ended."""

    ACTIVE = "active"  # sent, not answered yet
    COMPLETED = "completed"  # answered, and the answer counted
    TERMINATED = "terminated"  # another answer made this one unnecessary
    SKIPPED = "skipped"  # given back by the worker
    NOT_SHOWN = "not-shown"  # given back: the worker's terminal cannot show its records
    LEFT = "left"  # the worker left for good
    LOST = "lost"  # the worker's connection was lost, for longer than the grace
    EXPIRED = "expired"  # no answer within the lease
    PREEMPTED = "preempted"  # the worker was evicted in the middle of it


ACTIVE = AssignmentState.ACTIVE
NEVER = float("-inf")  # a worker's clock is below 0 if the last sign of life was before the start


class Assignment(Struct, eq=False, gc=False):
    """One attempt at a task; times in seconds since the start of the run."""

    id: AssignmentId
    task: "Task"
    worker: "Worker"
    started: float
    duplicate: bool
    state: AssignmentState = ACTIVE
    ended: float | None = None
    labels: tuple[ClassIndex | None, ...] | None = None  # the first answer, counted or not
    micros: int = 0  # paid for it so far
    payable_until: float = NEVER  # by the worker's clock: until then a late answer is paid
    stopped: float = 0.0  # seconds in which the coordinator stood still
    foretold: float = float("inf")  # when it would be answered, known to a simulator only
    extra: RecordId | None = None  # beyond the task's: a check, or a filler; see Checks
    place: int = 0  # of the extra record among the others

    @property
    def records(self) -> tuple[RecordId, ...]:
        """The records that the worker is asked."""
        records, extra = self.task.records, self.extra
        if extra is None:
            return records
        return (*records[: self.place], extra, *records[self.place :])

    @property
    def size(self) -> int:
        """Number of records that the worker is asked."""
        return len(self.task.records) + (self.extra is not None)

    def elapsed(self, now: float) -> float:
        """Return its age, without the time in which the coordinator stood still."""
        return now - self.started - self.stopped

    def end(self, state: AssignmentState, now: float) -> None:
        """Leave *active* for another state, or raise and change nothing."""
        if self.state is not ACTIVE or state is ACTIVE:
            raise ValueError(f"assignment {self.id} is {self.state}: cannot become {state}")
        self.state = state
        self.ended = now


class TaskState(StrEnum):
    UNASSIGNED = "unassigned"
    ACTIVE = "active"
    COMPLETE = "complete"
    SET_ASIDE = "set-aside"
    CANCELLED = "cancelled"


TASK_LIFE: dict[TaskState, frozenset[TaskState]] = {
    TaskState.UNASSIGNED: frozenset(
        {TaskState.ACTIVE, TaskState.COMPLETE, TaskState.SET_ASIDE, TaskState.CANCELLED}
    ),
    TaskState.ACTIVE: frozenset(
        {TaskState.UNASSIGNED, TaskState.COMPLETE, TaskState.SET_ASIDE, TaskState.CANCELLED}
    ),
    TaskState.COMPLETE: frozenset(),
    TaskState.SET_ASIDE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}

NOWHERE = -2
NEEDS_WORKER = -1


class Vote(Struct, frozen=True, gc=False):
    """One counted answer to a task: its worker, and a class per record (None: skipped)."""

    worker: WorkerId
    labels: tuple[ClassIndex | None, ...]


class Task(Struct, eq=False, gc=False):
    """A task, with its position in the index of open work."""

    id: TaskId
    batch: BatchId
    records: tuple[RecordId, ...]
    active: frozenset[RecordId]  # selected by uncertainty rather than at random
    missing: int  # answers that this task still needs
    quorum: int  # answers that its records need before they have a label
    answers: list[Vote]  # shared between the tasks of one ballot when votes are coupled
    seen: set[WorkerId] | None = None  # workers that answered or failed; None: none yet
    hidden_from: set[WorkerId] | None = None  # workers with terminals that cannot show it
    state: TaskState = TaskState.UNASSIGNED
    live: list[Assignment] = []
    failures: int = 0
    failed: list["Worker"] = []  # distinct workers, present or in good standing
    at_risk: bool = False  # one more failure in good standing sets it aside
    started: float | None = None
    ended: float | None = None
    place: int = NOWHERE  # NOWHERE, NEEDS_WORKER, or the bucket of tasks to duplicate
    position: int = 0  # index within that bucket
    short: bool = False  # cut one record short: assignments are filled up, see Checks

    def become(self, state: TaskState) -> None:
        """Change state along :data:`TASK_LIFE`, or raise and change nothing."""
        if state not in TASK_LIFE[self.state]:
            raise ValueError(f"task {self.id} is {self.state}: cannot become {state}")
        self.state = state

    def open_to(self, worker: WorkerId) -> bool:
        """Return whether this worker has neither answered the task nor failed on it."""
        return self.seen is None or worker not in self.seen

    def answered_by(self, worker: WorkerId) -> bool:
        """Return whether this worker's answer is among those counted."""
        return any(answer.worker == worker for answer in self.answers)

    def hide_from(self, worker: WorkerId) -> None:
        """Keep the task from this worker for good, even if it starves."""
        if self.hidden_from is None:
            self.hidden_from = set()
        self.hidden_from.add(worker)

    def shown_to(self, worker: WorkerId) -> bool:
        """Return whether this worker's terminal can show the task, as far as known."""
        return self.hidden_from is None or worker not in self.hidden_from

    def note_seen(self, worker: WorkerId) -> None:
        """Keep the task from this worker, unless it would starve."""
        if self.seen is None:
            self.seen = set()
        self.seen.add(worker)


class WorkerState(StrEnum):
    TRAINING = "training"
    RESERVE = "reserve"
    AVAILABLE = "available"
    ACTIVE = "active"
    LEFT = "left"
    EVICTED = "evicted"
    REJECTED = "rejected"


_GONE = frozenset({WorkerState.LEFT, WorkerState.EVICTED})

WORKER_LIFE: dict[WorkerState, frozenset[WorkerState]] = {
    WorkerState.TRAINING: frozenset({WorkerState.RESERVE, WorkerState.REJECTED, WorkerState.LEFT}),
    WorkerState.RESERVE: frozenset({WorkerState.AVAILABLE}) | _GONE,
    WorkerState.AVAILABLE: frozenset({WorkerState.ACTIVE}) | _GONE,
    WorkerState.ACTIVE: frozenset({WorkerState.AVAILABLE}) | _GONE,
    WorkerState.LEFT: frozenset(),
    WorkerState.EVICTED: frozenset(),
    WorkerState.REJECTED: frozenset(),
}

OVER = frozenset({WorkerState.LEFT, WorkerState.EVICTED, WorkerState.REJECTED})


@dataclass(slots=True, eq=False)
class Worker:
    """A worker's session; times in seconds since the start of the run."""

    id: WorkerId
    joined: float
    state: WorkerState = WorkerState.TRAINING
    slot: int | None = None
    connected: bool = True
    paused: bool = False  # gets no task
    lost_at: float | None = None  # when the loss of the connection was noticed
    present_until: float | None = None  # end of the presence that ended with the lost connection
    away: float = 0.0  # seconds of absences that are over
    losses: int = 0  # of the connection with a task in hand, since the last answer that counted
    loss_counts: bool = False  # away, and that counts as a skip: see pay_rules
    paid_since: float | None = None  # start of the open interval of paid waiting or training
    assignment: Assignment | None = None
    departing: str | None = None  # reason of the release after the task in hand
    gold: tuple[RecordId, ...] = ()  # the tutorial's records
    proven: float = 0.0  # seconds of training up to the last record that was answered
    stopped: float = 0.0  # seconds of training in which the coordinator stood still
    training: list[tuple[float, float]] = field(default_factory=list)  # not paid yet
    seated: float | None = None
    ended: float | None = None
    reason: str = ""
    completed: int = 0
    terminated: int = 0
    skipped: int = 0
    skipped_share: float = 0.0  # records skipped in tasks that were answered, in tasks
    repeated: int = 0  # skips of a task that the worker had failed on before, excused
    expired: int = 0  # leases, while connected
    late: int = 0  # answers after an ending that the worker caused
    fast: int = 0  # answers faster than anyone can read
    not_shown: int = 0  # tasks given back because the terminal cannot show them
    expired_in_row: int = 0
    gold_asked: int = 0  # known answers, in the qualification and at work
    gold_correct: int = 0
    checks_asked: int = 0  # ... of them those of Checks
    checks_right: int = 0
    compared: int = 0  # labels on which the others' votes had a majority
    agreed: int = 0  # ... with which this worker agreed
    doubt: float = 0.0  # how many of those compared the others are expected to have wrong
    earned: dict[PayKind, int] = field(default_factory=lambda: dict.fromkeys(PEOPLE_KINDS, 0))
    evidence: LatencyEvidence = field(default_factory=LatencyEvidence)

    def become(self, state: WorkerState) -> None:
        """Change state along :data:`WORKER_LIFE`, or raise and change nothing."""
        if state not in WORKER_LIFE[self.state]:
            raise ValueError(f"worker {self.id} is {self.state}: cannot become {state}")
        self.state = state

    @property
    def over(self) -> bool:
        """Whether the session has ended."""
        return self.state in OVER

    def clock(self, now: float) -> float:
        """Return the seconds of the run without the worker's absences."""
        return (now if self.present_until is None else self.present_until) - self.away

    @property
    def age(self) -> int:
        """Tasks completed in this run (§6.2)."""
        return self.completed

    @property
    def checked(self) -> int:
        """Labels of this worker that could be judged, on gold or against the others' votes."""
        return self.gold_asked + self.compared

    @property
    def accuracy(self) -> float:
        """Share of the judged labels that were right, smoothed by two pseudo-labels, one right."""
        return (self.gold_correct + self.agreed + 1.0) / (self.checked + 2.0)

    @property
    def refused(self) -> float:
        """Tasks that the worker gave back, whole or in part, or did not answer in time."""
        return self.skipped - self.repeated + self.skipped_share + self.expired

    @property
    def owed(self) -> int:
        """Micro-dollars earned in this run."""
        return sum(self.earned.values())


@dataclass(slots=True, eq=False)
class Batch:
    """Progress of a batch; times in seconds since the start of the run."""

    id: BatchId
    tasks: list[Task]
    remaining: int  # tasks that are neither complete nor set aside nor cancelled
    cut: float
    model: int  # version of the model whose ranking was used; 0: none
    started: float | None = None  # first assignment
    ended: float | None = None
    latency_total: float = 0.0  # seconds per label, over the completed assignments
    completions: int = 0
    groups: int = 0  # of records; coupled votes make several tasks of one group

    @property
    def mpl(self) -> float | None:
        """Mean pool latency: mean seconds per label over the completed assignments (§6.2)."""
        return self.latency_total / self.completions if self.completions else None
