"""Handles the messages of machines: their answers, and what is sent to them."""

from collections.abc import Callable, Iterator
from typing import assert_never

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.core.crowd_platform.machine import Machine, MachineRequest
from clamshell_tui.core.events import (
    MachineAnswered,
    MachineJoined,
    MachineSkipped,
    WorkerLeft,
)
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.text import show
from clamshell_tui.wire.messages import ErrorCode
from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    Draft,
    Leave,
    MachineReady,
    Over,
    Progress,
    Qualification,
    Skip,
)

Refuse = Callable[[Peer, ErrorCode, str], None]
"""Sends an error that is not fatal."""


class MachineRequests:
    """Serves the sessions at seats for machines. All messages are idempotent."""

    def __init__(self, run: EngineDriver, refuse: Refuse) -> None:
        self._run = run
        self._refuse = refuse
        self._n_classes = len(run.records.classes)

    def take(
        self,
        peer: Peer,
        session: ConnectedSession,
        message: Begin | MachineReady | Progress | Qualification | Answer | Draft | Skip | Leave,
        now: float,
    ) -> None:
        match message:
            case MachineReady():
                self._ready(session, message, now)
            case Answer():
                self._answer(peer, session, message, now)
            case Skip():
                request = self._request(peer, session, message.assignment)
                if request is not None:
                    event = MachineSkipped(request.id, session.worker, message.reason)
                    self._run.apply(event, now)
            case Leave():
                self._leave(session, now)
            case Begin() | Progress() | Qualification() | Draft():
                text = "this seat is for a machine: clamshell-worker --exec COMMAND takes it"
                self._refuse(peer, "request", text)
            case _:
                assert_never(message)

    def _machine(self, session: ConnectedSession) -> Machine | None:
        machines = self._run.engine.state.machines
        return None if machines is None else machines.members.get(session.worker)

    def _ready(self, session: ConnectedSession, message: MachineReady, now: float) -> None:
        if self._machine(session) is not None or self._run.finished:
            self._run.resync(session, now)
            return
        event = MachineJoined(
            session.worker,
            show(message.source),
            show(message.revision),
            message.price_micros,
            show(message.remote),
        )
        self._run.apply(event, now)

    def _leave(self, session: ConnectedSession, now: float) -> None:
        machine = self._machine(session)
        if machine is not None and not machine.over:
            self._run.apply(WorkerLeft(session.worker), now)
        else:
            reason = "left" if machine is None else machine.reason
            statement = self._run.translator.statement(session.worker, now)
            self._run.send_to_worker(session.worker, Over(reason, statement))

    def _answer(self, peer: Peer, session: ConnectedSession, message: Answer, now: float) -> None:
        request = self._request(peer, session, message.assignment)
        if request is None:
            return
        fault = next(self._faults(message, len(request.records)), "")
        if fault:
            self._refuse(peer, "label", fault)
            return
        labels = [None if label is None else ClassIndex(label) for label in message.labels]
        event = MachineAnswered(
            request.id,
            session.worker,
            tuple(labels),
            message.confidences,
            message.cost_micros,
            tuple(map(show, message.reasons)),
        )
        self._run.apply(event, now)

    def _faults(self, answer: Answer, n: int) -> Iterator[str]:
        if len(answer.labels) != n:
            yield f"{n} labels are needed, {len(answer.labels)} came"
        if len(answer.confidences) not in (0, n):
            yield f"{n} confidences are needed or none, {len(answer.confidences)} came"
        if len(answer.reasons) not in (0, n):
            yield f"{n} reasons are needed or none, {len(answer.reasons)} came"
        for label in answer.labels:
            if label is not None and label >= self._n_classes:
                yield f"that label is not offered: {label}"

    def _request(self, peer: Peer, session: ConnectedSession, key: str) -> MachineRequest | None:
        """Return the request of a key if it was sent to this machine; else send an error."""
        machines, number = self._run.engine.state.machines, self._run.translator.keys.request(key)
        if machines is not None and number is not None and number < len(machines.requests):
            found = machines.requests[number]
            if found.machine.id == session.worker:
                return found
        self._refuse(peer, "request", "that task was not given to you")
        return None
