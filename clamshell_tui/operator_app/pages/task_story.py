"""What became of one task: every attempt at it, and the labels that it brought."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal

from clamshell_tui.core.crowd_platform.assignment import Assignment, AssignmentState
from clamshell_tui.core.crowd_platform.task import Task, TaskState
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.formats import duration, money
from clamshell_tui.operator_app.pages.timeline_source import attempts
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Column, Fact, Facts, LiveTable
from clamshell_tui.operator_app.widgets.drawn import entitle
from clamshell_tui.replica.observed import ended_by

_INKS = {
    AssignmentState.COMPLETED: "good",
    AssignmentState.TERMINATED: "muted",
    AssignmentState.ACTIVE: "accent",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line: who tried, as what, from when, for how long, and how it ended."""

    key: str
    worker: str
    slot: int
    role: str
    began: str
    took: str
    state: AssignmentState
    answer: str
    pay: str


_COLUMNS: tuple[Column[Attempt], ...] = (
    Column("worker", "Worker", lambda row: row.worker, 8),
    Column("slot", "Slot", lambda row: str(row.slot), 4, align="right", priority=2),
    Column("role", "As", lambda row: row.role, 9, priority=1),
    Column("began", "Began", lambda row: row.began, 12, align="right", priority=1),
    Column("took", "Took", lambda row: row.took, 12, align="right"),
    Column(
        "state", "Ended", lambda row: row.state, 10, ink=lambda row: _INKS.get(row.state, "bad")
    ),
    Column("answer", "Answer", lambda row: row.answer, 16, minimum=8, flex=1, priority=2),
    Column("pay", "Paid", lambda row: row.pay, 8, align="right", priority=3),
)


class TaskStory(Horizontal):
    """The attempts on the left, the task itself on the right."""

    DEFAULT_CSS = """
    TaskStory LiveTable { width: 3fr; }
    TaskStory Facts { width: 2fr; margin-left: 2; }
    """

    def compose(self) -> ComposeResult:
        """Two parts."""
        table = LiveTable(
            _COLUMNS, lambda row: row.key, empty="select a bar: its story is told here"
        )
        table.can_focus = False
        yield table
        yield Facts()

    def tell(self, view: View, number: int | None) -> None:
        """Of this task, as of the view's moment; None: of none."""
        table, facts = self.query_one(LiveTable), self.query_one(Facts)
        if number is None:
            entitle(self, "Story")
            table.update(())
            facts.update(())
            return
        task = view.source.replica.engine.state.tasks[number]
        found = attempts(view.history.slots, task, view.at)
        entitle(self, f"Task #{number} of batch {task.batch + 1}")
        table.update([_attempt(slot, each, view) for slot, each in found])
        facts.update(_facts(task, view))


def _attempt(slot: int, assignment: Assignment, view: View) -> Attempt:
    state = ended_by(assignment, view.at)
    end = view.at if state is AssignmentState.ACTIVE else assignment.ended
    answer = ""
    if assignment.labels is not None and state is not AssignmentState.ACTIVE:
        answer = _classes(assignment.labels, view)
    return Attempt(
        key=str(assignment.id),
        worker=assignment.worker.id,
        slot=slot + 1,
        role="duplicate" if assignment.duplicate else "original",
        began=duration(assignment.started),
        took=duration(max(0.0, (end or view.at) - assignment.started)),
        state=state,
        answer=answer,
        pay=money(assignment.micros) if state is not AssignmentState.ACTIVE else "",
    )


def _facts(task: Task, view: View) -> list[Fact]:
    over = task.ended is not None and task.ended <= view.at
    state = str(task.state) if over else "in hand"
    facts = [
        Fact("task", state, "good" if state == TaskState.COMPLETE else "accent"),
        Fact("records", ", ".join(view.record_id(record) for record in task.records)),
        Fact("selected", "by uncertainty" if task.active else "at random"),
    ]
    if task.quorum > 1:
        facts.append(Fact("votes", f"{task.quorum - task.missing} of {task.quorum}"))
    labels = view.source.replica.engine.state.labels
    if over and all(record in labels for record in task.records):
        label = _classes(tuple(ClassIndex(labels[record]) for record in task.records), view)
        facts.append(Fact("labels", label))
    truth = [view.names[r].truth if r in view.names else None for r in task.records]
    if any(index is not None for index in truth):
        named = [None if index is None else ClassIndex(index) for index in truth]
        facts.append(Fact("truth", ", ".join("?" if i is None else view.classes[i] for i in named)))
    return facts


def _classes(labels: tuple[ClassIndex, ...], view: View) -> str:
    return ", ".join(view.classes[label] for label in labels)
