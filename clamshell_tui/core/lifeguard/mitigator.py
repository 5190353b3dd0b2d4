"""The Mitigator: who would wait gets a duplicate of a task that somebody is slow on (§4.1)."""

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.open_work import duplicate_cap
from clamshell_tui.core.state import State


class Mitigator:
    """Runs after the Scheduler: whoever is still idle has no task of their own to do."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._route = ROUTINGS[state.config.straggler_mitigation.routing]

    def configure(self, config: RunConfig) -> None:
        """An operator changed a setting: routing and cap hold from now on."""
        work = self._state.work
        self._route = ROUTINGS[config.straggler_mitigation.routing]
        work.cap = duplicate_cap(config)
        if self._state.batch is not None:
            for task in self._state.batch.tasks:
                if task.state in ("active", "unassigned"):
                    work.place(task)

    def act(self, now: float, out: list[Command]) -> None:
        """Duplicate as long as there is somebody idle and a task below the cap."""
        state = self._state
        idle, work = state.pool.idle, state.work
        while idle and work.coverable:
            worker = next(iter(idle.values()))
            task = self._route(work, worker.id, state.rng)
            if task is None:
                break
            state.assign(worker, task, now, out, duplicate=True)
        if idle and work.coverable:
            self._serve_others(now, out)

    def _serve_others(self, now: float, out: list[Command]) -> None:
        """The one who waited longest has seen every task: serve those behind."""
        state = self._state
        for worker in tuple(state.pool.idle.values()):
            if not state.work.coverable:
                return
            task = self._route(state.work, worker.id, state.rng)
            if task is not None:
                state.assign(worker, task, now, out, duplicate=True)
