"""The Batcher: which tasks are in play together, and when the run has what it wants (§3).

A batch is cut only when the former one is complete (the paper's barrier). The barrier is one
policy among possible others: ``BATCHINGS`` says when a new batch may be cut.
"""

from collections.abc import Callable
from math import ceil

from clamshell_tui.core.commands import Command
from clamshell_tui.core.crowd_platform.task import TaskState
from clamshell_tui.core.retraining import Retraining
from clamshell_tui.core.state import Phase, State
from clamshell_tui.core.task_selector import TaskSelector


def barrier(state: State) -> bool:
    """Only when no batch is in play."""
    return state.batch is None


BATCHINGS: dict[str, Callable[[State], bool]] = {"barrier": barrier}


class Batcher:
    """Closes batches, cuts new ones, and notices the end."""

    def __init__(self, state: State, selector: TaskSelector, retraining: Retraining) -> None:
        self._state = state
        self._selector = selector
        self._retraining = retraining
        self._may_cut = BATCHINGS[state.config.tasks.batching]

    def close(self, now: float, out: list[Command]) -> None:
        """Close the open batch if all its tasks have ended."""
        state = self._state
        if state.batch is None:
            return
        if state.phase is Phase.DRAINING:
            self._cancel_unstarted(now)
        if not state.batch.remaining:
            state.close_batch(now, out)

    def cut(self, now: float, out: list[Command]) -> None:
        """Cut the next batch if it may and there is reason to."""
        state = self._state
        if not self._may_cut(state) or state.paused or not len(state.records):
            return
        if self._retraining.holds_up or not self._started() or self.finish_reason():
            return
        tasks = state.config.tasks
        slots = max(1, round(state.pool.size / tasks.pool_batch_ratio))
        limit = state.config.stop.labels
        budget = None if limit is None else limit - len(state.labels)
        chosen = self._selector.choose(slots, budget)
        if chosen:
            state.cut_batch(chosen, self._retraining.version, now, out)

    def _started(self) -> bool:
        """True once enough slots are filled for the first batch, and ever after."""
        state = self._state
        if state.phase is not Phase.RECRUITING:
            return True
        needed = max(1, ceil(state.config.pool.start_with * state.pool.size))
        return state.pool.seated >= needed

    def _cancel_unstarted(self, now: float) -> None:
        assert self._state.batch is not None
        for task in self._state.batch.tasks:
            open_ = task.state is TaskState.UNASSIGNED or task.state is TaskState.ACTIVE
            if open_ and not task.live:
                self._state.cancel_task(task, now)

    def finish_reason(self) -> str:
        """Why the run ends now that no batch is in play; empty when it goes on."""
        state = self._state
        if state.batch is not None:
            return ""
        if state.phase is Phase.DRAINING:
            return state.finish_reason if state.live == 0 else ""
        stop = state.config.stop
        if stop.labels is not None and len(state.labels) >= stop.labels:
            return "budget of labels reached"
        if len(state.records) or state.submission_open:
            return ""
        return "all records are labelled" if not state.set_aside else "all other records labelled"
