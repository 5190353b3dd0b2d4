"""Machines at work: what they are asked, and which of their answers become labels.

With the policy ``first`` a machine's answer becomes a label once answers of its kind were right
often enough (:class:`~clamshell_tui.core.crowd_platform.machine.Calibration`), except for a random
share that people label instead, as an audit. All other records are the people's. They never wait
for a machine: they get records that it has answered or abstained from before those that it has not
seen, but get those too rather than nothing. With ``vote`` an answer is a vote of its source beside
those of people; see ``Tasks.extend_batch``.
"""

from math import inf
from random import Random
from typing import assert_never

from clamshell_tui.core.commands import (
    AcknowledgeMachine,
    AskMachine,
    Command,
    Outcome,
    PayKind,
    ReleaseMachine,
    WithdrawRequest,
)
from clamshell_tui.core.crowd_platform.machine import (
    Accepted,
    Machine,
    MachineRequest,
    Machines,
    RequestState,
    Source,
)
from clamshell_tui.core.crowd_platform.work import Worker, WorkerState
from clamshell_tui.core.events import (
    InvalidEventError,
    MachineAnswered,
    MachineJoined,
    MachineSkipped,
    WorkerDisconnected,
    WorkerDismissed,
    WorkerLeft,
    WorkerReconnected,
)
from clamshell_tui.core.ids import ClassIndex, Phase, RecordId, RequestId, WorkerId
from clamshell_tui.core.state import State

_AT_WORK = (Phase.RECRUITING, Phase.LABELLING)


class MachineHandler:
    """Acts on a state that has machines."""

    def __init__(self, state: State, machines: Machines) -> None:
        config = state.config
        self._state = state
        self._machines = machines
        self._n_classes = len(config.classes)
        self._size = config.tasks.records_per_task
        self._lease = config.tasks.lease
        self._grace = config.pool.grace
        self._accepts = config.machine.policy == "first"
        self._draws = Random(f"{config.seed}/audit")
        state.ledger.totals.setdefault(PayKind.MACHINE, 0)

    # -- coming and going -------------------------------------------------------------------------

    def spoke(
        self,
        event: MachineJoined | MachineAnswered | MachineSkipped,
        now: float,
        out: list[Command],
    ) -> None:
        """Record an event that only machines cause."""
        match event:
            case MachineJoined():
                self._joined(event, now, out)
            case MachineAnswered():
                self._answered(event, out)
            case MachineSkipped():
                self._skipped(event, out)
            case _:
                assert_never(event)

    def moved(
        self,
        event: WorkerDisconnected | WorkerReconnected | WorkerLeft | WorkerDismissed,
        now: float,
        out: list[Command],
    ) -> bool:
        """Record an event of a machine's session; return false if it is a worker's."""
        machine = self._machines.members.get(event.worker)
        if machine is None:
            return False
        match event:
            case WorkerDisconnected():
                if machine.connected and not machine.over:
                    machine.connected, machine.lost_at = False, now
            case WorkerReconnected():
                machine.connected, machine.lost_at = True, None
            case WorkerLeft():
                self._leave(machine, "left", now, out)
            case WorkerDismissed():
                self._leave(machine, "dismissed", now, out)
            case _:
                assert_never(event)
        return True

    def finish(self, now: float, out: list[Command]) -> None:
        """End all sessions with the run."""
        for machine in self._machines.members.values():
            self._leave(machine, "the run is over", now, out)

    def _joined(self, event: MachineJoined, now: float, out: list[Command]) -> None:
        """Begin a session; it needs no slot."""
        state, machines = self._state, self._machines
        if event.worker in machines.members or event.worker in state.pool.workers:
            raise InvalidEventError(f"{event.worker} joined before")
        if event.price < 0:
            raise InvalidEventError(f"{event.worker} cannot cost {event.price} micro-dollars")
        source = machines.sources.get(event.source)
        if source is None:
            voter = Worker(event.worker, now, WorkerState.LEFT)
            source = machines.sources[event.source] = Source(event.source, voter)
            machines.voters[voter.id] = voter
        machine = Machine(
            event.worker, source, event.revision, event.price, event.remote, joined=now
        )
        machines.members[event.worker] = machine
        if state.phase not in _AT_WORK:
            self._leave(machine, "the run is over", now, out)

    def _leave(self, machine: Machine, reason: str, now: float, out: list[Command]) -> None:
        """End a session; a request in hand is lost."""
        if machine.over:
            return
        if machine.request is not None:
            self._withdraw(machine.request, "lost", out)
        machine.ended, machine.reason = now, reason
        out.append(ReleaseMachine(machine.id, reason))

    # -- answers ----------------------------------------------------------------------------------

    def _answered(self, event: MachineAnswered, out: list[Command]) -> None:
        """Keep the answer to an open request; its cost is booked in any case, once."""
        request = self._find(event.request, event.worker)
        n, labels, confidences = len(request.records), event.labels, event.confidences
        classes = all(label is None or 0 <= label < self._n_classes for label in labels)
        shares = all(share is None or 0.0 <= share <= 1.0 for share in confidences)
        whole = len(labels) == n and len(confidences) in (0, n)
        if not (whole and classes and shares and (event.cost or 0) >= 0):
            raise InvalidEventError(
                f"a machine's answer needs {n} classes below {self._n_classes}, each with a "
                f"confidence from 0 to 1 or none of them; got {labels}, {confidences}"
            )
        if request.labels is not None:
            repeated = request.labels == labels
            outcome = Outcome.REPEATED if repeated else Outcome.CONFLICT
            out.append(AcknowledgeMachine(request.id, event.worker, outcome, 0))
            return
        machine = request.machine
        micros = machine.price * n if event.cost is None else event.cost
        request.labels, request.micros = labels, micros
        machine.micros += micros
        self._state.ledger.totals[PayKind.MACHINE] += micros
        outcome = Outcome.COUNTED if request.state == "open" else Outcome.LATE
        out.append(AcknowledgeMachine(request.id, event.worker, outcome, micros))
        if request.state == "open":
            self._close(request, "answered")
            for record, label, confidence in zip(
                request.records, labels, confidences or (None,) * n, strict=True
            ):
                self._note(machine, record, label, confidence)

    def _note(
        self,
        machine: Machine,
        record: RecordId,
        label: ClassIndex | None,
        confidence: float | None,
    ) -> None:
        """Keep the answer to a record; one to a gold record is judged and not kept."""
        state, source = self._state, machine.source
        self._machines.seen.add(record)
        if label is None:
            machine.abstained += 1
            return
        machine.answered += 1
        known = state.gold.get(record)
        if known is None and (record in state.labels or record in state.set_aside):
            return  # people were quicker
        source.predict(record, label, confidence)
        if known is not None:
            source.voter.gold_asked += 1
            source.voter.gold_correct += known == label
            step = source.predictions[record].step
            source.waiting[step].pop(record)
            source.calibration.observe(step, right=known == label)

    def _skipped(self, event: MachineSkipped, out: list[Command]) -> None:
        """Take a request as answered without a class; no effect if it has ended."""
        request = self._find(event.request, event.worker)
        if request.state == "open":
            self._withdraw(request, "skipped", out)

    def _withdraw(self, request: MachineRequest, state: RequestState, out: list[Command]) -> None:
        """End a request without an answer. A lost one is asked again, of any such machine."""
        machine = request.machine
        self._close(request, state)
        if state == "lost":
            machine.source.again += request.records
        else:
            self._machines.seen.update(request.records)
            machine.abstained += len(request.records)
        machine.failed += state != "skipped"
        out.append(WithdrawRequest(request.id, machine.id, state))

    def _close(self, request: MachineRequest, state: RequestState) -> None:
        request.state = state
        request.machine.request = None

    def _find(self, number: RequestId, worker: WorkerId) -> MachineRequest:
        requests = self._machines.requests
        if not 0 <= number < len(requests) or requests[number].machine.id != worker:
            raise InvalidEventError(f"there is no request {number} to {worker}")
        return requests[number]

    # -- time -------------------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """Return when the next open request expires or is lost."""
        return min(map(self._due, self._machines.members.values()), default=inf)

    def _due(self, machine: Machine) -> float:
        """Return when a request ends: after the lease, or after the grace for a lost connection."""
        if machine.request is None:
            return inf
        expires = machine.request.sent + self._lease
        return expires if machine.lost_at is None else min(expires, machine.lost_at + self._grace)

    def keep_time(self, now: float, out: list[Command]) -> None:
        """Withdraw requests of machines that were away for the grace, or silent for the lease."""
        for machine in self._machines.members.values():
            if machine.request is not None and self._due(machine) <= now:
                self._withdraw(
                    machine.request, "expired" if machine.lost_at is None else "lost", out
                )

    def stood_still(self, seconds: float, now: float) -> None:
        """Make up for the time up to now in which the coordinator stood still."""
        for machine in self._machines.members.values():
            if machine.request is not None:
                machine.request.sent += min(seconds, now - machine.request.sent)
            if machine.lost_at is not None:
                machine.lost_at += min(seconds, now - machine.lost_at)

    # -- decisions --------------------------------------------------------------------------------

    def act(self, now: float, out: list[Command]) -> None:
        """Accept what may be accepted, then ask machines that have nothing to do."""
        state = self._state
        if state.phase not in _AT_WORK or state.paused:
            return
        if self._accepts:
            for source in self._machines.sources.values():
                if source.changed:
                    source.changed = False
                    self._accept(source, out)
        for machine in self._machines.members.values():
            if machine.request is None and machine.connected and not machine.over:
                self._ask(machine, now, out)

    def _accept(self, source: Source, out: list[Command]) -> None:
        """Turn predictions of the steps that count into labels; draw those to be audited."""
        state, machine = self._state, self._state.config.machine
        room = self._room()
        for step, waiting in enumerate(source.waiting):
            if not waiting or source.calibration.lowest(step) < machine.accept:
                continue
            share = source.calibration.share(step)
            records: list[RecordId] = []
            for record in list(waiting):
                if len(records) >= room:
                    break
                if record not in state.records:
                    continue  # a worker has it
                del waiting[record]
                if record in self._machines.audited or self._draws.random() < machine.audit:
                    self._machines.audited.add(record)
                else:
                    records.append(record)
            for record in records:
                confidence = source.predictions[record].confidence
                self._machines.accepted[record] = Accepted(source.name, confidence, share)
            if records:
                labels = tuple([source.predictions[record].label for record in records])
                state.accept_labels(tuple(records), labels, share, out)
                room -= len(records)

    def _room(self) -> float:
        """Return how many labels the run may still get besides those in play."""
        state = self._state
        limit = state.config.stop.labels
        return inf if limit is None else limit - len(state.labels) - state.records_in_play

    def _ask(self, machine: Machine, now: float, out: list[Command]) -> None:
        records = self._next_records(machine.source)
        if not records:
            return
        machines = self._machines
        request = MachineRequest(RequestId(len(machines.requests)), machine, records, now)
        machines.requests.append(request)
        machine.request = request
        out.append(AskMachine(request.id, machine.id, records))

    def _next_records(self, source: Source) -> tuple[RecordId, ...]:
        """Return records that the source was not asked about: lost ones, then in their order.

        With a budget of labels, no more than it has left wait for a decision.
        """
        state = self._state
        room, waiting = self._room(), sum(map(len, source.waiting))
        size = int(min(self._size, max(0, room - waiting)))
        found: list[RecordId] = []
        while len(found) < size and source.again:
            record = source.again.pop()
            if record in state.records or record in state.gold:
                found.append(record)
        submitted = state.records.submitted
        while len(found) < size and source.next < submitted:
            record = RecordId(source.next)
            source.next += 1
            if record in state.records or record in state.gold:
                found.append(record)
        return tuple(found)
