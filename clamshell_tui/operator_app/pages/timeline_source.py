"""The history of a run as bars, made when they are looked at: nothing is copied."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from clamshell_tui.core.crowd_platform.assignment import Assignment, AssignmentState
from clamshell_tui.core.crowd_platform.task import Task
from clamshell_tui.operator_app.source import Source
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Bar, GanttRow, Kind, Mark
from clamshell_tui.replica.history import SlotRow
from clamshell_tui.replica.observed import ended_by

_KINDS = {
    AssignmentState.ACTIVE: Kind.ACTIVE,
    AssignmentState.COMPLETED: Kind.COMPLETED,
    AssignmentState.TERMINATED: Kind.TERMINATED,
    AssignmentState.LEFT: Kind.ABANDONED,
    AssignmentState.LOST: Kind.ABANDONED,
    AssignmentState.PREEMPTED: Kind.ABANDONED,
    AssignmentState.SKIPPED: Kind.SKIPPED,
    AssignmentState.NOT_SHOWN: Kind.SKIPPED,
    AssignmentState.EXPIRED: Kind.EXPIRED,
}


class TimelineSource:
    """What a ``GanttSource`` is asked: a row is a slot, a link a task."""

    def __init__(self, source: Source) -> None:
        self._history = source.replica.history
        self._engine = source.replica.engine
        self._at = 0.0
        self._sitting: dict[int, str] = {}
        self._rows: list[GanttRow] = []

    def look_at(self, view: View) -> None:
        """From now on answer as of this moment."""
        self._at = view.at
        self._sitting = {
            card.slot: card.worker for card in view.frame.workers if card.slot is not None
        }
        self._rows = [self._row(slot, row) for slot, row in enumerate(self._history.slots)]

    def rows(self) -> Sequence[GanttRow]:
        """The slots that ever had a task."""
        return self._rows

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """Those of a slot that had begun."""
        found = self._history.slots[int(row)].between(start, min(end, self._at))
        return [self._bar(assignment) for assignment in found]

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """Every attempt at a task, the first one first."""
        task = self._engine.state.tasks[int(link)]
        found = attempts(self._history.slots, task, self._at)
        return [(str(slot), self._bar(assignment)) for slot, assignment in found]

    def marks(self, start: float, end: float) -> Sequence[Mark]:
        """The batches' beginnings."""
        batches = self._history.batches
        first = bisect_left(batches, start, key=lambda note: note.batch.cut)
        last = bisect_right(batches, min(end, self._at), key=lambda note: note.batch.cut)
        return [Mark(note.batch.cut, f"batch {note.batch.id + 1}") for note in batches[first:last]]

    def span(self) -> tuple[float, float]:
        """From the first assignment to the moment looked at."""
        first = self._engine.state.first_assignment
        return (self._at if first is None else min(first, self._at), self._at)

    def _row(self, slot: int, row: SlotRow) -> GanttRow:
        begun = bisect_right(row.starts, self._at)
        going = sum(
            ended_by(assignment, self._at) is AssignmentState.ACTIVE
            for assignment in row.assignments[max(0, begun - 2) : begun]
        )
        worker = self._sitting.get(slot, "-")
        return GanttRow(str(slot), f"{slot + 1:>2} {worker}", 3 * begun + going)

    def _bar(self, assignment: Assignment) -> Bar:
        state = ended_by(assignment, self._at)
        going = state is AssignmentState.ACTIVE
        return Bar(
            str(assignment.id),
            assignment.started,
            None if going else assignment.ended,
            _KINDS[state],
            assignment.duplicate,
            str(assignment.task.id),
            f"#{assignment.task.id}",
        )


def attempts(slots: Sequence[SlotRow], task: Task, until: float) -> list[tuple[int, Assignment]]:
    """The slots and assignments of a task that had begun by then, the earliest first."""
    if task.started is None or task.started > until:
        return []
    last = until if task.ended is None else min(task.ended, until)
    found: list[tuple[int, Assignment]] = []
    for slot, row in enumerate(slots):
        begun = slice(bisect_left(row.starts, task.started), bisect_right(row.starts, last))
        found += [(slot, each) for each in row.assignments[begun] if each.task is task]
    return sorted(found, key=lambda each: each[1].id)
