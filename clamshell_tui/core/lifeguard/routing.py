"""Which active task does an idle worker duplicate? (CLAMShell §4.1)

The paper finds no difference between these; reference simulations find ``fewest-active`` 2-7 %
faster than ``random`` and ``longest-running`` 10-25 % slower, because it herds everybody onto one
task. ``random`` and ``fewest-active`` take constant time (unless the worker has seen the task
drawn); the other two look at every open task.
"""

from collections.abc import Callable
from operator import attrgetter
from random import Random

from clamshell_tui.core.crowd_platform.task import Task
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.open_work import OpenWork

Routing = Callable[[OpenWork, WorkerId, Random], Task | None]


def fewest_active(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """A task with the fewest duplicates in flight, drawn at random among equals."""
    for bucket in work.buckets:
        if bucket:
            task = bucket[int(rng.random() * len(bucket))]
            if task.open_to(worker):
                return task
            for task in bucket:
                if task.open_to(worker):
                    return task
    return None


def at_random(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """Any active task that may get a duplicate, each equally likely."""
    drawn = int(rng.random() * work.coverable)
    for bucket in work.buckets:
        if drawn < len(bucket):
            task = bucket[drawn]
            return task if task.open_to(worker) else fewest_active(work, worker, rng)
        drawn -= len(bucket)
    return None


def longest_running(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """The task that was first assigned longest ago."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return min(open_tasks, key=attrgetter("started", "id"), default=None)


def oracle(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """The task that will finish last, as the simulator foretold; a baseline."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return max(open_tasks, key=_foretold, default=None)


def _foretold(task: Task) -> tuple[float, int]:
    """When the task's first answer would come, later ids last among equals."""
    return min(assignment.foretold for assignment in task.live), -task.id


ROUTINGS: dict[str, Routing] = {
    "fewest-active": fewest_active,
    "random": at_random,
    "longest-running": longest_running,
    "oracle": oracle,
}
