"""The baseline of the engine's benchmark: retainer pool and mitigation, nothing else, in SimPy.

A process per worker; batches of as many tasks as workers; whoever is free duplicates a random
active task, without limit. No pay, no maintenance, no votes, no records, no recruitment. Two ways
to write "the first answer wins": waiting for one's own finish *or* the task's end, as one plainly
would, and interrupting the others, which is about twice as fast.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from random import Random
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]


class BareTask:
    """A task, its end, and the worker processes that are on it."""

    __slots__ = ("done", "workers")

    def __init__(self, env: simpy.Environment) -> None:
        self.done = env.event()
        self.workers: list[simpy.Process] = []


class BareModel(ABC):
    """Base of both: the batches and the random choice."""

    def __init__(self, pool_size: int, n_assignments: int, seed: int) -> None:
        self.env = simpy.Environment()
        self.rng = Random(seed)
        self.pool_size = pool_size
        self.limit = n_assignments
        self.assignments = 0
        self.unassigned: list[BareTask] = []
        self.active: list[BareTask] = []
        self.over = self.env.event()
        for _ in range(pool_size):
            self.env.process(self._work(self.rng.lognormvariate(3.0, 0.6)))

    @abstractmethod
    def _work(self, mean: float) -> Steps:
        """A worker who takes so long for a task, by and large."""

    def _next_task(self) -> BareTask:
        if not self.unassigned and not self.active:
            self.unassigned = [BareTask(self.env) for _ in range(self.pool_size)]
        if self.unassigned:
            task = self.unassigned.pop()
            self.active.append(task)
        else:
            task = self.active[int(self.rng.random() * len(self.active))]
        self.assignments += 1
        if self.assignments >= self.limit and not self.over.triggered:
            self.over.succeed()
        return task

    def run(self) -> None:
        """Go on until the limit of assignments was made."""
        self.env.run(until=self.over)


class WithConditions(BareModel):
    """``yield finish | task.done``."""

    def _work(self, mean: float) -> Steps:
        env, rng = self.env, self.rng
        while True:
            task = self._next_task()
            yield env.timeout(mean * rng.lognormvariate(0.0, 0.3)) | task.done
            if not task.done.triggered:
                self.active.remove(task)
                task.done.succeed()


class WithInterrupts(BareModel):
    """The winner interrupts the others."""

    def _work(self, mean: float) -> Steps:
        env, rng = self.env, self.rng
        while True:
            task = self._next_task()
            process = env.active_process
            assert process is not None
            task.workers.append(process)
            try:
                yield env.timeout(mean * rng.lognormvariate(0.0, 0.3))
            except simpy.Interrupt:
                continue
            self.active.remove(task)
            for other in task.workers:
                if other is not process:
                    other.interrupt()
