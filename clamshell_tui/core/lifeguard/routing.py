"""Which active task does an idle worker duplicate? (CLAMShell §4.1)

The paper finds no difference between these; reference simulations find ``fewest-active`` 2-7 %
faster than ``random`` and ``longest-running`` 10-25 % slower, because it herds everybody onto one
task. ``random`` and ``fewest-active`` take constant time (unless the worker has seen the task
drawn); the other two look at every open task. ``expected-gain`` goes beyond the paper: it weighs a
few tasks, and lets workers wait where no duplicate is worth its price.
"""

from operator import attrgetter
from random import Random
from typing import NamedTuple, Protocol

from clamshell_tui.core.crowd_platform.work import Task
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.open_work import OpenWork


class Choice(Protocol):
    """Name a task below the cap that this worker may do; None if there is none."""

    def __call__(self, work: OpenWork, worker: WorkerId, rng: Random) -> Task | None: ...


class Routing(NamedTuple):
    """A policy, and whether it wants the open tasks graded by their number of duplicates.

    Without ``choose`` it weighs what a duplicate is worth (``gain.py``), and workers may wait.
    """

    choose: Choice | None
    graded: bool = False


def draw_lowest(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """A task of the lowest grade, drawn at random: with no grades, any task is as likely."""
    for bucket in work.buckets:
        if bucket:
            task = bucket[int(rng.random() * len(bucket))]
            if task.open_to(worker):
                return task
            for task in bucket:
                if task.open_to(worker):
                    return task
    return None


def longest_running(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """The task that was first assigned longest ago."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return min(open_tasks, key=attrgetter("started", "id"), default=None)


def oracle(work: OpenWork, worker: WorkerId, rng: Random) -> Task | None:
    """The task that will finish last, as the simulator foretold; a baseline."""
    open_tasks = [task for task in work if task.open_to(worker)]
    return max(open_tasks, key=_foretold, default=None)


def _foretold(task: Task) -> tuple[float, int, int]:
    """When the task's first answer would come; those with the fewest workers first among equals.

    Equal are the tasks that have only just been assigned, of which nothing is foretold yet: with
    many slots for few tasks, everybody else is idle at that moment.
    """
    return min(assignment.foretold for assignment in task.live), -len(task.live), -task.id


ROUTINGS: dict[str, Routing] = {
    "fewest-active": Routing(draw_lowest, graded=True),
    "random": Routing(draw_lowest),
    "longest-running": Routing(longest_running),
    "oracle": Routing(oracle),
    "expected-gain": Routing(None, graded=True),
}
