"""Who has nothing left to do in the run of a condition."""

from collections.abc import Callable

from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.state import State


def without_work(state: State, awaited: Callable[[], bool]) -> list[WorkerId]:
    """Return the idle workers who will get no other task.

    They have answered all records; or all that are open, where further votes are missing and
    nobody can give them: all at work have answered them too, and ``awaited`` says that nobody else
    may come.
    """
    pool = state.pool
    if not pool.idle:
        return []
    present = [worker.id for worker in pool.present()]
    stuck = not state.live and state.all_answered_by(present) and not awaited()
    return [worker for worker in pool.idle if stuck or state.nothing_left_for(worker)]
