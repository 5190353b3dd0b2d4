"""Workers' actions on each record, from the events that decide nothing.

The tables hold what counts. This fold adds what analysis wants beside it: per-record times, skips,
flags and comments, how each worker was connected, and the date.
"""

from bisect import bisect_right
from typing import NamedTuple

from msgspec import Struct

from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentSkipped,
    ClockSet,
    Event,
    RecordsNoted,
    RecordsTimed,
    SeatTaken,
)
from clamshell_tui.core.ids import ClassIndex


class Remark(NamedTuple):
    """``what`` is skip, flag or comment; ``at`` in seconds of the run."""

    at: float
    worker: str
    record: int
    what: str
    text: str


class Reply(Struct, gc=False):
    """A worker's first answer to an assignment; ``labels`` is None if the task was given back.

    Times are seconds of the run; those of records are empty where the client measured none.
    """

    worker: str
    at: float
    via: str
    labels: tuple[ClassIndex | None, ...] | None
    reason: str = ""
    shown: tuple[float, ...] = ()
    answered: tuple[float, ...] = ()
    changes: tuple[int, ...] = ()


class AnswerLog:
    """Show it every event of a run, in order."""

    def __init__(self) -> None:
        self.replies: dict[int, Reply] = {}  # by assignment
        self.remarks: list[Remark] = []
        self.vias: dict[str, str] = {}  # by worker, the latest
        self.clocks: list[tuple[float, ClockSet]] = []
        self._noted: set[int] = set()

    def apply(self, at: float, event: Event) -> None:
        match event:
            case AssignmentAnswered():
                self._answered(at, event)
            case RecordsTimed() if (reply := self.replies.get(event.assignment)) is not None:
                reply.shown, reply.answered = event.shown, event.answered
                reply.changes = event.changes
            case RecordsNoted():
                self._noted.add(event.assignment)
                self.remarks += [
                    Remark(at, event.worker, note.record, note.what, note.text)
                    for note in event.notes
                ]
            case AssignmentSkipped() if event.assignment not in self.replies:
                via = self.vias.get(event.worker, "")
                self.replies[event.assignment] = Reply(event.worker, at, via, None, event.reason)
            case SeatTaken():
                self.vias[event.worker] = event.via
            case ClockSet():
                self.clocks.append((at, event))

    def _answered(self, at: float, event: AssignmentAnswered) -> None:
        known = self.replies.get(event.assignment)
        if known is None or known.labels is None:  # a task given back may be answered, late
            via = self.vias.get(event.worker, "")
            self.replies[event.assignment] = Reply(event.worker, at, via, event.labels)

    def noted(self, assignment: int) -> bool:
        """Return whether the reasons of an assignment's skips are among the remarks."""
        return assignment in self._noted

    def utc(self, at: float) -> int:
        """Return a moment in milliseconds since 1970; simulated runs begin in that year."""
        place = bisect_right(self.clocks, at, key=lambda entry: entry[0])
        if not self.clocks:
            return round(at * 1000)
        began, clock = self.clocks[max(0, place - 1)]
        return round((clock.utc + (at - began) / clock.speed) * 1000)
