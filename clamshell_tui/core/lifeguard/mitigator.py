"""The Mitigator: an idle worker duplicates a task that is in progress (CLAMShell §4.1)."""

from itertools import islice
from math import inf

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.lifeguard.gain import Gain
from clamshell_tui.core.lifeguard.routing import ROUTINGS, ChooseTask
from clamshell_tui.core.open_work import duplicate_cap
from clamshell_tui.core.state import State

_FIRST_IDLE = 16  # idle workers tried before the whole queue: there are rarely more


class Mitigator:
    """Runs after the Scheduler: workers still idle have no task of their own."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._gain: Gain | None = None
        self._choose: ChooseTask | None = None
        self.next_check = inf
        """When a duplicate may be worthwhile; inf: the routing does not depend on time."""
        self._set_routing(state.config)

    def configure(self, config: RunConfig) -> None:
        """Apply a changed routing or cap to the open tasks too."""
        work = self._state.work
        work.graded = ROUTINGS[config.straggler_mitigation.routing].graded
        work.cap = duplicate_cap(config)
        self._set_routing(config)
        for batch in self._state.in_play.values():
            for task in batch.tasks:
                if task.state in ("active", "unassigned"):
                    work.place(task)

    def _set_routing(self, config: RunConfig) -> None:
        mitigation = config.straggler_mitigation
        self._choose = ROUTINGS[mitigation.routing].choose
        self._gain = Gain(self._state, mitigation.gate) if self._choose is None else None
        self.next_check = inf if self._gain is None else 0.0

    def act(self, now: float, out: list[Command]) -> None:
        """Assign duplicates while a worker is idle and a task is below the cap."""
        if self._gain is not None:
            self._gain.act(now, out)
            self.next_check = self._gain.next_check
        if self._choose is not None:
            self._help_everywhere(self._choose, now, out)

    def _help_everywhere(self, choose: ChooseTask, now: float, out: list[Command]) -> None:
        state = self._state
        idle, work, rng, assign = state.pool.idle, state.work, state.rng, state.assign
        for worker in list(islice(idle.values(), _FIRST_IDLE)):
            task = choose(work, worker.id, rng)
            if task is None:  # no task is left, or this worker has seen them all
                break
            assign(worker, task, now, out, duplicate=True)
        if not (idle and work.duplicable):
            return
        for worker in tuple(idle.values()):  # many, or some have seen every task below the cap
            if not work.duplicable:
                return
            task = choose(work, worker.id, rng)
            if task is not None:
                assign(worker, task, now, out, duplicate=True)
