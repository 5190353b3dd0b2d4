"""The baseline of the engine's benchmark: retainer pool and mitigation, nothing else, in SimPy.

Written as one would write it there: a process per worker, interrupted when somebody else's answer
makes its assignment unnecessary. No pay, no maintenance, no votes, no records, no recruitment.
"""

from collections.abc import Generator
from random import Random
from typing import Any

import simpy


class BareTask:
    """A task and the worker processes that are on it."""

    def __init__(self) -> None:
        self.workers: list[simpy.Process] = []


class BareModel:
    """``pool_size`` workers, batches of as many tasks, unlimited random duplicates."""

    def __init__(self, pool_size: int, n_assignments: int, seed: int) -> None:
        self.env = simpy.Environment()
        self.rng = Random(seed)
        self.pool_size = pool_size
        self.limit = n_assignments
        self.assignments = 0
        self.batches = 0
        self.unassigned: list[BareTask] = []
        self.active: list[BareTask] = []
        self.done = self.env.event()
        self._cut_batch()
        self.means = [self.rng.lognormvariate(3.0, 0.6) for _ in range(pool_size)]
        self.processes: list[simpy.Process] = []
        for mean in self.means:
            self.processes.append(self.env.process(self._work(mean)))

    def _cut_batch(self) -> None:
        self.batches += 1
        self.unassigned = [BareTask() for _ in range(self.pool_size)]

    def _next_task(self) -> BareTask:
        if not self.unassigned and not self.active:
            self._cut_batch()
        if self.unassigned:
            task = self.unassigned.pop()
            self.active.append(task)
            return task
        return self.active[int(self.rng.random() * len(self.active))]

    def _work(self, mean: float) -> Generator[simpy.Event, Any, None]:
        env, rng = self.env, self.rng
        while True:
            task = self._next_task()
            self.assignments += 1
            if self.assignments >= self.limit and not self.done.triggered:
                self.done.succeed()
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

    def run(self) -> None:
        """Go on until the limit of assignments was made."""
        self.env.run(until=self.done)
