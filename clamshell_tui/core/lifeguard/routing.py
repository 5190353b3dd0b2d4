"""Routing policies: which active task an idle worker duplicates (CLAMShell §4.1).

The paper finds no difference between these; reference simulations find ``fewest-active`` 2-7 %
faster than ``random`` and ``longest-running`` 10-25 % slower, because it sends all
idle workers to one task. ``random`` and ``fewest-active`` take constant time (unless the worker has
seen the task drawn); the other two scan every open task. ``expected-gain`` goes beyond the paper:
it weighs a few tasks, and lets workers wait where no duplicate is worth its price.
"""

from operator import attrgetter
from random import Random
from typing import NamedTuple, Protocol

from clamshell_tui.core.crowd_platform.work import Task
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.open_work import OpenWork
from clamshell_tui.policies import Policies


class ChooseTask(Protocol):
    """Return a task below the cap that this worker may do, or None."""

    def __call__(self, work: OpenWork, worker: WorkerId, rng: Random) -> Task | None: ...


class Routing(NamedTuple):
    """A policy, and whether it wants the open tasks graded by their number of duplicates.

    Without ``choose`` it weighs what a duplicate is worth (``gain.py``), and workers may wait.
    """

    choose: ChooseTask | None
    graded: bool = False


def draw_lowest(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """Return a random task of the lowest grade; without grades, all tasks are equally likely."""
    for bucket in work.buckets:
        if bucket:
            task = bucket[int(rng.random() * len(bucket))]
            if task.seen is None or task.open_to(worker):
                return task
            for task in bucket:
                if task.open_to(worker):
                    return task
    return None


def longest_running(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """Return the task that was first assigned longest ago."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return min(open_tasks, key=attrgetter("started", "id"), default=None)


def oracle(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """Return the task that will finish last, as the simulator knows; a baseline."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return max(open_tasks, key=_foretold, default=None)


def _foretold(task: Task) -> tuple[float, int, int]:
    """Return the time of the task's first answer; ties go to the task with the fewest workers.

    Tasks assigned in this call tie, because their completion is not known yet: with many slots for
    few tasks, all other workers are idle at that moment.
    """
    return min(assignment.foretold for assignment in task.live), -len(task.live), -task.id


def _adapted(found: Routing | ChooseTask) -> Routing:
    """Take a plain function of another package too; its attribute ``graded`` is the flag."""
    if isinstance(found, Routing):
        return found
    return Routing(found, graded=getattr(found, "graded", False))


_OURS = {
    "fewest-active": Routing(draw_lowest, graded=True),
    "random": Routing(draw_lowest),
    "longest-running": Routing(longest_running),
    "oracle": Routing(oracle),
    "expected-gain": Routing(None, graded=True),
}
ROUTINGS: Policies[Routing] = Policies("routing", _OURS, _adapted)
