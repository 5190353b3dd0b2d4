"""A simulated worker's place in a run: the task in hand, and how it will end."""

from collections.abc import Sequence

from clamshell_tui.core.ids import AssignmentId, WorkerId
from clamshell_tui.workforce.behaviour import Attempt, Behaviour


class SimulatedSeat:
    """``pending`` is the serial of the planned end of the task in hand, 0 when there is none."""

    __slots__ = (
        "asleep_until",
        "assignment",
        "attempt",
        "behaviour",
        "finish",
        "free_since",
        "gone",
        "interrupted",
        "pending",
        "task_truth",
        "worker",
    )

    def __init__(self, worker: WorkerId, behaviour: Behaviour, now: float) -> None:
        self.worker = worker
        self.behaviour = behaviour
        self.free_since = now
        self.interrupted = False
        self.gone = False
        self.asleep_until = 0.0
        self.assignment = AssignmentId(-1)
        self.task_truth: Sequence[int] = []
        self.attempt: Attempt | None = None
        self.pending = 0
        self.finish = 0.0
