"""A batch: the tasks in play together."""

from msgspec import Struct

from clamshell_tui.core.crowd_platform.task import Task
from clamshell_tui.core.ids import BatchId


class Batch(Struct, eq=False):
    """Its progress; times in seconds since the run began."""

    id: BatchId
    tasks: list[Task]
    remaining: int  # tasks that are neither complete nor set aside nor cancelled
    cut: float
    model: int  # version of the model whose ranking was used; 0: none
    started: float | None = None  # first assignment
    ended: float | None = None
    latency_total: float = 0.0  # seconds per label, over the completed assignments
    completions: int = 0

    @property
    def mpl(self) -> float | None:
        """Mean pool latency: mean seconds per label over the completed assignments (§6.2)."""
        return self.latency_total / self.completions if self.completions else None
