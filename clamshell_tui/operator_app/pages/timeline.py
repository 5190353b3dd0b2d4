"""The Timeline page (CLAMShell, figure 13) and the story of the selected task."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from clamshell_tui.formats import duration, money
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.view import Source, View
from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.gantt_rows import Bar, GanttRow, Kind, TimeMark
from clamshell_tui.operator_app.widgets.line_widget import entitle
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import Fact, Facts
from clamshell_tui.operator_app.widgets.table_layout import Column
from clamshell_tui.run.history import SlotAssignments, ended_by
from clamshell_tui.run.tables import AssignmentRow, TaskRow

_KINDS = {
    "active": Kind.ACTIVE,
    "completed": Kind.COMPLETED,
    "terminated": Kind.TERMINATED,
    "left": Kind.ABANDONED,
    "lost": Kind.ABANDONED,
    "preempted": Kind.ABANDONED,
    "skipped": Kind.SKIPPED,
    "not-shown": Kind.SKIPPED,
    "expired": Kind.EXPIRED,
}


class TimelineSource:
    """A ``GanttSource`` over the history: a row is a slot, a link a task.

    Bars are created when they are drawn, so nothing is copied.
    """

    def __init__(self, source: Source) -> None:
        self._history = source.replica.history
        self._at = 0.0
        self._sitting: dict[int, str] = {}
        self._rows: list[GanttRow] = []

    def look_at(self, view: View) -> None:
        """Answer as of this moment from now on."""
        self._at = view.at
        self._sitting = {
            card.slot: card.worker for card in view.snapshot.workers if card.slot is not None
        }
        self._rows = [self._row(slot, row) for slot, row in enumerate(self._history.slots)]

    def rows(self) -> Sequence[GanttRow]:
        return self._rows

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        found = self._history.slots[int(row)].between(start, min(end, self._at))
        return [self._bar(assignment) for assignment in found]

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        found = self._history.attempts_until(int(link), self._at)
        return [(str(self._history.slot(row)), self._bar(row)) for row in found]

    def marks(self, start: float, end: float) -> Sequence[TimeMark]:
        batches = self._history.batches
        first = bisect_left(batches, start, key=lambda note: note.row.cut_at)
        last = bisect_right(batches, min(end, self._at), key=lambda note: note.row.cut_at)
        return [
            TimeMark(note.row.cut_at, f"batch {note.row.id + 1}") for note in batches[first:last]
        ]

    def span(self) -> tuple[float, float]:
        first = self._history.first_assignment
        return (self._at if first is None else min(first, self._at), self._at)

    def _row(self, slot: int, row: SlotAssignments) -> GanttRow:
        begun = bisect_right(row.starts, self._at)
        going = sum(
            ended_by(assignment, self._at) == "active"
            for assignment in row.assignments[max(0, begun - 2) : begun]
        )
        last = row.assignments[begun - 1].worker if begun else "-"
        worker = self._sitting.get(slot, last)
        return GanttRow(str(slot), f"{slot + 1:>2} {worker}", 3 * begun + going)

    def _bar(self, row: AssignmentRow) -> Bar:
        state = ended_by(row, self._at)
        return Bar(
            str(row.id),
            row.started_at,
            None if state == "active" else row.ended_at,
            _KINDS[state],
            row.duplicate,
            str(row.task),
            f"#{row.task}",
        )


_STORY_FROM = 30  # lines of the terminal, that leave room for the story below the timeline


class TimelinePage(Page):
    """The page; the story of the selected bar is shown below."""

    ID: ClassVar[str] = "timeline"
    TITLE: ClassVar[str] = "Timeline"
    DEFAULT_CSS = """
    TimelinePage { layout: vertical; }
    TimelinePage #bars { height: 1fr; }
    TimelinePage TaskStory { height: 9; }
    TimelinePage.-short TaskStory { display: none; }
    TimelinePage.-short.-story TaskStory { display: block; height: 7; }
    """

    _view: View | None = None
    _source: TimelineSource | None = None

    def compose(self) -> ComposeResult:
        yield Gantt(
            empty="no assignment yet: each one will be a bar here, from the moment it is sent",
            id="bars",
            classes="box",
        )
        yield TaskStory(id="story", classes="box")

    @property
    def gantt(self) -> Gantt:
        return self.query_one(Gantt)

    def entered(self) -> None:
        self.gantt.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.height < _STORY_FROM, "-short")

    def show(self, view: View) -> None:
        self._view = view
        if self._source is None:
            self._source = TimelineSource(view.source)
        self._source.look_at(view)
        zoom = "following" if self.gantt.follows else "f follows"
        self.gantt.entitle("Timeline", f"+ - zoom, a all, {zoom}, arrows select")
        self.gantt.update(self._source, view.at)
        self._show_details()

    def on_gantt_selected(self, message: Gantt.Selected) -> None:
        self.set_class(message.bar is not None, "-story")
        self._show_details()

    def _show_details(self) -> None:
        if self._view is not None:
            bar = self.gantt.selected
            self.query_one(TaskStory).show_task(self._view, None if bar is None else int(bar.link))


_INKS = {"completed": "good", "terminated": "muted", "active": "accent"}


@dataclass(frozen=True, slots=True)
class AssignmentStory:
    """One attempt at a task."""

    key: str
    worker: str
    slot: int
    role: str
    began: str
    took: str
    state: str
    answer: str
    pay: str


_COLUMNS: tuple[Column[AssignmentStory], ...] = (
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
    """The attempts at a task, and its facts."""

    DEFAULT_CSS = """
    TaskStory LiveTable { width: 3fr; }
    TaskStory Facts { width: 2fr; margin-left: 2; }
    """

    def compose(self) -> ComposeResult:
        table = LiveTable(
            _COLUMNS, lambda row: row.key, empty="select a bar to see the story of its task"
        )
        table.can_focus = False
        yield table
        yield Facts()

    def show_task(self, view: View, number: int | None) -> None:
        """Show this task at the moment of the view, or nothing."""
        table, facts = self.query_one(LiveTable), self.query_one(Facts)
        if number is None:
            entitle(self, "Story")
            table.update(())
            facts.update(())
            return
        task, found = view.history.tasks[number], view.history.attempts_until(number, view.at)
        entitle(self, f"Task #{number} of batch {task.batch + 1}")
        table.update([_attempt(each, view) for each in found])
        facts.update(_facts(task, view))


def _attempt(row: AssignmentRow, view: View) -> AssignmentStory:
    state = ended_by(row, view.at)
    end = view.at if state == "active" else row.ended_at
    return AssignmentStory(
        key=str(row.id),
        worker=row.worker,
        slot=view.history.slot(row) + 1,
        role="duplicate" if row.duplicate else "original",
        began=duration(row.started_at),
        took=duration(max(0.0, (end or view.at) - row.started_at)),
        state=state,
        answer="" if state == "active" else _labels(view.history.answers.get(row.id, ())),
        pay=money(row.micros, view.currency) if state != "active" else "",
    )


def _facts(task: TaskRow, view: View) -> list[Fact]:
    history, records, at = view.history, task.records, view.at
    end = history.end_of(task.id)
    state = end.state if end is not None and end.at <= at else "in hand"
    chosen = history.batches[task.batch].chose(task)
    facts = [
        Fact("task", state, "good" if state == "complete" else "accent"),
        Fact("records", ", ".join(view.record_id(record) for record in records)),
        Fact("selected", "by uncertainty" if chosen else "at random"),
    ]
    labels = [row.label for row in history.labels_of(task.id) if row.at <= at]
    votes = len(history.votes_until(task.id, at))
    wanted = votes if labels else int(view.snapshot.setting["tasks.votes"])
    if wanted > 1:
        facts.append(Fact("votes", f"{votes} of {wanted}"))
    if len(labels) == len(records):
        facts.append(Fact("labels", ", ".join(labels)))
    truth = [view.names[r].truth if r in view.names else None for r in records]
    if any(index is not None for index in truth):
        names = ["?" if index is None else view.classes[index] for index in truth]
        facts.append(Fact("truth", ", ".join(names)))
    return facts


def _labels(labels: Sequence[str | None]) -> str:
    return ", ".join(["skipped" if label is None else label for label in labels])
