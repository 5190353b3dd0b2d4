"""The Scheduler: tasks that need a worker go to available workers, in order (CLAMShell §3)."""

from clamshell_tui.core.commands import Command
from clamshell_tui.core.crowd_platform.work import Task, Worker
from clamshell_tui.core.state import State


def starved(state: State, task: Task) -> bool:
    """Return whether every worker in the pool has seen the task."""
    return not any(worker is not None and task.open_to(worker.id) for worker in state.pool.slots)


class Scheduler:
    """Matches tasks that need a worker with idle workers, both first come, first served."""

    def __init__(self, state: State) -> None:
        self._state = state

    def act(self, now: float, out: list[Command]) -> None:
        """Assign while an idle worker may do a task that needs one."""
        state = self._state
        idle, needs_worker = state.pool.idle, state.work.needs_worker
        pairs = list(zip(idle.values(), needs_worker.values(), strict=False))
        for worker, task in pairs:
            if not task.open_to(worker.id):
                break
            state.assign(worker, task, now, out, duplicate=False)
        if idle and needs_worker:
            self._match_others(now, out)

    def _match_others(self, now: float, out: list[Command]) -> None:
        """Search other pairs, after a worker met a task that it has seen.

        Few workers have seen any one task, so the inner search is short.
        """
        state = self._state
        for task in tuple(state.work.needs_worker.values()):
            while task.id in state.work.needs_worker:
                worker = self._fit(task)
                if worker is None:
                    if self._exhausted(task) and state.settle(task, now, out):
                        self._match_others(now, out)
                        return
                    break
                state.assign(worker, task, now, out, duplicate=False)
            if not state.pool.idle:
                return

    def _fit(self, task: Task) -> Worker | None:
        idle = self._state.pool.idle
        for worker in idle.values():
            if task.open_to(worker.id):
                return worker
        if not starved(self._state, task):
            return None
        for worker in idle.values():
            if task.shown_to(worker.id) and not task.answered_by(worker.id):
                return worker
        return None

    def _exhausted(self, task: Task) -> bool:
        """Return whether the pool is full and all its workers have answered the task."""
        pool = self._state.pool
        if task.live or pool.seated < pool.size:
            return False
        return all(task.answered_by(worker.id) for worker in pool.present())
