"""Translate the engine's commands into messages to workers. Reads the engine only."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Literal

from msgspec.structs import replace

from clamshell_tui.coordinator.drafts import Drafts
from clamshell_tui.coordinator.records import Records
from clamshell_tui.core.commands import (
    Acknowledge,
    AcknowledgeMachine,
    Admit,
    AskMachine,
    Assign,
    Command,
    PayKind,
    PayWaiting,
    Qualify,
    Reject,
    Release,
    ReleaseMachine,
    Seat,
    Terminate,
    Withdraw,
    WithdrawRequest,
)
from clamshell_tui.core.config import slots_needed
from clamshell_tui.core.crowd_platform.machine import Machine
from clamshell_tui.core.crowd_platform.work import Assignment, Worker, WorkerState
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event, RunPaused, RunResumed, WorkerPaused, WorkerResumed
from clamshell_tui.core.ids import AssignmentId, Phase, RecordId, RequestId, WorkerId
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    AssignmentStopped,
    Over,
    Qualified,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)

Addressed = list[tuple[WorkerId, ToClient]]

_STOP_REASONS = {  # by final state of the assignment; any other is a withdrawal
    "terminated": "finished-by-another",
    "completed": "finished-by-another",
    "expired": "expired",
    "skipped": "skipped",
}
_NOT_WAITING = ""
_RUN_OVER = "the run is over"  # as the engine says it
_MOST_UPDATES = 20  # of the number of workers present, to each of them
_STARTED = 0, 0
_MAC = 16  # bytes
_LIVE = 4096  # cached keys: each is used when assigned, checked and acknowledged


class AssignmentKeys:
    """Names of assignments on the wire: they cannot be guessed, and none has to be stored.

    A key is a 128-bit MAC with a secret of the run, then the assignment's number in hex. The same
    secret gives the same keys, so they survive a restart.
    """

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.key = lru_cache(_LIVE)(self._made)
        """Return the key of an assignment."""

    def _made(self, assignment: AssignmentId) -> str:
        number = f"{assignment:x}"
        return blake2b(number.encode(), key=self.secret, digest_size=_MAC).hexdigest() + number

    def assignment(self, key: str) -> AssignmentId | None:
        """Return the assignment of a key, None if the key is invalid."""
        try:
            assignment = AssignmentId(int(key[2 * _MAC :], 16))
            made = self.key(assignment)
        except ValueError:
            return None
        return assignment if compare_digest(made.encode(), key.encode()) else None

    def request_key(self, request: RequestId) -> str:
        """Return the key of a request to a machine: the number after an ``m``."""
        number = f"m{request:x}"
        return blake2b(number.encode(), key=self.secret, digest_size=_MAC).hexdigest() + number

    def request(self, key: str) -> RequestId | None:
        """Return the request of a key, None if the key is invalid."""
        number = key[2 * _MAC :]
        if not number.startswith("m"):
            return None
        try:
            request = RequestId(int(number[1:], 16))
        except ValueError:
            return None
        found = self.request_key(request)
        return request if compare_digest(found.encode(), key.encode()) else None


class Translator:
    """``bot`` returns whether a worker is a bot: bots are sent the true classes."""

    def __init__(
        self,
        engine: Engine,
        records: Records,
        keys: AssignmentKeys,
        bot: Callable[[WorkerId], bool],
        drafts: Drafts,
    ) -> None:
        self._engine = engine
        self._records = records
        self.keys = keys
        self._bot = bot
        self.drafts = drafts
        self._wait_shown: dict[WorkerId, str] = {}  # last waiting state sent to each worker
        self._shown_present = _STARTED  # in the last waits: workers present, and needed
        self._waited: dict[WorkerId, float] = {}  # seconds of paid waiting, closed intervals
        self._lease = engine.state.config.tasks.lease

    # -- messages after an event -----------------------------------------------------------------

    def messages(self, event: Event, commands: Sequence[Command], now: float) -> Addressed:
        """Return the messages of one step, in order.

        Call it once per event, replayed ones too, right after the engine handled it.
        """
        out: Addressed = []
        acknowledged = -1  # index in out of the acknowledgement: a step has at most one
        for command in commands:
            match command:
                case Assign():
                    task = self._task(command.worker, command.assignment, command.records)
                    self._wait_shown[command.worker] = _NOT_WAITING
                    last = out[acknowledged] if acknowledged >= 0 else None
                    if last is not None and last[0] == command.worker:
                        merged = replace(last[1], next=task)  # saves the worker a round trip
                        out[acknowledged] = (command.worker, merged)
                    else:
                        out.append((command.worker, task))
                case Acknowledge():
                    acknowledged = len(out)
                    out.append((command.worker, self._acknowledged(command, now)))
                case Terminate() | Withdraw():
                    out.append((command.worker, self.stop(command.assignment, now)))
                case PayWaiting():
                    self._note_waiting(command)
                case Qualify():
                    out.append((command.worker, self._train(command.worker, command.records)))
                case Admit() | Reject():
                    out += self._result(command, now)
                case Release():
                    out.append((command.worker, self._over(self._worker(command.worker), now)))
                case AskMachine() | AcknowledgeMachine() | WithdrawRequest() | ReleaseMachine():
                    self._to_machine(command, out)
                case _:
                    pass  # needs no message, or a later command has one
        self._add_waits(event, commands, out, now)
        return out

    def _add_waits(
        self, event: Event, commands: Sequence[Command], out: Addressed, now: float
    ) -> None:
        workers = self._engine.state.pool.workers
        touched = dict.fromkeys([worker for worker, _ in out if worker in workers])
        for one in commands:
            if type(one) is Seat or type(one) is Admit:
                touched[one.worker] = None
        if type(event) is RunPaused or type(event) is RunResumed:
            touched |= dict.fromkeys(workers)
        elif type(event) is WorkerPaused or type(event) is WorkerResumed:
            touched[event.worker] = None
        if (present := self._present()) != self._shown_present:
            self._shown_present = present
            self._wait_shown.clear()
            touched |= dict.fromkeys(workers)
        for worker_id in touched:
            worker = workers[worker_id]
            state = self._waiting_state(worker)
            if state and self._wait_shown.get(worker_id) != state:
                out.append((worker_id, self._wait(worker, state, now)))

    # -- current state -------------------------------------------------------------------

    def resync(self, worker_id: WorkerId, now: float) -> list[ToClient]:
        """Messages for a worker that reconnected.

        One that has not begun only learns of the end of the run.
        """
        if (machine := self._machine(worker_id)) is not None:
            return [self._machine_state(machine, now)]
        worker = self._engine.state.pool.workers.get(worker_id)
        if worker is None:
            finished = self._engine.state.phase is Phase.FINISHED
            return [Over(_RUN_OVER, self.statement(worker_id, now))] if finished else []
        if worker.over:
            return [self._over(worker, now)]
        if worker.state is WorkerState.TRAINING:
            return [self._train(worker_id, worker.gold)]
        if worker.assignment is not None:
            assignment = worker.assignment
            task = self._task(worker_id, assignment.id, assignment.records)
            self._wait_shown[worker_id] = _NOT_WAITING
            age, draft = max(0.0, now - assignment.started), self.drafts.of(assignment)
            return [replace(task, age=age, draft=draft)]
        return [self._wait(worker, self._waiting_state(worker), now)]

    def stop(self, assignment_id: AssignmentId, now: float) -> AssignmentStopped:
        """Message that an assignment has ended, with its pay."""
        assignment = self._assignment(assignment_id)
        reason = _STOP_REASONS.get(assignment.state, "withdrawn")
        return AssignmentStopped(
            self.keys.key(assignment_id),
            reason,  # type: ignore[arg-type]  # a dict of literals is a dict of strings
            assignment.micros,
            self.owed(assignment.worker, now),
        )

    def statement(self, worker_id: WorkerId, now: float) -> Statement:
        """Return a worker's earnings up to now; all zero before it has begun."""
        if (machine := self._machine(worker_id)) is not None:
            spent, done = machine.micros, machine.answered
            return Statement(worker_id, 0, 0, spent, 0, 0, spent, tasks_completed=done)
        worker = self._engine.state.pool.workers.get(worker_id)
        if worker is None:
            return Statement(worker_id, 0, 0, 0, 0, 0, 0)
        earned, open_since = worker.earned, self._open_interval(worker, now)
        waiting = earned[PayKind.WAITING] + self._engine.state.ledger.time(0.0, open_since)
        return Statement(
            worker_id,
            waiting_micros=waiting,
            training_micros=earned[PayKind.TRAINING],
            records_micros=earned[PayKind.RECORDS],
            terminated_micros=earned[PayKind.TERMINATED],
            partial_micros=earned[PayKind.PARTIAL],
            total_micros=sum(earned.values()) - earned[PayKind.WAITING] + waiting,
            tasks_completed=worker.completed,
            tasks_terminated=worker.terminated,
            waiting_seconds=self._waited.get(worker_id, 0.0) + open_since,
        )

    def owed(self, worker: Worker, now: float) -> int:
        """Return a worker's unpaid earnings, the open interval of paid time included."""
        return worker.owed + self._engine.state.ledger.time(0.0, self._open_interval(worker, now))

    # -- messages -----------------------------------------------------------------

    def _task(
        self, worker: WorkerId, assignment: AssignmentId, records: tuple[RecordId, ...]
    ) -> TaskAssigned:
        return TaskAssigned(self.keys.key(assignment), self._shown(worker, records), self._lease)

    def _train(self, worker: WorkerId, records: tuple[RecordId, ...]) -> TrainingAssigned:
        return TrainingAssigned(self._shown(worker, records))

    def _shown(self, worker: WorkerId, records: tuple[RecordId, ...]) -> tuple[Record, ...]:
        bot, record = self._bot(worker), self._records.record
        return tuple([record(number, with_truth=bot) for number in records])

    def _acknowledged(self, command: Acknowledge, now: float) -> Acknowledged:
        assignment = self._assignment(command.assignment)
        return Acknowledged(
            self.keys.key(command.assignment),
            command.outcome.value,
            assignment.micros,
            self.owed(assignment.worker, now),
        )

    def _result(self, command: Admit | Reject, now: float) -> Addressed:
        """Messages with the result of the qualification, and the end if it was not passed."""
        worker = self._worker(command.worker)
        passed = isinstance(command, Admit)
        out: Addressed = []
        if command.asked:
            gold = self._engine.state.gold
            right = tuple([int(gold[record]) for record in worker.gold])
            micros = worker.earned[PayKind.TRAINING]
            result = Qualified(passed, command.correct, command.asked, right, micros)
            out.append((worker.id, result))
        if not passed:
            out.append((worker.id, self._over(worker, now)))
        return out

    def _over(self, worker: Worker, now: float) -> Over:
        self._wait_shown[worker.id] = _NOT_WAITING
        return Over(worker.reason, self.statement(worker.id, now))

    def _wait(self, worker: Worker, state: str, now: float) -> Wait:
        self._wait_shown[worker.id] = state
        return Wait(
            state,  # type: ignore[arg-type]  # from _waiting_state, which returns nothing else
            round(self._engine.state.ledger.per_second * 60),
            self.owed(worker, now),
            self._waited.get(worker.id, 0.0) + self._open_interval(worker, now),
            *self._shown_present,
        )

    def _present(self) -> tuple[int, int]:
        """Workers with a slot, and how many the first batch waits for; zeros once it can start.

        Rounded down in a large pool: each change goes to all that wait, and a thousand arrivals
        must not be a million messages.
        """
        state = self._engine.state
        if state.phase is not Phase.RECRUITING:
            return _STARTED
        present, needed = state.pool.seated, slots_needed(state.config)
        step = max(1, needed // _MOST_UPDATES)
        return (present - present % step, needed) if present < needed else _STARTED

    def _waiting_state(self, worker: Worker) -> str:
        """How a worker is waiting; empty if it is not."""
        if worker.assignment is not None or worker.over or worker.state is WorkerState.TRAINING:
            return _NOT_WAITING
        if self._engine.state.paused or worker.paused:
            return "paused"
        return "reserve" if worker.state is WorkerState.RESERVE else "available"

    # -- machines ---------------------------------------------------------------------------------

    def _to_machine(
        self,
        command: AskMachine | AcknowledgeMachine | WithdrawRequest | ReleaseMachine,
        out: Addressed,
    ) -> None:
        machine = self._machine(command.worker)
        assert machine is not None, "it has joined"
        match command:
            case AskMachine():
                out.append((machine.id, self._asked(command.request, command.records)))
            case AcknowledgeMachine():
                key, outcome = self.keys.request_key(command.request), command.outcome
                confirmed = Acknowledged(key, outcome.value, command.micros, machine.micros)
                out.append((machine.id, confirmed))
            case WithdrawRequest():
                key = self.keys.request_key(command.request)
                reason = _STOP_REASONS.get(command.state, "withdrawn")
                stop = AssignmentStopped(key, reason, 0, machine.micros)  # type: ignore[arg-type]
                out.append((machine.id, stop))
            case ReleaseMachine():
                out.append((machine.id, Over(command.reason, self.statement(machine.id, 0.0))))

    def _machine_state(self, machine: Machine, now: float) -> ToClient:
        """Message for a machine that reconnected: its request, or none, or the end."""
        if machine.over:
            return Over(machine.reason, self.statement(machine.id, now))
        if machine.request is None:
            state: Literal["paused", "available"]
            state = "paused" if self._engine.state.paused else "available"
            return Wait(state, 0, machine.micros)
        task = self._asked(machine.request.id, machine.request.records)
        return replace(task, age=max(0.0, now - machine.request.sent))

    def _asked(self, request: RequestId, records: tuple[RecordId, ...]) -> TaskAssigned:
        shown = tuple([self._records.record(number, with_truth=False) for number in records])
        return TaskAssigned(self.keys.request_key(request), shown, self._lease)

    def _machine(self, worker: WorkerId) -> Machine | None:
        machines = self._engine.state.machines
        return None if machines is None else machines.members.get(worker)

    # -- reading ------------------------------------------------------------------

    def _note_waiting(self, command: PayWaiting) -> None:
        if command.kind is PayKind.WAITING:
            before = self._waited.get(command.worker, 0.0)
            self._waited[command.worker] = before + command.until - command.since

    def _open_interval(self, worker: Worker, now: float) -> float:
        """Seconds of paid waiting not yet in the ledger."""
        since = worker.paid_since
        if since is None or worker.state is WorkerState.TRAINING:
            return 0.0
        return max(0.0, now - since)

    def _worker(self, worker: WorkerId) -> Worker:
        return self._engine.state.pool.workers[worker]

    def _assignment(self, assignment: AssignmentId) -> Assignment:
        return self._engine.state.assignments[assignment]
