"""The open tasks, indexed by what they need: a worker, or a duplicate.

Every operation takes constant time. Tasks that need a worker queue in order; tasks that may get a
(further) duplicate sit in buckets: graded by how many duplicates they have in flight if the routing
asks for that, and all in one otherwise.
"""

from collections.abc import Iterator

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.work import NEEDS_WORKER, NOWHERE, Task
from clamshell_tui.core.ids import TaskId


def duplicate_cap(config: RunConfig) -> int:
    """Return how many duplicates one task may have in flight.

    With votes, another setting applies. The paper's is 1: decoupled (§4.1), one beyond the votes
    still missing; coupled, one for each vote, so that three votes may mean six assignments.
    """
    mitigation = config.straggler_mitigation
    if not mitigation.enabled:
        return 0
    voted = config.tasks.votes > 1
    most = mitigation.vote_duplicates if voted else mitigation.max_duplicates
    return config.pool.size + config.pool.reserve if most == "unlimited" else most


class OpenWork:
    """Index of the open tasks. Call :meth:`place` after each change of a task."""

    __slots__ = ("buckets", "cap", "duplicable", "graded", "needs_worker")

    def __init__(self, cap: int, *, graded: bool) -> None:
        self.cap = cap
        self.graded = graded
        self.needs_worker: dict[TaskId, Task] = {}
        self.buckets: list[list[Task]] = []
        self.duplicable = 0

    def queue(self, task: Task) -> None:
        """Add a new task, which needs a worker."""
        task.place = NEEDS_WORKER
        self.needs_worker[task.id] = task

    def place(self, task: Task) -> None:
        """Put an open task where it belongs by its live assignments and missing answers."""
        extra = len(task.live) - task.missing
        if extra < 0:
            place = NEEDS_WORKER
        elif extra >= self.cap:
            place = NOWHERE
        else:
            place = extra if self.graded else 0
        if place == task.place:
            return
        if task.place != NOWHERE:
            self.remove(task)
        task.place = place
        if place >= 0:
            buckets = self.buckets
            while place >= len(buckets):
                buckets.append([])
            bucket = buckets[place]
            task.position = len(bucket)
            bucket.append(task)
            self.duplicable += 1
        elif place == NEEDS_WORKER:
            self.needs_worker[task.id] = task

    def remove(self, task: Task) -> None:
        """Remove a task that is complete, set aside or cancelled."""
        place = task.place
        if place >= 0:
            bucket = self.buckets[place]
            last = bucket.pop()
            if last is not task:
                bucket[task.position] = last
                last.position = task.position
            self.duplicable -= 1
        elif place == NEEDS_WORKER:
            del self.needs_worker[task.id]
        task.place = NOWHERE

    def __iter__(self) -> Iterator[Task]:
        """Iterate over tasks that may get a duplicate, those with the fewest first."""
        for bucket in self.buckets:
            yield from bucket
