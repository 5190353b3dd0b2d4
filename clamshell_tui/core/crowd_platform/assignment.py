"""One worker's attempt at one task.

Theory of operation: an assignment is *active* from the moment it is sent until exactly one thing
ends it. Nothing is ever un-ended: an answer that arrives after the end is kept for the audit, paid
by :mod:`~clamshell_tui.core.crowd_platform.pay_rules`, and a second thought is a new assignment.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from clamshell_tui.core.ids import AssignmentId, ClassIndex

if TYPE_CHECKING:
    from clamshell_tui.core.crowd_platform.task import Task
    from clamshell_tui.core.crowd_platform.worker import Worker


class AssignmentState(StrEnum):
    """What happened to an assignment."""

    ACTIVE = "active"  # sent, not answered yet
    COMPLETED = "completed"  # answered, and the answer counted
    TERMINATED = "terminated"  # another answer made this one unnecessary
    SKIPPED = "skipped"  # given back by the worker
    NOT_SHOWN = "not-shown"  # given back: the worker's terminal cannot show its records
    LEFT = "left"  # the worker left for good
    LOST = "lost"  # the worker's connection was lost, for longer than the grace
    EXPIRED = "expired"  # nobody answered within the lease
    PREEMPTED = "preempted"  # the worker was evicted in the middle of it


ACTIVE = AssignmentState.ACTIVE
ENDINGS = frozenset(AssignmentState) - {ACTIVE}


class Assignment(Struct, eq=False):
    """The attempt itself; ``started`` and ``ended`` in seconds since the run began."""

    id: AssignmentId
    task: "Task"
    worker: "Worker"
    started: float
    duplicate: bool
    state: AssignmentState = ACTIVE
    ended: float | None = None
    labels: tuple[ClassIndex, ...] | None = None  # the first answer received, counted or not
    micros: int = 0  # paid for it so far
    payable_until: float = -1.0  # by the worker's clock: a late answer is paid; negative: never
    foretold: float = float("inf")  # when it would be answered, if the simulator told

    def end(self, state: AssignmentState, now: float) -> None:
        """Leave *active* for one of :data:`ENDINGS`; the only transition there is."""
        if self.state is not ACTIVE or state is ACTIVE:
            raise ValueError(f"assignment {self.id} is {self.state}: cannot become {state}")
        self.state = state
        self.ended = now
