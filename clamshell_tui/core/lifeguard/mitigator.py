"""The Mitigator: who would wait gets a duplicate of a task that somebody is slow on (§4.1)."""

from itertools import islice
from math import inf

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.lifeguard.gain import Gain
from clamshell_tui.core.lifeguard.routing import ROUTINGS, Choice
from clamshell_tui.core.open_work import duplicate_cap
from clamshell_tui.core.state import State

_AT_ONCE = 16  # idle workers looked at before the whole queue is: rarely are there more


class Mitigator:
    """Runs after the Scheduler: whoever is still idle has no task of their own to do."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._gain: Gain | None = None
        self._choose: Choice | None = None
        self.next_look = inf
        """When a duplicate may have become worth while; inf: nobody waits for that."""
        self._set_routing(state.config)

    def configure(self, config: RunConfig) -> None:
        """An operator changed a setting: routing and cap hold from now on."""
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
        self.next_look = inf if self._gain is None else 0.0

    def act(self, now: float, out: list[Command]) -> None:
        """Duplicate as long as there is somebody idle and a task below the cap."""
        if self._gain is not None:
            self._gain.act(now, out)
            self.next_look = self._gain.next_look
        if self._choose is not None:
            self._help_everywhere(self._choose, now, out)

    def _help_everywhere(self, choose: Choice, now: float, out: list[Command]) -> None:
        state = self._state
        idle, work, rng, assign = state.pool.idle, state.work, state.rng, state.assign
        for worker in list(islice(idle.values(), _AT_ONCE)):
            task = choose(work, worker.id, rng)
            if task is None:  # none is left, or this worker has seen them all
                break
            assign(worker, task, now, out, duplicate=True)
        if not (idle and work.coverable):
            return
        for worker in tuple(idle.values()):  # many, or some have seen every task below the cap
            if not work.coverable:
                return
            task = choose(work, worker.id, rng)
            if task is not None:
                assign(worker, task, now, out, duplicate=True)
