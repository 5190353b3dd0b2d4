"""The Batcher: which tasks are in play together, and when the run is complete (CLAMShell §3).

With the paper's ``barrier``, a batch is cut only when the previous one is complete; a worker
without a task duplicates one or waits. ``continuous`` has no barrier: each free worker gets the
next records immediately, by the newest ranking, and duplicates start only when no records are left
to cut.
"""

from collections.abc import Callable
from math import ceil

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import slots_needed
from clamshell_tui.core.crowd_platform.work import TaskState
from clamshell_tui.core.ids import Phase
from clamshell_tui.core.retraining import Retraining
from clamshell_tui.core.state import State
from clamshell_tui.core.task_selector import TaskSelector


def batch_slots(state: State) -> int:
    """Return the number of tasks in a batch, p = Np / R."""
    return max(1, round(state.pool.size / state.config.tasks.pool_batch_ratio))


def barrier(state: State) -> int:
    """Allow a whole batch, and only when none is in play."""
    return 0 if state.in_play else batch_slots(state)


def continuous(state: State) -> int:
    """Allow as many tasks as there are idle workers to answer them."""
    return ceil(len(state.pool.idle) / state.election.votes_at_first(state.config))


BATCHINGS: dict[str, Callable[[State], int]] = {"barrier": barrier, "continuous": continuous}
"""How many tasks may be cut now, if there are records for them."""


class Batcher:
    """Closes batches, cuts new ones, and detects the end of the run."""

    def __init__(self, state: State, selector: TaskSelector, retraining: Retraining) -> None:
        self._state = state
        self._selector = selector
        self._retraining = retraining
        batching = state.config.tasks.batching
        self._allowed = BATCHINGS[batching]
        self.refills = batching == "continuous"
        """True if tasks may be cut while others are in play."""

    def close(self, now: float, out: list[Command]) -> None:
        """Close each batch whose tasks have all ended."""
        state = self._state
        if state.phase is Phase.DRAINING:
            self._cancel_unstarted(now)
        growing = state.batch if self.refills and self._grows() else None
        for batch in list(state.ended_batches.values()):
            if batch is not growing:
                state.close_batch(batch, now, out)

    def cut(self, now: float, out: list[Command]) -> bool:
        """Cut as many tasks as allowed; return whether there were any."""
        state = self._state
        room = self.room()
        allowed = self._allowed(state) if room else 0
        if not allowed:
            return False
        batch, slots = state.batch, batch_slots(state)
        if not self.refills:
            chosen = self._selector.choose(slots, room)
        else:
            place = batch.groups if batch is not None else 0
            if place >= slots:
                batch, place = None, 0
            chosen = self._selector.refill(place, min(allowed, slots - place), slots, room)
        if not chosen:
            return False
        if batch is None:
            state.cut_batch(chosen, self._retraining.version, now, out)
        else:
            state.extend_batch(batch, chosen, self._retraining.version, out)
        return True

    def room(self) -> int:
        """Return how many records may be cut, if there are workers for them."""
        state = self._state
        waiting = len(state.records)
        if not waiting or state.paused or state.phase is Phase.DRAINING:
            return 0
        if self._retraining.holds_up or not self._started():
            return 0
        limit = state.config.stop.labels
        if limit is None:
            return waiting
        return max(0, min(waiting, limit - len(state.labels) - state.records_in_play))

    def _grows(self) -> bool:
        """Return whether the newest batch will get further tasks."""
        batch = self._state.batch
        return batch is not None and batch.groups < batch_slots(self._state) and self.room() > 0

    def _started(self) -> bool:
        """Return whether enough slots were filled for the first batch."""
        state = self._state
        if state.phase is not Phase.RECRUITING:
            return True
        return state.pool.seated >= slots_needed(state.config)

    def _cancel_unstarted(self, now: float) -> None:
        for batch in self._state.in_play.values():
            for task in batch.tasks:
                open_ = task.state is TaskState.UNASSIGNED or task.state is TaskState.ACTIVE
                if open_ and not task.live:
                    self._state.cancel_task(task, now)

    def finish_reason(self) -> str:
        """Return why the run ends, now that no batch is in play; empty if it goes on."""
        state = self._state
        if state.in_play:
            return ""
        if state.phase is Phase.DRAINING:
            return state.finish_reason if state.live == 0 else ""
        stop = state.config.stop
        if stop.labels is not None and len(state.labels) >= stop.labels:
            return "budget of labels reached"
        if len(state.records) or state.submission_open:
            return ""
        return "all records are labelled" if not state.set_aside else "all other records labelled"
