"""The past of a run in order of time: indexes over the rows of the tables.

Any moment is found by bisection. The indexes only grow, and hold the very rows of the tables, which
keep their times: a state at a past moment is read from them, and nothing is copied.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from clamshell_tui.core.commands import CutBatch, Reject, Release
from clamshell_tui.core.events import Event, ModelTrained
from clamshell_tui.run.log import LOGGED_EVENTS, BatchNote, EventKind, LogEntry, Logged
from clamshell_tui.run.tables import (
    AssignmentRow,
    BatchRow,
    EvictionRow,
    ExtraRow,
    LabelRow,
    LedgerRow,
    ModelRow,
    TaskRow,
    WorkerRow,
)


class SlotAssignments:
    """The assignments of one slot, in the order in which they began."""

    __slots__ = ("assignments", "starts")

    def __init__(self) -> None:
        self.starts = array("d")
        self.assignments: list[AssignmentRow] = []

    def add(self, row: AssignmentRow) -> None:
        self.starts.append(row.started_at)
        self.assignments.append(row)

    def between(self, start: float, end: float) -> Sequence[AssignmentRow]:
        """Return the assignments that were live at some time from ``start`` to ``end``.

        After an eviction, a worker finishes the current task beside the next worker, so an
        assignment may outlast a few that began after it.
        """
        last = bisect_right(self.starts, end)
        first = bisect_left(self.starts, start, 0, last)
        found = self.assignments[first:last]
        earlier: list[AssignmentRow] = []
        for place in range(first - 1, max(-1, first - 1 - _OVERLAPS), -1):
            row = self.assignments[place]
            if row.ended_at is None or row.ended_at >= start:
                earlier.append(row)
        return [*reversed(earlier), *found]


_OVERLAPS = 8  # assignments of one slot looked at for one that outlasts those after it


class Spending:
    """Micro-dollars booked so far under one kind of pay, at each payment."""

    __slots__ = ("sums", "times")

    def __init__(self) -> None:
        self.times = array("d")
        self.sums = array("q", [0])

    def add(self, at: float, micros: int) -> None:
        self.times.append(at)
        self.sums.append(self.sums[-1] + micros)

    def until(self, at: float) -> int:
        return self.sums[bisect_right(self.times, at)]


class TaskEnd(NamedTuple):
    """How a task ended, ``complete``, ``set-aside`` or ``cancelled``, and when."""

    state: str
    at: float


class History:
    """All indexes of one run; :class:`~clamshell_tui.run.model.RunModel` writes them.

    ``continuous``: batches grow while they are in play.
    """

    def __init__(self, *, continuous: bool = False) -> None:
        self.workers: dict[str, WorkerRow] = {}
        self.tasks: dict[int, TaskRow] = {}
        self.slots: list[SlotAssignments] = []
        self.attempts: dict[int, list[AssignmentRow]] = {}
        """Assignments by task, earliest first."""
        self.answers: dict[int, tuple[str | None, ...]] = {}
        """First answer to an assignment, counted or not: a class for each record, None: skipped."""
        self.extras: dict[int, ExtraRow] = {}
        """The record that fills an assignment up, by assignment."""
        self.completed = 0
        """Answers that counted."""
        self.labels: list[LabelRow] = []
        self.models: list[ModelRow] = []
        self.reports: list[ModelTrained] = []
        """The learner's report on each model."""
        self.batches: list[BatchNote] = []
        self.evictions: list[EvictionRow] = []
        self.gone: list[WorkerRow] = []  # by the end of their sessions
        self.spending: dict[str, Spending] = {}
        """Money by kind of pay."""
        self.log: list[LogEntry] = []
        self.waits = array("d")
        """Decision latency: seconds from the end of a batch to the first task of the next."""
        self._grows = continuous
        self._starts = array("d")
        self._active = bytearray()  # by label: of an actively selected record
        self._batch_ended: float | None = None
        self._times: dict[EventKind, array[float]] = {kind: array("d") for kind in EventKind}

    # -- writing ----------------------------------------------------------------------------------

    def note(self, at: float, kind: EventKind, what: Logged) -> None:
        self._times[kind].append(at)
        self.log.append(LogEntry(at, kind, what))

    def happened(self, at: float, event: Event) -> None:
        """Note an event without a row, if it is one for the log."""
        kind = LOGGED_EVENTS.get(type(event))
        if kind is not None:
            self.note(at, kind, event)  # type: ignore[arg-type]  # it is one of the keys

    def trained(self, row: ModelRow, event: ModelTrained) -> None:
        self.models.append(row)
        self.reports.append(event)
        self.note(row.trained_at, EventKind.MODEL, row)

    def assigned(self, row: AssignmentRow) -> None:
        slot = self.slot(row)
        while len(self.slots) <= slot:
            self.slots.append(SlotAssignments())
        self.slots[slot].add(row)
        self.attempts.setdefault(row.task, []).append(row)
        self._starts.append(row.started_at)
        if row.duplicate:
            self._times[EventKind.DUPLICATE].append(row.started_at)
        if self._batch_ended is not None:
            self.waits.append(row.started_at - self._batch_ended)
            self._batch_ended = None

    def answered(self, assignment: int, labels: tuple[str | None, ...], *, counted: bool) -> None:
        self.answers[assignment] = labels
        self.completed += counted

    def labelled(self, row: LabelRow) -> None:
        self.labels.append(row)
        self._active.append(row.active)
        self._times[EventKind.LABEL].append(row.at)

    def cut(self, at: float, row: BatchRow, command: CutBatch, tasks: Sequence[TaskRow]) -> None:
        note = self.batches[-1] if self.batches else None
        if note is None or note.row is not row:
            note = BatchNote(row, [], set(), self._grows, command.model)
            self.batches.append(note)
            self.note(at, EventKind.BATCH, note)
        if command.active and not note.chosen:
            note.model = command.model
            note.model_age = at - self.models[-1].trained_at if self.models else None
        note.tasks += tasks
        note.chosen |= command.active

    def closed(self, at: float) -> None:
        """Note the end of a batch."""
        self._batch_ended = at

    def evicted(self, row: EvictionRow) -> None:
        self.evictions.append(row)
        self.note(row.at, EventKind.EVICTION, row)

    def went(self, at: float, row: WorkerRow, command: Release | Reject) -> None:
        self.gone.append(row)
        self.note(at, EventKind.WORKER, command)

    def paid(self, row: LedgerRow) -> None:
        spending = self.spending.get(row.kind)
        if spending is None:
            spending = self.spending[row.kind] = Spending()
        spending.add(row.at, row.micros)

    # -- reading ----------------------------------------------------------------------------------

    def labels_until(self, at: float) -> int:
        """Return the number of labels delivered by then."""
        return bisect_right(self._times[EventKind.LABEL], at)

    def label_times(self) -> Sequence[float]:
        """Return the time of each label, in order. Do not change it."""
        return self._times[EventKind.LABEL]

    def active_labels_until(self, count: int) -> int:
        """Return how many of the first ``count`` labels are of actively selected records."""
        return self._active.count(1, 0, count)

    def next_event(self, kind: EventKind, after: float) -> float | None:
        """Return the next time of a kind after ``after``; None without one."""
        times = self._times[kind]
        place = bisect_right(times, after)
        return times[place] if place < len(times) else None

    def previous_event(self, kind: EventKind, before: float) -> float | None:
        """Return the last time of a kind before ``before``; None without one."""
        times = self._times[kind]
        place = bisect_left(times, before)
        return times[place - 1] if place else None

    def events_until(self, kind: EventKind, at: float) -> int:
        """Return the number of events of a kind by then."""
        return bisect_right(self._times[kind], at)

    def assignments_until(self, at: float) -> int:
        """Return the number of assignments that had begun."""
        return bisect_right(self._starts, at)

    def cost_until(self, kind: str, at: float) -> int:
        """Return the micro-dollars booked by then under a kind of pay."""
        spending = self.spending.get(kind)
        return 0 if spending is None else spending.until(at)

    @property
    def first_assignment(self) -> float | None:
        return self._starts[0] if self._starts else None

    def models_until(self, at: float) -> Sequence[ModelRow]:
        """Return the models trained by then."""
        return self.models[: bisect_right(self.models, at, key=lambda row: row.trained_at)]

    def batches_until(self, at: float) -> Sequence[BatchNote]:
        """Return the batches cut by then."""
        return self.batches[: bisect_right(self.batches, at, key=lambda note: note.row.cut_at)]

    def gone_until(self, at: float) -> Sequence[WorkerRow]:
        """Return the workers whose session had ended, in that order."""
        return self.gone[: bisect_right(self.gone, at, key=lambda row: row.left_at or 0.0)]

    def attempts_until(self, task: int, at: float) -> list[AssignmentRow]:
        """Return the assignments of a task that had begun, earliest first."""
        return [row for row in self.attempts.get(task, ()) if row.started_at <= at]

    def votes_until(self, task: int, at: float) -> list[AssignmentRow]:
        """Return the assignments with counted answers to the records of a task, by their ends.

        Coupled votes are of several tasks with the same records, cut one after the other.
        """
        found = [
            row
            for each in self._ballot(task)
            for row in self.attempts.get(each, ())
            if ended_by(row, at) == "completed"
        ]
        return sorted(found, key=lambda row: row.ended_at or 0.0)

    def size_of(self, row: AssignmentRow) -> int:
        """Return the number of records of an assignment."""
        return len(self.tasks[row.task].records) + (row.id in self.extras)

    def slot(self, row: AssignmentRow) -> int:
        """Return the slot in which an assignment was made: a worker has one in a session."""
        slot = self.workers[row.worker].slot
        assert slot is not None, "assignments need a slot"
        return slot

    def labels_of(self, task: int) -> Sequence[LabelRow]:
        """Return the labels that the answers to a task led to."""
        for each in self._ballot(task):
            at = self.tasks[each].completed_at
            if at is not None:
                times = self.label_times()
                rows = self.labels[bisect_left(times, at) : bisect_right(times, at)]
                return [row for row in rows if row.task == each]
        return []

    def end_of(self, task: int) -> TaskEnd | None:
        """Return how and when a task ended; None while it is in play.

        The rows do not say when a task was set aside or cancelled: that is the end of its last
        attempt, or of its batch.
        """
        row, ballot = self.tasks[task], self._ballot(task)
        attempts = self.attempts.get(task, [])
        if row.completed_at is not None:
            return TaskEnd("complete", row.completed_at)
        if len(ballot) > 1:  # the votes are coupled: its own answer ends a task
            answered = [each.ended_at for each in attempts if each.state == "completed"]
            done = [self.tasks[each].completed_at for each in ballot]
            if ends := [at for at in [*answered, *done] if at is not None]:
                return TaskEnd("complete", ends[0])
        batch = self.batches[row.batch].row
        last = max([each.ended_at or 0.0 for each in attempts], default=batch.ended_at)
        if row.state == "set-aside":
            return TaskEnd("set-aside", last or 0.0)
        return None if batch.ended_at is None else TaskEnd("cancelled", last or batch.ended_at)

    def _ballot(self, task: int) -> Sequence[int]:
        """Return the tasks of a batch that ask for the same records as ``task``."""
        row, first, last = self.tasks[task], task, task
        while _votes_with(row, self.tasks.get(first - 1)):
            first -= 1
        while _votes_with(row, self.tasks.get(last + 1)):
            last += 1
        return range(first, last + 1)


def _votes_with(row: TaskRow, other: TaskRow | None) -> bool:
    return other is not None and (other.batch, other.records) == (row.batch, row.records)


def ended_by(row: AssignmentRow, at: float) -> str:
    """Return the state of an assignment at a moment after its start."""
    return row.state if row.ended_at is not None and row.ended_at <= at else "active"
