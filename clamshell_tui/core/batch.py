"""A batch: the tasks in play together.

Without a barrier (``tasks.batching = "continuous"``) tasks come into play one by one, and a batch
is as many of them, in order, as a batch would have held: it grows while it is in play, and several
overlap. It serves accounts and pictures only.
"""

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
    groups: int = 0  # of records; coupled votes make several tasks of one group

    @property
    def mpl(self) -> float | None:
        """Mean pool latency: mean seconds per label over the completed assignments (§6.2)."""
        return self.latency_total / self.completions if self.completions else None
