"""A second engine that replays a journal for a reader: operator screen, report, trace.

Call :meth:`Replica.feed` with each entry of the journal in order; :meth:`Replica.snapshot_at`
returns the state at any moment up to the last entry. The replica only reads its engine, so looking
at a moment never changes a decision.
"""

from collections.abc import Callable
from math import inf
from typing import assert_never

from clamshell_tui.core.commands import (
    Acknowledge,
    Admit,
    Assign,
    CloseBatch,
    Command,
    CutBatch,
    DeliverLabels,
    Evict,
    FinishRun,
    Outcome,
    PayWaiting,
    PostRecruitment,
    Qualify,
    Reject,
    Release,
    ResizePool,
    Retrain,
    Seat,
    SetAside,
    Terminate,
    Warn,
    Withdraw,
)
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import (
    ClockStopped,
    Event,
    ModelTrained,
    OrderCarriedOut,
    RunPaused,
    RunResumed,
    SettingChanged,
    StopRequested,
    WorkerDisconnected,
    WorkerDismissed,
    WorkerJoined,
    WorkerReconnected,
)
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.settings import in_words
from clamshell_tui.formats import assessed, count
from clamshell_tui.run.estimates import LatencyEstimates, ObservedWorkers
from clamshell_tui.run.history import (
    BatchNote,
    Delivered,
    EventKind,
    History,
    ModelPoint,
)
from clamshell_tui.run.keyframes import Keyframes
from clamshell_tui.run.snapshot import Snapshot, aged, take_snapshot
from clamshell_tui.run.tables import EvictionRow


class Replica:
    """``entries`` is the expected length of the journal, 0 if unknown: it spaces the keyframes."""

    def __init__(self, config: RunConfig, entries: int = 0) -> None:
        self.config = config
        self.engine = Engine(config)
        self.history = History()
        self.keyframes = Keyframes(config.pool.size, entries)
        self.fed = 0
        """Number of journal entries so far."""
        self.on_commands: Callable[[float, list[Command]], None] | None = None
        """Called with the time and the engine's commands, after each entry."""
        self._observed = ObservedWorkers(config.maintenance)
        self._batch_ended: float | None = None
        self._leaving: dict[WorkerId, Worker] = {}  # without a slot, finishing a task

    @property
    def end(self) -> float:
        """Time of the last entry, in seconds of the run."""
        return self.engine.now

    @property
    def finished(self) -> bool:
        return self.engine.state.phase == "finished"

    def feed(self, at: float, event: Event) -> None:
        """Apply the next entry. Raises InvalidEventError for a journal of other rules."""
        commands = self.engine.handle(event, at)
        self.fed += 1
        self._note(event, at)
        for command in commands:
            self._follow(command, at)
        if self.on_commands is not None:
            self.on_commands(at, commands)
        if self.keyframes.due(self.fed):
            self.keyframes.add(at, self._take(at))

    def snapshot_at(self, at: float) -> Snapshot:
        """Return the run at ``at``: exact at its end, else the last keyframe, ages as of ``at``."""
        if at >= self.engine.now or not self.keyframes:
            return self._take(max(at, self.engine.now))
        return aged(self.keyframes.at(at), at)

    @property
    def threshold(self) -> float | None:
        """Current threshold of maintenance in seconds per label; None if it is off or has none."""
        maintainer = self.engine.maintainer
        found = maintainer.threshold() if maintainer.enabled else inf
        return found if found < inf else None

    def estimates(self, worker: WorkerId) -> LatencyEstimates:
        """Return a worker's latency by each estimator, from everything observed so far."""
        threshold = self.threshold
        return self._observed.estimates(worker, inf if threshold is None else threshold)

    def _take(self, now: float) -> Snapshot:
        return take_snapshot(self.engine, self._observed, self._leaving.values(), now)

    # -- history ----------------------------------------------------------------------------------

    def _note(self, event: Event, at: float) -> None:
        """Note what no command repeats."""
        note = self.history.note
        match event:
            case ModelTrained():
                self._model(event, at)
            case WorkerJoined():
                note(at, EventKind.WORKER, f"{event.worker} came")
            case WorkerDisconnected():
                note(at, EventKind.WORKER, f"{event.worker} lost the connection")
            case WorkerReconnected():
                note(at, EventKind.WORKER, f"{event.worker} is back")
            case RunPaused():
                note(at, EventKind.ORDER, f"{event.operator} paused the run")
            case RunResumed():
                note(at, EventKind.ORDER, f"{event.operator} resumed the run")
            case StopRequested():
                note(at, EventKind.ORDER, f"{event.operator} asked the run to end")
            case WorkerDismissed():
                note(at, EventKind.ORDER, f"{event.operator} dismissed {event.worker}")
                self._leaves(event.worker)
            case SettingChanged():
                text = f"{event.operator} set {event.key} to {in_words(event.value)}"
                note(at, EventKind.ORDER, text)
            case ClockStopped():
                text = f"the coordinator stood still for {event.seconds:.0f} s"
                note(at, EventKind.ORDER, text)
            case OrderCarriedOut():
                whom = f" to {event.subject or 'all'}" if event.order == "message" else ""
                said = f": {event.text}" if event.text else ""
                note(at, EventKind.ORDER, f"{event.operator} did {event.order}{whom}{said}")

    def _follow(self, command: Command, at: float) -> None:
        match command:
            case Assign():
                self._assigned(command, at)
            case Acknowledge():
                if command.outcome is Outcome.COUNTED:
                    assignment = self.engine.state.assignments[command.assignment]
                    self._observed.completed(assignment)
            case Terminate():
                self._observed.terminated(self.engine.state.assignments[command.assignment])
            case DeliverLabels():
                self._labelled(command, at)
            case CutBatch():
                self._cut(command, at)
            case CloseBatch():
                self._batch_ended = at
            case Evict():
                self._evicted(command, at)
            case Release() | Reject():
                self._gone(command, at)
            case Seat():
                self.history.slot_of[command.worker] = command.slot
                text = f"{command.worker} took slot {command.slot + 1}"
                self.history.note(at, EventKind.WORKER, text)
            case ResizePool():
                text = f"the pool gets {command.slots} slots, by what arrives and waits"
                self.history.note(at, EventKind.WORKER, text)
            case SetAside():
                self.history.note(at, EventKind.WARNING, f"task {command.task} was set aside")
            case Warn():
                self.history.note(at, EventKind.WARNING, command.message)
            case Withdraw():
                if command.state != AssignmentState.PREEMPTED:
                    text = f"{command.worker}'s assignment {command.assignment} {command.state}"
                    self.history.note(at, EventKind.WORKER, text)
            case FinishRun():
                self.history.note(at, EventKind.ORDER, f"the run is over: {command.reason}")
            case Admit() | PayWaiting() | PostRecruitment() | Qualify() | Retrain():
                pass
            case _:
                assert_never(command)

    def _assigned(self, command: Assign, at: float) -> None:
        assignment = self.engine.state.assignments[command.assignment]
        slot = assignment.worker.slot
        assert slot is not None, "assignments need a slot"
        self.history.assigned(slot, assignment)
        if command.duplicate:
            self.history.note(at, EventKind.DUPLICATE)
        if self._batch_ended is not None:
            self.history.waits.append(at - self._batch_ended)
            self._batch_ended = None

    def _labelled(self, command: DeliverLabels, at: float) -> None:
        fields = zip(command.records, command.labels, command.support, command.active, strict=True)
        for record, label, support, active in fields:
            self.history.labelled(Delivered(at, record, label, support, active, command.task))

    def _cut(self, command: CutBatch, at: float) -> None:
        batch = self.engine.state.batches[command.batch]
        records = sum(map(len, command.records))
        notes = self.history.batches
        grows = bool(notes) and notes[-1].batch is batch  # without a barrier a batch does
        note = notes.pop() if grows else BatchNote(batch, 0, 0, command.model, None)
        if command.active and not note.active:
            trained = self.engine.retraining.trained_at
            age = None if trained is None else at - trained
            note = note._replace(model=command.model, model_age=age)
        notes.append(
            note._replace(records=note.records + records, active=note.active + len(command.active))
        )
        if not grows:
            self.history.note(at, EventKind.BATCH, self._new_batch(command, records))

    def _new_batch(self, command: CutBatch, records: int) -> str:
        name = f"batch {command.batch + 1}"
        if self.engine.batcher.refills:  # this is its first task only
            return f"{name} begins"
        how = f", {len(command.active)} active" if command.active else ""
        return f"{name}: {count(len(command.tasks), 'task')} of {count(records, 'record')}{how}"

    def _model(self, event: ModelTrained, at: float) -> None:
        version = self.engine.retraining.version
        accuracy = self.engine.retraining.accuracy
        self.history.models.append(
            ModelPoint(
                version,
                at,
                event.labels_used,
                accuracy,
                event.estimated,
                event.seconds,
                event.uncertainty,
                event.by_class,
            )
        )
        how = "" if accuracy is None else f", {accuracy:.1%} right"
        text = f"model {version} from {event.labels_used} labels{how}"
        self.history.note(at, EventKind.MODEL, text)

    def _leaves(self, name: WorkerId) -> None:
        worker = self.engine.state.pool.workers[name]
        if worker.departing is not None and not worker.over:
            self._leaving[name] = worker

    def _evicted(self, command: Evict, at: float) -> None:
        self._leaves(command.worker)
        self.history.evictions.append(
            EvictionRow(
                command.worker,
                at,
                command.reason,
                command.estimate,
                command.threshold,
                command.evidence,
            )
        )
        text = f"{command.worker} evicted: {assessed(command.reason, command.estimate)}"
        if command.threshold < inf:
            text += f", limit {assessed(command.reason, command.threshold)}"
        self.history.note(at, EventKind.EVICTION, text)

    def _gone(self, command: Release | Reject, at: float) -> None:
        self._leaving.pop(command.worker, None)
        self.history.gone.append(self.engine.state.pool.workers[command.worker])
        self.history.note(at, EventKind.WORKER, f"{command.worker} went: {command.reason}")
