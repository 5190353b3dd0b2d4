"""Expected gain of a duplicate: the time it saves, over the helper's time that it takes.

Why. The paper gives every idle worker a duplicate (CLAMShell §4.1). Most of those save nothing,
because the original is nearly done, and each one is paid and keeps its worker from the next task.
A cap on duplicates helps with the cost but cannot see which task is stuck. Here an idle worker
duplicates a task only where

    E[time saved] / E[helper's time] > gate,

and takes the task with the largest ratio. With a gate of 0, every idle worker duplicates one.

Model. A worker's latency on a task is log-logistic,

    P(longer than t) = S(t) = 1 / (1 + (t / median)^k),

where median and shape k match the mean and spread of the log latency that the censored posterior
predicts (``latency/censored.py``). Log-normal tails were tried and are too thin: after an
interruption, a steady worker seems to be just about to finish for ever, and the task gets no help.
A worker holding the task for a time ``a`` needs more than t for the rest with probability
S(a + t) / S(a). With F_h the helper's distribution, m the answers still missing, and D(t) the
probability that exactly m - 1 of the holders are done,

    E[saved] = int D(t) F_h(t) dt,    E[busy] = int P(fewer than m done by t) (1 - F_h(t)) dt.

Cost. A few candidates are weighed, not all, so the cost of a decision does not grow with the pool.

Checking again. A check that finds nothing worthwhile is repeated after a fraction of a task's time:
a task that goes on and on becomes worth duplicating by itself. If every idle worker has already
seen each of the tasks, time alone changes nothing. Then checks become rare, unless the situation
changes.
"""

from itertools import islice, pairwise
from math import exp, log, pi, sqrt
from random import Random

from clamshell_tui.core.commands import Command
from clamshell_tui.core.crowd_platform.work import Assignment, Task, Worker
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.open_work import OpenWork
from clamshell_tui.core.state import State

_HELPERS = 16  # idle workers; the quickest of them is taken
_CANDIDATES = 8  # tasks weighed without a duplicate, and half as many of each further grade
_GRADES = 4  # a task with as many duplicates or more is not weighed
_LOOK_AGAIN = 0.1  # of the helper's median time for a task
_SOONEST = 0.1  # s
_OVER = 1e-3  # P(unfinished) below which the integrals stop: the rest adds nothing
_EDGES = (0.0, *(0.2 * 2.0**i for i in range(11)))  # of the integrals, in helper's medians
_GRID = tuple((0.5 * (left + right), right - left) for left, right in pairwise(_EDGES))
"""Midpoint and width of each interval."""
_SHAPE = pi / sqrt(3.0)  # of a logistic distribution, times its standard deviation

Steps = list[tuple[float, float, float]]
"""Per node: seconds from now, and the interval's width times P(helper done), P(helper not done)."""


class Gain:
    """Chooses helpers and tasks; :meth:`act` is due again at ``next_check``."""

    def __init__(self, state: State, gate: float) -> None:
        self._state = state
        self._latency_model: Censored = state.latency_model
        self._gate = gate
        self.next_check = 0.0
        self._helpless_since: float | None = None
        self._soonest = 0.0  # no check before that, even if something happens
        self._situation: object = None  # at the last check, if no idle worker could help

    def act(self, now: float, out: list[Command]) -> None:
        """Assign duplicates, the best first, as long as the gain exceeds the gate."""
        if now < self.next_check and not self._changed(now):
            return
        self.next_check, self._situation = now, None
        state = self._state
        while state.pool.idle and state.work.duplicable:
            helper, tasks = self._helper()
            belief = self._latency_model.predictive(helper.evidence)
            best, highest = None, self._gate
            size = log(state.config.tasks.records_per_task)
            steps = _steps(belief[0] + size, belief[1])
            for task in tasks:
                worth = self._worth(task, steps, size, now)
                if worth > highest:
                    best, highest = task, worth
            if best is None:
                pause = max(_SOONEST, _LOOK_AGAIN * exp(belief[0] + size))
                self._rest(now, pause, helpless=not tasks)
                return
            state.assign(helper, best, now, out, duplicate=True)
            self._helpless_since = None

    def _changed(self, now: float) -> bool:
        """Return whether an idle worker may be able to help now, where none was before."""
        if self._situation is None or self._situation == self._situated():
            return False
        self.next_check = max(now, self._soonest)
        return now >= self._soonest

    def _rest(self, now: float, pause: float, *, helpless: bool) -> None:
        """Check again after a pause; while no worker can help, after a share of that period."""
        self._soonest = self.next_check = now + pause
        if not helpless:
            self._helpless_since = None
            return
        if self._helpless_since is None:
            self._helpless_since = now
        self.next_check = now + max(pause, _LOOK_AGAIN * (now - self._helpless_since))
        self._situation = self._situated()

    def _situated(self) -> object:
        """Return a value that changes when there may be a new task or a new helper."""
        state, idle = self._state, self._state.pool.idle
        return len(state.assignments), state.work.duplicable, len(idle), next(reversed(idle), "")

    def _helper(self) -> tuple[Worker, list[Task]]:
        """Return the quickest idle worker with a task among the candidates, and those tasks."""
        idle = list(islice(self._state.pool.idle.values(), _HELPERS))
        predictive = self._latency_model.predictive
        idle.sort(key=lambda worker: predictive(worker.evidence)[0])
        found = candidates(self._state.work, self._state.rng)
        for worker in idle:
            tasks = [task for task in found if task.open_to(worker.id)]
            if tasks:
                return worker, tasks
        return idle[0], []

    def _worth(self, task: Task, steps: Steps, size: float, now: float) -> float:
        """Return E[time saved] / E[helper's time]; ``size`` is the log of the records in a task."""
        holders = [self._holder(each, size, now) for each in task.live if each.worker.connected]
        missing = task.missing
        saved = busy = 0.0
        if len(holders) == missing == 1:  # by far the most frequent case
            median, shape, age, now_left = holders[0]
            for after, done, not_done in steps:
                left = now_left / (1.0 + ((age + after) / median) ** shape)
                saved += left * done
                busy += left * not_done
                if left < _OVER:
                    break
            return saved / busy
        for after, done, not_done in steps:
            all_left = [
                now_left / (1.0 + ((age + after) / median) ** shape)
                for median, shape, age, now_left in holders
            ]
            unfinished, decisive = _order_statistic(all_left, missing)
            saved += decisive * done
            busy += unfinished * not_done
            if unfinished < _OVER:
                break
        return saved / busy

    def _holder(
        self, held: Assignment, size: float, now: float
    ) -> tuple[float, float, float, float]:
        """Return median and shape of the latency, the age, and 1 / P(longer than that age)."""
        mean, spread = self._latency_model.predictive(held.worker.evidence)
        median, shape, age = exp(mean + size), _SHAPE / spread, held.elapsed(now)
        return median, shape, age, 1.0 + (age / median) ** shape


def _steps(mean: float, spread: float) -> Steps:
    """Return the nodes for a helper; mean and sd are of the log latency on the task."""
    median, shape = exp(mean), _SHAPE / spread
    steps: Steps = []
    for time, width in _GRID:
        slower = 1.0 / (1.0 + time**shape)
        steps.append((time * median, width * (1.0 - slower), width * slower))
    return steps


def candidates(work: OpenWork, rng: Random) -> list[Task]:
    """Return tasks that may get a duplicate: all if there are few, else a random sample."""
    found: list[Task] = []
    wanted = _CANDIDATES
    for bucket in islice(work.buckets, _GRADES):
        n = len(bucket)
        if n <= wanted:
            found += bucket
        else:
            found += [bucket[int(rng.random() * n)] for _ in range(wanted)]
        if bucket:
            wanted = _CANDIDATES // 2
    return found


def _order_statistic(left: list[float], missing: int) -> tuple[float, float]:
    """Return P(fewer than ``missing`` done) and P(exactly ``missing - 1`` done).

    ``left`` is each holder's probability of not being done; holders are independent.
    """
    if missing == 1:
        unfinished = 1.0
        for each in left:
            unfinished *= each
        return unfinished, unfinished
    done = [1.0] + [0.0] * (missing - 1)  # done[k] = P(k are done)
    for each in left:
        for k in range(missing - 1, 0, -1):
            done[k] = done[k] * each + done[k - 1] * (1.0 - each)
        done[0] *= each
    return sum(done), done[-1]
