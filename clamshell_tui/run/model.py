"""The fold of a run: events and commands become rows of its tables.

The coordinator, the simulator, ``verify`` and recovery share it, so all of them agree on every
table. It never reads the engine: a table that came from the engine's own state could not be used
to check that state (see :mod:`clamshell_tui.run.check`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from clamshell_tui.core.commands import (
    Acknowledge,
    AcknowledgeMachine,
    Admit,
    AskMachine,
    Assign,
    CloseBatch,
    Command,
    CutBatch,
    DeliverLabels,
    Evict,
    FinishRun,
    Outcome,
    PayKind,
    PayWaiting,
    PostRecruitment,
    Qualify,
    Reject,
    Release,
    ReleaseMachine,
    ResizePool,
    Retrain,
    Seat,
    SetAside,
    Terminate,
    Warn,
    Withdraw,
    WithdrawRequest,
)
from clamshell_tui.core.events import (
    AssignmentAnswered,
    Event,
    ModelTrained,
    RecordsSubmitted,
    WorkerJoined,
    WorkerLeft,
)
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.run.history import History
from clamshell_tui.run.log import EventKind, Logged
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import (
    AnswerRow,
    AssignmentRow,
    BatchRow,
    EvictionRow,
    ExtraRow,
    LabelRow,
    LedgerRow,
    MetaRow,
    ModelRow,
    Sink,
    TaskRow,
    WarningRow,
    WorkerRow,
    filled_up,
)


class RunModel:
    """Fold of events and commands into rows, which are put into ``sink``.

    ``history`` indexes the same rows by time, for readers that look back. Rows of ended tasks and
    assignments are kept here, since a late answer still changes them; a sink in memory shares them.
    The journal's own rows are the driver's: it appends the entry of
    an event before it applies the event here.
    """

    def __init__(self, sink: Sink, names: RecordNames, *, history: History | None = None) -> None:
        self.sink = sink
        """Where rows go. A driver that replayed a journal replaces it before it continues."""
        self.assignments: dict[int, AssignmentRow] = {}
        self._names = names
        self._history = history
        self._workers: dict[str, WorkerRow] = {} if history is None else history.workers
        self._batches: dict[int, BatchRow] = {}
        self._tasks: dict[int, TaskRow] = {} if history is None else history.tasks
        self._payments = 0
        self._intervals: Counter[tuple[str, str]] = Counter()
        self._models = 0
        self._extras: dict[int, ExtraRow] = {} if history is None else history.extras
        self._gold: dict[RecordId, ClassIndex] = {}

    def apply(self, at: float, event: Event, commands: Sequence[Command]) -> None:
        """Put the rows of one step: an event at time ``at`` and the engine's answer to it."""
        self._note(at, event)
        for command in commands:
            self._apply(at, event, command)

    def _note(self, at: float, event: Event) -> None:
        """Put the rows of an event; most events have none, since a command follows that has."""
        match event:
            case WorkerJoined():
                worker = self._workers[event.worker] = WorkerRow(event.worker, at)
                self.sink.put(worker)
                if self._history is not None:
                    self._history.note(at, EventKind.WORKER, event)
            case WorkerLeft() if (row := self._workers.get(event.worker)) is not None:
                self._end_session(at, row, "left")  # else a machine's
            case ModelTrained():
                self._train(at, event)
            case RecordsSubmitted():
                self._gold |= event.gold
                if self._history is not None:
                    self._history.happened(at, event)
            case _:
                if self._history is not None:
                    self._history.happened(at, event)

    def _train(self, at: float, event: ModelTrained) -> None:
        self._models += 1
        row = ModelRow(
            self._models, at, event.labels_used, event.measured, event.estimated, event.seconds
        )
        self.sink.put(row)
        if self._history is not None:
            self._history.trained(row, event)

    def _apply(self, at: float, event: Event, command: Command) -> None:
        match command:  # most frequent first: this runs for every decision of a run
            case Assign():
                self._assign(at, command)
            case PayWaiting():
                self._pay_interval(at, command)
            case Acknowledge():
                self._acknowledge(at, event, command)
            case Terminate():
                self._end(at, command.assignment, "terminated", PayKind.TERMINATED, command.micros)
            case DeliverLabels():
                self._deliver(at, command)
            case Withdraw():
                # The pool evicted the worker in mid-task: pay as for terminated work.
                preempted = command.state == "preempted"
                kind = PayKind.TERMINATED if preempted else PayKind.PARTIAL
                self._end(at, command.assignment, command.state, kind, command.micros)
                if not preempted:
                    self._log(at, EventKind.WORKER, command)
            case CutBatch():
                self._cut_batch(at, command)
            case CloseBatch():
                self._close_batch(at, command)
            case SetAside():
                task = self._tasks[command.task]
                task.state = "set-aside"
                self.sink.put(task)
                self._log(at, EventKind.WARNING, command)
            case Qualify() | Admit() | Reject() | Seat() | Evict() | Release():
                self._career(at, command)
            case Warn():
                self.sink.put(WarningRow(at, command.code, command.message))
                self._log(at, EventKind.WARNING, command)
            case FinishRun():
                self.sink.put(MetaRow("finished_at", repr(float(at))))
                self.sink.put(MetaRow("finish_reason", command.reason))
                self._log(at, EventKind.ORDER, command)
            case ResizePool():
                self._log(at, EventKind.WORKER, command)
            case AcknowledgeMachine():
                key = f"{PayKind.MACHINE}:{command.request}"
                self._book(at, command.worker, PayKind.MACHINE, command.micros, key)
            case ReleaseMachine():
                self._log(at, EventKind.WORKER, command)
            case PostRecruitment() | Retrain() | AskMachine() | WithdrawRequest():
                pass  # requests; their results arrive as events
            case _:
                assert_never(command)

    def _log(self, at: float, kind: EventKind, command: Logged) -> None:
        if self._history is not None:
            self._history.note(at, kind, command)

    # Workers

    def _career(
        self, at: float, command: Qualify | Admit | Reject | Seat | Evict | Release
    ) -> None:
        """Change a worker's row, from qualification to the end of the session."""
        worker = self._workers[command.worker]
        match command:
            case Qualify():
                worker.state = "training"
            case Admit():
                worker.state, worker.admitted_at = "reserve", at
                worker.correct, worker.asked = command.correct, command.asked
            case Reject():
                if command.asked:
                    worker.correct, worker.asked = command.correct, command.asked
                worker.reason = command.reason
                self._end_session(at, worker, "rejected")
            case Seat():
                worker.state, worker.slot, worker.seated_at = "pool", command.slot, at
                self._log(at, EventKind.WORKER, command)
            case Evict():
                worker.state, worker.reason = "evicted", command.reason
                self._evict(at, command)
            case Release():
                worker.reason = worker.reason or command.reason
                self._end_session(at, worker, "released")
        self.sink.put(worker)
        if self._history is not None and isinstance(command, Release | Reject):
            self._history.went(at, worker, command)

    def _end_session(self, at: float, worker: WorkerRow, state: str) -> None:
        """End a session once; an evicted worker stays evicted, whatever ended the session."""
        if worker.state not in {"evicted", "left", "rejected", "released"}:
            worker.state = state
        if worker.left_at is None:
            worker.left_at = at
        self.sink.put(worker)

    def _evict(self, at: float, command: Evict) -> None:
        row = EvictionRow(
            command.worker,
            at,
            command.reason,
            command.estimate,
            command.threshold,
            command.evidence,
        )
        self.sink.put(row)
        if self._history is not None:
            self._history.evicted(row)

    # Batches, tasks, assignments

    def _cut_batch(self, at: float, command: CutBatch) -> None:
        batch = self._batches.get(command.batch)
        if batch is None:
            batch = BatchRow(command.batch, command.model, 0, 0, 0, at)
            self._batches[command.batch] = batch
        batch.tasks += len(command.tasks)
        batch.records += sum(map(len, command.records))
        batch.active_records += len(command.active)
        self.sink.put(batch)
        rows = [
            TaskRow(task, command.batch, records)
            for task, records in zip(command.tasks, command.records, strict=True)
        ]
        for row in rows:
            self._tasks[row.id] = row
            self.sink.put(row)
        if self._history is not None:
            self._history.cut(at, batch, command, rows)

    def _close_batch(self, at: float, command: CloseBatch) -> None:
        batch = self._batches[command.batch]
        batch.ended_at, batch.mpl = at, command.mpl
        self.sink.put(batch)
        if self._history is not None:
            self._history.closed(at)

    def _assign(self, at: float, command: Assign) -> None:
        task = self._tasks[command.task]
        if task.started_at is None:
            self._start(at, task)
        row = self.assignments[command.assignment] = AssignmentRow(
            command.assignment, command.task, command.worker, command.duplicate, at
        )
        self.sink.put(row)
        if len(command.records) > len(task.records):
            self._fill_up(command, task)
        if self._history is not None:
            self._history.assigned(row)

    def _fill_up(self, command: Assign, task: TaskRow) -> None:
        place = next(
            (i for i, own in enumerate(task.records) if command.records[i] != own),
            len(task.records),
        )
        record = command.records[place]
        use = "check" if record in self._gold else "filler"
        row = ExtraRow(command.assignment, record, place, use)
        self._extras[command.assignment] = row
        self.sink.put(row)

    def _start(self, at: float, task: TaskRow) -> None:
        task.state, task.started_at = "active", at
        self.sink.put(task)
        batch = self._batches[task.batch]
        if batch.started_at is None:
            batch.started_at = at
            self.sink.put(batch)

    def _end(self, at: float, assignment: int, state: str, kind: PayKind, micros: int) -> None:
        row = self.assignments[assignment]
        row.state, row.ended_at = state, at
        row.micros += micros
        self.sink.put(row)
        self._book(at, row.worker, kind, micros, f"{kind}:{assignment}")

    def _acknowledge(self, at: float, event: Event, command: Acknowledge) -> None:
        """Put the rows of an answer; a repeated or conflicting one is in the journal only."""
        assert isinstance(event, AssignmentAnswered), "only an answer is acknowledged"
        if command.outcome is Outcome.COUNTED:
            micros, partial = command.micros - command.partial, command.partial
            self._end(at, command.assignment, "completed", PayKind.RECORDS, micros)
            if partial:
                self._pay_skips(at, command.assignment, partial)
            self._keep_answers(event, counted=True)
        elif command.outcome is Outcome.LATE:
            row = self.assignments[command.assignment]
            row.micros += command.micros
            self.sink.put(row)
            key = f"late:{command.assignment}"
            self._book(at, row.worker, PayKind.RECORDS, command.micros, key)
            self._keep_answers(event, counted=False)

    def _pay_skips(self, at: float, assignment: int, micros: int) -> None:
        row = self.assignments[assignment]
        row.micros += micros
        self.sink.put(row)
        self._book(at, row.worker, PayKind.PARTIAL, micros, f"{PayKind.PARTIAL}:{assignment}")

    def _keep_answers(self, event: AssignmentAnswered, *, counted: bool) -> None:
        classes = self._names.classes
        labels = [None if label is None else classes[label] for label in event.labels]
        task = self._tasks[self.assignments[event.assignment].task]
        extra = self._extras.get(event.assignment)
        for record, label in zip(filled_up(task.records, extra), labels, strict=True):
            if label is not None:
                vote = counted and (extra is None or record != extra.record)
                self.sink.put(AnswerRow(event.assignment, record, label, vote))
        if extra is not None and counted:
            self._grade(extra, event)
        if self._history is not None:
            self._history.answered(event.assignment, tuple(labels), counted=counted)

    def _grade(self, extra: ExtraRow, event: AssignmentAnswered) -> None:
        label = event.labels[extra.position]
        if extra.use == "check" and label is not None:
            extra.correct = label == self._gold[RecordId(extra.record)]
            self.sink.put(extra)

    def _deliver(self, at: float, command: DeliverLabels) -> None:
        if command.task is not None:  # else a machine's
            task = self._tasks[command.task]
            task.state, task.completed_at = "complete", at
            self.sink.put(task)
        names, history = self._names, self._history
        for record, label, support, active in zip(
            command.records, command.labels, command.support, command.active, strict=True
        ):
            row = LabelRow(
                record,
                names.external_id(record),
                command.task,
                names.classes[label],
                names.true_class(record),
                support,
                active,
                at,
            )
            self.sink.put(row)
            if history is not None:
                history.labelled(row)

    # Money

    def _pay_interval(self, at: float, command: PayWaiting) -> None:
        """Book paid time, even of zero micro-dollars: the interval itself is of interest."""
        self._intervals[command.worker, command.kind] += 1
        nth = self._intervals[command.worker, command.kind]
        kind = str(command.kind)
        key = f"{kind}:{command.worker}:{nth}"
        self._pay(at, command.worker, kind, command.micros, key, command.since, command.until)

    def _book(self, at: float, worker: str, kind: PayKind, micros: int, key: str) -> None:
        if micros:
            self._pay(at, worker, kind.value, micros, key)

    def _pay(
        self,
        at: float,
        worker: str,
        kind: str,
        micros: int,
        key: str,
        since: float | None = None,
        until: float | None = None,
    ) -> None:
        self._payments += 1
        row = LedgerRow(self._payments, at, worker, kind, micros, key, since, until)
        self.sink.put(row)
        if self._history is not None:
            self._history.paid(row)
