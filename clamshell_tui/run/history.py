"""Indexes over the past of a run, in order of time: any moment is found by bisection.

They only grow. Assignments, workers and batches are the engine's own objects, which keep their
times, so a state at a past moment is read from them and nothing is copied.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from clamshell_tui.core.crowd_platform.work import Assignment, Batch, Worker
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.run.tables import EvictionRow


class EventKind(StrEnum):
    """Kinds of moments that a replay can step to."""

    BATCH = "batch"  # one was cut
    DUPLICATE = "duplicate"
    EVICTION = "eviction"
    MODEL = "model"
    LABEL = "label"
    WORKER = "worker"  # one joined or left
    ORDER = "order"  # by an operator
    WARNING = "warning"


class LogEntry(NamedTuple):
    """A line of the log that screens and reports show."""

    at: float
    moment: EventKind
    text: str


class Delivered(NamedTuple):
    """A delivered label; ``label`` is the index of a class."""

    at: float
    record: int
    label: int
    support: float
    active: bool
    task: int


class ModelPoint(NamedTuple):
    version: int
    at: float
    labels_used: int
    accuracy: float | None
    estimated: bool
    seconds: float  # of training
    uncertainty: tuple[float, ...]  # quantiles over the candidate sample; empty: unknown
    by_class: tuple[float, ...]  # accuracy per class on held-out records; empty: unknown


class BatchNote(NamedTuple):
    """A batch and the selection of its records.

    A batch that grows may use several rankings: ``model`` and its age are of its first active
    records, so that they belong together and do not change afterwards.
    """

    batch: Batch
    records: int
    active: int  # of them, selected by uncertainty
    model: int  # version whose ranking was used; 0: none
    model_age: float | None  # seconds between training and use


class SlotRow:
    """The assignments of one slot, in the order in which they began."""

    __slots__ = ("assignments", "starts")

    def __init__(self) -> None:
        self.starts = array("d")
        self.assignments: list[Assignment] = []

    def add(self, assignment: Assignment) -> None:
        self.starts.append(assignment.started)
        self.assignments.append(assignment)

    def between(self, start: float, end: float) -> Sequence[Assignment]:
        """Return the assignments that were live at some time from ``start`` to ``end``.

        After an eviction, a worker finishes the current task beside the next worker, so an
        assignment may outlast a few that began after it.
        """
        last = bisect_right(self.starts, end)
        first = bisect_left(self.starts, start, 0, last)
        found = self.assignments[first:last]
        earlier: list[Assignment] = []
        for place in range(first - 1, max(-1, first - 1 - _OVERLAPS), -1):
            assignment = self.assignments[place]
            if assignment.ended is None or assignment.ended >= start:
                earlier.append(assignment)
        return [*reversed(earlier), *found]


_OVERLAPS = 8  # assignments of one slot looked at for one that outlasts those after it


class History:
    """All indexes of one run."""

    def __init__(self) -> None:
        self.slots: list[SlotRow] = []
        self.slot_of: dict[WorkerId, int] = {}
        """Current or last slot of a worker."""
        self.models: list[ModelPoint] = []
        self.batches: list[BatchNote] = []
        self.evictions: list[EvictionRow] = []
        self.gone: list[Worker] = []  # by the end of their sessions
        self.log: list[LogEntry] = []
        self.waits = array("d")
        """Decision latency: seconds from the end of a batch to the first task of the next."""
        self._moments: dict[EventKind, array[float]] = {moment: array("d") for moment in EventKind}
        self._label_at = array("d")
        self._label_record = array("q")
        self._label_class = array("h")
        self._label_support = array("f")
        self._label_active = bytearray()
        self._label_task = array("q")

    # -- writing ----------------------------------------------------------------------------------

    def note(self, at: float, moment: EventKind, text: str = "") -> None:
        """Add a moment and, with ``text``, a line of the log."""
        self._moments[moment].append(at)
        if text:
            self.log.append(LogEntry(at, moment, text))

    def assigned(self, slot: int, assignment: Assignment) -> None:
        while len(self.slots) <= slot:
            self.slots.append(SlotRow())
        self.slots[slot].add(assignment)

    def labelled(self, label: Delivered) -> None:
        self._label_at.append(label.at)
        self._label_record.append(label.record)
        self._label_class.append(label.label)
        self._label_support.append(label.support)
        self._label_active.append(label.active)
        self._label_task.append(label.task)
        self._moments[EventKind.LABEL].append(label.at)

    # -- reading ----------------------------------------------------------------------------------

    def labels_until(self, at: float) -> int:
        """Return the number of labels delivered by then."""
        return bisect_right(self._label_at, at)

    def labels(self, first: int, last: int) -> Iterator[Delivered]:
        """Yield the labels from number ``first`` (from 0) to before ``last``."""
        for place in range(max(0, first), min(last, len(self._label_at))):
            yield Delivered(
                self._label_at[place],
                self._label_record[place],
                self._label_class[place],
                self._label_support[place],
                bool(self._label_active[place]),
                self._label_task[place],
            )

    def label_times(self) -> Sequence[float]:
        """Return the time of each label, in order. Do not change it."""
        return self._label_at

    def active_labels_until(self, count: int) -> int:
        """Return how many of the first ``count`` labels are of actively selected records."""
        return self._label_active.count(1, 0, count)

    def next_moment(self, moment: EventKind, after: float) -> float | None:
        """Return the next time of a kind after ``after``; None without one."""
        times = self._moments[moment]
        place = bisect_right(times, after)
        return times[place] if place < len(times) else None

    def previous_moment(self, moment: EventKind, before: float) -> float | None:
        """Return the last time of a kind before ``before``; None without one."""
        times = self._moments[moment]
        place = bisect_left(times, before)
        return times[place - 1] if place else None

    def moments_until(self, moment: EventKind, at: float) -> int:
        """Return the number of moments of a kind by then."""
        return bisect_right(self._moments[moment], at)

    def models_until(self, at: float) -> Sequence[ModelPoint]:
        """Return the models trained by then."""
        return self.models[: bisect_right(self.models, at, key=lambda model: model.at)]

    def batches_until(self, at: float) -> Sequence[BatchNote]:
        """Return the batches cut by then."""
        return self.batches[: bisect_right(self.batches, at, key=lambda note: note.batch.cut)]

    def gone_until(self, at: float) -> Sequence[Worker]:
        """Return the workers whose session had ended, in that order."""
        return self.gone[: bisect_right(self.gone, at, key=lambda worker: worker.ended or 0.0)]
