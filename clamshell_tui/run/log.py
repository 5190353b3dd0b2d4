"""The log of a run: entries hold a row, an event or a command; the sentence is made when shown."""

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from clamshell_tui.core.commands import (
    FinishRun,
    Reject,
    Release,
    ReleaseMachine,
    ResizePool,
    Seat,
    SetAside,
    Warn,
    Withdraw,
)
from clamshell_tui.core.events import (
    ClockStopped,
    MachineJoined,
    OrderCarriedOut,
    RecordNote,
    RecordsNoted,
    RunPaused,
    RunResumed,
    SettingChanged,
    StopRequested,
    WorkerDisconnected,
    WorkerDismissed,
    WorkerJoined,
    WorkerPaused,
    WorkerReconnected,
    WorkerResumed,
)
from clamshell_tui.core.settings import in_words
from clamshell_tui.formats import count, verdict
from clamshell_tui.run.tables import BatchRow, EvictionRow, ModelRow, TaskRow


class BatchNote(Struct, gc=False):
    """A batch, its tasks, and the ranking of its actively selected records.

    A batch that grows may use several rankings: ``model`` and its age are of its first active
    records, so that they belong together and do not change afterwards.
    """

    row: BatchRow
    tasks: list[TaskRow]
    chosen: set[int]  # records selected by uncertainty
    grows: bool  # one task after the other, without a barrier
    model: int  # version whose ranking was used; 0: none
    model_age: float | None = None  # seconds between training and use

    def chose(self, task: TaskRow) -> bool:
        """Return whether any record of a task was selected by uncertainty."""
        return not self.chosen.isdisjoint(task.records)


class EventKind(StrEnum):
    """Kinds of events that a replay can step to."""

    BATCH = "batch"  # one was cut
    DUPLICATE = "duplicate"
    EVICTION = "eviction"
    MODEL = "model"
    LABEL = "label"
    WORKER = "worker"  # one joined or left
    ORDER = "order"  # by an operator
    WARNING = "warning"


Logged = (
    BatchNote
    | ClockStopped
    | EvictionRow
    | ModelRow
    | FinishRun
    | MachineJoined
    | OrderCarriedOut
    | RecordsNoted
    | Reject
    | Release
    | ReleaseMachine
    | ResizePool
    | RunPaused
    | RunResumed
    | Seat
    | SetAside
    | SettingChanged
    | StopRequested
    | Warn
    | Withdraw
    | WorkerDisconnected
    | WorkerDismissed
    | WorkerJoined
    | WorkerPaused
    | WorkerReconnected
    | WorkerResumed
)

LOGGED_EVENTS: dict[type, EventKind] = {
    MachineJoined: EventKind.WORKER,
    WorkerDisconnected: EventKind.WORKER,
    WorkerReconnected: EventKind.WORKER,
    RecordsNoted: EventKind.WORKER,
    RunPaused: EventKind.ORDER,
    RunResumed: EventKind.ORDER,
    StopRequested: EventKind.ORDER,
    WorkerDismissed: EventKind.ORDER,
    WorkerPaused: EventKind.ORDER,
    WorkerResumed: EventKind.ORDER,
    SettingChanged: EventKind.ORDER,
    ClockStopped: EventKind.ORDER,
    OrderCarriedOut: EventKind.ORDER,
}
"""Kinds of the events that are in the log as they are, without a row."""


class LogEntry(NamedTuple):
    """A line of the log that screens and reports show."""

    at: float
    kind: EventKind
    what: Logged

    @property
    def text(self) -> str:
        return _sentence(self.what)


def _sentence(what: Logged) -> str:
    match what:
        case WorkerJoined():
            return f"{what.worker} came"
        case WorkerDisconnected():
            return f"{what.worker} lost the connection"
        case WorkerReconnected():
            return f"{what.worker} is back"
        case RecordsNoted():
            return f"{what.worker} {', '.join(map(_remark, what.notes))}"
        case Seat():
            return f"{what.worker} took slot {what.slot + 1}"
        case MachineJoined():
            return f"{what.worker} came: the machine {what.source}"
        case Release() | ReleaseMachine() | Reject():
            return f"{what.worker} went: {what.reason}"
        case Withdraw():
            return f"{what.worker}'s assignment {what.assignment} {what.state}"
        case EvictionRow():
            return f"{what.worker} evicted: {verdict(what.reason, what.estimate, what.threshold)}"
        case BatchNote():
            return _batch(what)
        case ModelRow():
            how = "" if what.accuracy is None else f", {what.accuracy:.1%} right"
            return f"model {what.version} from {what.labels_used} labels{how}"
        case SetAside():
            return f"task {what.task} was set aside"
        case Warn():
            return what.message
        case ResizePool():
            return f"the pool gets {what.slots} slots, by what arrives and waits"
        case ClockStopped():
            return f"the coordinator stood still for {what.seconds:.0f} s"
        case FinishRun():
            return f"the run is over: {what.reason}"
        case _:
            return _order(what)


def _remark(note: RecordNote) -> str:
    deeds = {"skip": "skipped", "flag": "flagged", "comment": "commented on"}
    said = f" ({note.text})" if note.text else ""
    return f"{deeds[note.what]} record #{note.record}{said}"


def _batch(note: BatchNote) -> str:
    row = note.row
    name = f"batch {row.id + 1}"
    if note.grows:
        return f"{name} begins"
    how = f", {row.active_records} active" if row.active_records else ""
    return f"{name}: {count(row.tasks, 'task')} of {count(row.records, 'record')}{how}"


def _order(
    what: RunPaused
    | RunResumed
    | StopRequested
    | WorkerDismissed
    | WorkerPaused
    | WorkerResumed
    | SettingChanged
    | OrderCarriedOut,
) -> str:
    match what:
        case RunPaused():
            return f"{what.operator} paused the run"
        case RunResumed():
            return f"{what.operator} resumed the run"
        case StopRequested():
            return f"{what.operator} asked the run to end"
        case WorkerDismissed():
            return f"{what.operator} dismissed {what.worker}"
        case WorkerPaused():
            return f"{what.operator} paused {what.worker}"
        case WorkerResumed():
            return f"{what.operator} resumed {what.worker}"
        case SettingChanged():
            return f"{what.operator} set {what.key} to {in_words(what.value)}"
        case OrderCarriedOut():
            whom = f" to {what.subject or 'all'}" if what.order == "message" else ""
            said = f": {what.text}" if what.text else ""
            return f"{what.operator} did {what.order}{whom}{said}"
