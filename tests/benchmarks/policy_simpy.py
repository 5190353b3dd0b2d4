"""Our default policies as a SimPy model, to compare the engine's cost per answer with.

A process per worker: records drawn at random as soon as a worker is free, no barrier; maintenance
every 30 s by the same estimator, against a trained reserve that is recruited again every 180 s; pay
for records and waiting. While records wait there are no duplicates, in the engine neither. The
engine has leases, lost connections, votes, batches and commands for a driver beyond that.
"""

from array import array
from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import simpy

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence, Verdict

MICROS_PER_RECORD = 20_000
MICROS_PER_SECOND = 50_000 / 60


@dataclass(slots=True, eq=False)
class PolicyWorker:
    mean: float
    since: float
    seated: bool = False
    earned: int = 0
    evidence: LatencyEvidence = field(default_factory=LatencyEvidence)


class SamePolicies:
    """``run`` labels until so many answers were given."""

    def __init__(self, config: RunConfig, n_answers: int, seed: int) -> None:
        self.env = simpy.Environment()
        self.rng = Random(seed)
        self.config = config
        self.size = config.tasks.records_per_task
        self.limit = n_answers
        self.answers = 0
        in_hand = 2 * config.pool.size  # at most, with the evicted
        self.order = array("i", range((n_answers + in_hand) * self.size))
        self.labels = array("h", [-1]) * len(self.order)
        self.estimator = Censored(config.maintenance.evict_probability)
        self.seated: list[PolicyWorker] = []
        self.reserve: list[PolicyWorker] = []
        self.over = self.env.event()
        self.env.process(self._recruit())
        self.env.process(self._maintain())

    def run(self) -> None:
        self.env.run(until=self.over)

    def _recruit(self) -> Generator[simpy.Event, Any, None]:
        pool = self.config.pool
        while True:
            for _ in range(pool.size + pool.reserve - len(self.seated) - len(self.reserve)):
                mean = self.rng.lognormvariate(3.0, 0.6)
                self.reserve.append(PolicyWorker(mean, self.env.now))
            self._seat()
            yield self.env.timeout(self.config.recruitment.every)

    def _seat(self) -> None:
        while self.reserve and len(self.seated) < self.config.pool.size:
            worker = self.reserve.pop(0)
            worker.earned += round((self.env.now - worker.since) * MICROS_PER_SECOND)
            worker.seated = True
            self.seated.append(worker)
            self.env.process(self._work(worker))

    def _work(self, worker: PolicyWorker) -> Generator[simpy.Event, Any, None]:
        env, draw, size, labels = self.env, self.rng.lognormvariate, self.size, self.labels
        while worker.seated:
            records, began = self._records(), env.now
            yield env.timeout(worker.mean * draw(0.0, 0.3))
            latency = (env.now - began) / size
            worker.evidence.add_completed(latency)
            self.estimator.observe_pool(latency)
            worker.earned += size * MICROS_PER_RECORD
            for record in records:
                labels[record] = 0
            self.answers += 1
            if self.answers == self.limit:
                self.over.succeed()

    def _records(self) -> list[int]:
        order, random = self.order, self.rng.random
        found: list[int] = []
        for _ in range(self.size):
            place = int(random() * len(order))
            found.append(order[place])
            last = order.pop()
            if place < len(order):
                order[place] = last
        return found

    def _maintain(self) -> Generator[simpy.Event, Any, None]:
        maintenance = self.config.maintenance
        limit = float(maintenance.threshold)
        while True:
            yield self.env.timeout(maintenance.check_every)
            if not self.reserve:
                continue
            flagged: list[tuple[Verdict, PolicyWorker]] = []
            for worker in self.seated:
                if worker.evidence.reassess:
                    verdict = self.estimator.judge(worker.evidence, limit, 0.0)
                    worker.evidence.reassess = verdict is not None
                    if verdict is not None:
                        flagged.append((verdict, worker))
            flagged.sort(key=lambda pair: -pair[0].severity)
            for _, worker in flagged[: len(self.reserve)]:
                worker.seated = False  # after the task in hand
                self.seated.remove(worker)
                self._seat()
