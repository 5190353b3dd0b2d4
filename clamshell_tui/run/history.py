"""What happened, in the order of time, so that any part of it can be looked up at once.

Everything here only grows. Assignments, workers and batches are the engine's own objects, which
keep their times: what was true at a moment is read from them, and nothing is copied.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from clamshell_tui.core.crowd_platform.work import Assignment, Batch, Worker
from clamshell_tui.core.ids import WorkerId


class Moment(StrEnum):
    """What a replay can be stepped to."""

    BATCH = "batch"  # one was cut
    DUPLICATE = "duplicate"
    EVICTION = "eviction"
    MODEL = "model"
    LABEL = "label"
    WORKER = "worker"  # one joined or went
    ORDER = "order"  # an operator did something
    WARNING = "warning"


class LogEntry(NamedTuple):
    """A line of the log of a run: what a person would want to be told."""

    at: float
    moment: Moment
    text: str


class Delivered(NamedTuple):
    """One label; ``record`` and ``label`` are numbers, ``task`` says whose answers made it."""

    at: float
    record: int
    label: int
    support: float
    active: bool
    task: int


class ModelPoint(NamedTuple):
    """One model: when it came, from how many labels, and how good it is."""

    version: int
    at: float
    labels_used: int
    accuracy: float | None
    estimated: bool
    seconds: float  # of training
    uncertainty: tuple[float, ...]  # quantiles over the candidate sample; empty: not told
    by_class: tuple[float, ...]  # accuracy per class on held-out records; empty: not told


class Eviction(NamedTuple):
    """Who went, and on what evidence."""

    at: float
    worker: str
    reason: str
    estimate: float
    threshold: float
    evidence: float


class BatchNote(NamedTuple):
    """A batch and what is not in it: how its records were chosen.

    A batch that grows may use several rankings: ``model`` and its age are of its first active
    records, so that they belong together and do not change afterwards.
    """

    batch: Batch
    records: int
    active: int  # of them, selected by uncertainty
    model: int  # whose ranking was used; 0: none
    model_age: float | None  # seconds, of that ranking when it was used


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
        """Those that were in hand at some time from ``start`` to ``end``.

        Who gave up the slot finishes the task in hand beside the next worker, so an assignment may
        outlast a few that began after it; never the ones of a later worker's later tasks.
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
    """All of it; see the class of each list's items for what is told."""

    def __init__(self) -> None:
        self.slots: list[SlotRow] = []
        self.slot_of: dict[WorkerId, int] = {}
        """The slot that a worker has, or had."""
        self.models: list[ModelPoint] = []
        self.batches: list[BatchNote] = []
        self.evictions: list[Eviction] = []
        self.gone: list[Worker] = []  # in the order in which their sessions ended
        self.log: list[LogEntry] = []
        self.waits = array("d")
        """Decision latency: seconds from the end of a batch to the first task of the next."""
        self._moments: dict[Moment, array[float]] = {moment: array("d") for moment in Moment}
        self._label_at = array("d")
        self._label_record = array("q")
        self._label_class = array("h")
        self._label_support = array("f")
        self._label_active = bytearray()
        self._label_task = array("q")

    # -- writing ----------------------------------------------------------------------------------

    def note(self, at: float, moment: Moment, text: str = "") -> None:
        """Something happened; without ``text`` it is not worth a line of the log."""
        self._moments[moment].append(at)
        if text:
            self.log.append(LogEntry(at, moment, text))

    def assigned(self, slot: int, assignment: Assignment) -> None:
        """A worker in this slot was given a task."""
        while len(self.slots) <= slot:
            self.slots.append(SlotRow())
        self.slots[slot].add(assignment)

    def labelled(self, label: Delivered) -> None:
        """A label was delivered."""
        self._label_at.append(label.at)
        self._label_record.append(label.record)
        self._label_class.append(label.label)
        self._label_support.append(label.support)
        self._label_active.append(label.active)
        self._label_task.append(label.task)
        self._moments[Moment.LABEL].append(label.at)

    # -- reading ----------------------------------------------------------------------------------

    def labels_until(self, at: float) -> int:
        """How many labels there were."""
        return bisect_right(self._label_at, at)

    def labels(self, first: int, last: int) -> Iterator[Delivered]:
        """The labels delivered ``first``-th to before the ``last``-th."""
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
        """When each label was delivered, in order; not to be changed."""
        return self._label_at

    def active_labels_until(self, count: int) -> int:
        """How many of the first ``count`` labels are of actively selected records."""
        return self._label_active.count(1, 0, count)

    def next_moment(self, moment: Moment, after: float) -> float | None:
        """When it happened next after ``after``; None if it did not."""
        times = self._moments[moment]
        place = bisect_right(times, after)
        return times[place] if place < len(times) else None

    def previous_moment(self, moment: Moment, before: float) -> float | None:
        """When it last happened before ``before``; None if it did not."""
        times = self._moments[moment]
        place = bisect_left(times, before)
        return times[place - 1] if place else None

    def moments_until(self, moment: Moment, at: float) -> int:
        """How often it had happened."""
        return bisect_right(self._moments[moment], at)

    def log_until(self, at: float, most: int) -> Sequence[LogEntry]:
        """The last ``most`` lines of the log."""
        last = bisect_right(self.log, at, key=lambda line: line.at)
        return self.log[max(0, last - most) : last]

    def models_until(self, at: float) -> Sequence[ModelPoint]:
        """The models that had come."""
        return self.models[: bisect_right(self.models, at, key=lambda model: model.at)]

    def batches_until(self, at: float) -> Sequence[BatchNote]:
        """The batches that had been cut."""
        return self.batches[: bisect_right(self.batches, at, key=lambda note: note.batch.cut)]

    def gone_until(self, at: float) -> Sequence[Worker]:
        """Who had gone, in the order of going."""
        return self.gone[: bisect_right(self.gone, at, key=lambda worker: worker.ended or 0.0)]
