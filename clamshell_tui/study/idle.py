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
    idle = state.pool.idle
    stuck = (
        bool(idle)
        and not state.live
        and state.all_answered_by([worker.id for worker in state.pool.present()])
        and not awaited()
    )
    return [worker for worker in idle if stuck or state.nothing_left_for(worker)]
