"""The Mitigator: who would wait gets a duplicate of a task that somebody is slow on (§4.1)."""

from itertools import islice

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.open_work import duplicate_cap
from clamshell_tui.core.state import State

_AT_ONCE = 16  # idle workers looked at before the whole queue is: rarely are there more


class Mitigator:
    """Runs after the Scheduler: whoever is still idle has no task of their own to do."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._choose = ROUTINGS[state.config.straggler_mitigation.routing].choose

    def configure(self, config: RunConfig) -> None:
        """An operator changed a setting: routing and cap hold from now on."""
        work = self._state.work
        self._choose, work.graded = ROUTINGS[config.straggler_mitigation.routing]
        work.cap = duplicate_cap(config)
        for batch in self._state.in_play.values():
            for task in batch.tasks:
                if task.state in ("active", "unassigned"):
                    work.place(task)

    def act(self, now: float, out: list[Command]) -> None:
        """Duplicate as long as there is somebody idle and a task below the cap."""
        state = self._state
        idle, work, rng = state.pool.idle, state.work, state.rng
        choose, assign = self._choose, state.assign
        for worker in list(islice(idle.values(), _AT_ONCE)):
            task = choose(work, worker.id, rng)
            if task is None:  # none is left, or this worker has seen them all
                break
            assign(worker, task, now, out, duplicate=True)
        if idle and work.coverable:
            self._serve_others(now, out)

    def _serve_others(self, now: float, out: list[Command]) -> None:
        """There are many, or some have seen every task below the cap: go through all."""
        state = self._state
        for worker in tuple(state.pool.idle.values()):
            if not state.work.coverable:
                return
            task = self._choose(state.work, worker.id, state.rng)
            if task is not None:
                state.assign(worker, task, now, out, duplicate=True)
