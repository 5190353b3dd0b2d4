"""A task: the records that one worker labels in one sitting (the paper's HIT).

Theory of operation: *unassigned* -> *active* -> *complete*. A task that lost all its assignments
is unassigned again. With votes, a task stays active until it has its answers. Two more ends exist:
*set aside* when too many workers failed on it, and *cancelled* when the run drains before anybody
answered. ``missing`` counts the answers still needed; ``len(live) - missing`` is the number of
mitigation duplicates in flight (negative: the scheduler still owes the task a worker).
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from clamshell_tui.core.crowd_platform.assignment import Assignment
from clamshell_tui.core.ids import BatchId, ClassIndex, RecordId, TaskId, WorkerId

if TYPE_CHECKING:
    from clamshell_tui.core.crowd_platform.worker import Worker


class TaskState(StrEnum):
    """Where a task stands."""

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


class Answer(Struct, frozen=True):
    """One counted answer to a task: who, and a class per record."""

    worker: WorkerId
    labels: tuple[ClassIndex, ...]


class Task(Struct, eq=False):
    """The task and its indices into the state's open sets."""

    id: TaskId
    batch: BatchId
    records: tuple[RecordId, ...]
    active: frozenset[RecordId]  # selected by uncertainty rather than at random
    missing: int  # answers that this task still needs
    quorum: int  # answers that its records need before they have a label
    answers: list[Answer]  # shared between the tasks of one ballot when votes are coupled
    seen: set[WorkerId] | None = None  # who answered or failed; None: nobody yet
    hidden_from: set[WorkerId] | None = None  # whose terminals cannot show it
    state: TaskState = TaskState.UNASSIGNED
    live: list[Assignment] = []
    failures: int = 0
    failed: list["Worker"] = []  # distinct workers, who are here or in good standing
    at_risk: bool = False  # one more failure in good standing sets it aside
    started: float | None = None
    ended: float | None = None
    place: int = NOWHERE  # NOWHERE, NEEDS_WORKER, or the bucket of tasks to duplicate
    position: int = 0  # index within that bucket

    def become(self, state: TaskState) -> None:
        """Change state along :data:`TASK_LIFE`, or raise and change nothing."""
        if state not in TASK_LIFE[self.state]:
            raise ValueError(f"task {self.id} is {self.state}: cannot become {state}")
        self.state = state

    def open_to(self, worker: WorkerId) -> bool:
        """True unless this worker answered or failed on the task before."""
        return self.seen is None or worker not in self.seen

    def answered_by(self, worker: WorkerId) -> bool:
        """True if this worker's answer is among those counted."""
        return any(answer.worker == worker for answer in self.answers)

    def hide_from(self, worker: WorkerId) -> None:
        """Keep the task from this worker for good, even if it starves."""
        if self.hidden_from is None:
            self.hidden_from = set()
        self.hidden_from.add(worker)

    def shown_to(self, worker: WorkerId) -> bool:
        """False if this worker's terminal cannot show the task."""
        return self.hidden_from is None or worker not in self.hidden_from

    def note_seen(self, worker: WorkerId) -> None:
        """Keep the task from this worker, unless it would starve."""
        if self.seen is None:
            self.seen = set()
        self.seen.add(worker)
