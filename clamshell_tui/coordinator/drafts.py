"""Labels of tasks in hand that were chosen and not sent yet."""

from collections.abc import Callable, Iterable

from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState
from clamshell_tui.core.ids import ClassIndex, WorkerId
from clamshell_tui.runfile.draft_table import DraftRow


class Drafts:
    """Keeps one draft for each worker; ``keep`` stores rows in the run file."""

    def __init__(self, keep: Callable[[DraftRow], None]) -> None:
        self._keep = keep
        self._rows: dict[str, DraftRow] = {}

    def restore(self, rows: Iterable[DraftRow]) -> None:
        """Restore the drafts of a run file."""
        self._rows = {row.worker: row for row in rows}

    def note(self, assignment: Assignment, labels: tuple[ClassIndex | None, ...]) -> None:
        """Keep the labels so far of a task in hand."""
        if assignment.state is not AssignmentState.ACTIVE:
            return
        row = self._rows.get(assignment.worker.id)
        if row is None:
            row = DraftRow(assignment.worker.id, assignment.id, labels)
            self._rows[row.worker] = row
        row.assignment, row.labels = assignment.id, labels
        self._keep(row)

    def clear(self, worker: WorkerId) -> None:
        """Forget the labels of a worker: they were sent, or are not wanted any more."""
        row = self._rows.get(worker)
        if row is not None and row.labels:
            row.labels = ()
            self._keep(row)

    def of(self, assignment: Assignment) -> tuple[int | None, ...]:
        """Return the labels so far of a task in hand; empty without any."""
        row = self._rows.get(assignment.worker.id)
        mine = row is not None and row.assignment == assignment.id
        return row.labels if row is not None and mine else ()
