"""Handles workers' messages: validates them and applies events. All are idempotent."""

from collections.abc import Callable
from typing import assert_never

from msgspec import UNSET, UnsetType

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.joining import Joining
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.machine_requests import MachineRequests
from clamshell_tui.coordinator.record_details import noted, timed
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.core.crowd_platform.machine import Machine
from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState, Worker, WorkerState
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentNotShown,
    AssignmentSkipped,
    QualificationAnswered,
    SeatTaken,
    TutorialContinued,
    WorkerDisconnected,
    WorkerJoined,
    WorkerLeft,
    WorkerReconnected,
)
from clamshell_tui.core.ids import ClassIndex, WorkerId
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.wire.messages import Notice
from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    Draft,
    FromWorker,
    Heartbeat,
    Join,
    Leave,
    MachineReady,
    Over,
    Progress,
    Qualification,
    RecordDetail,
    Rejoin,
    Skip,
    Stay,
)

_AFTER_STOP = 5.0  # seconds in which a connection that ends may have been given up meanwhile


class WorkerHandler(Joining):
    """``speed``, ``scenario`` and ``texts`` appear in ``joined``."""

    def __init__(
        self,
        run: EngineDriver,
        limits: Limits,
        scenario: Scenario,
        speed: float,
        clock: Callable[[], float],
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        super().__init__(run, limits, clock, texts, speed)
        self._run = run
        self._n_classes = len(run.records.classes)
        self._reading: set[WorkerId] = set()  # connected, and not begun
        self._vias: dict[WorkerId, str] = {}  # as journalled by this process
        self._instructions = scenario.instructions or texts("instructions.usual")
        self._machines = MachineRequests(run, self._refuse)

    def take(self, peer: Peer, message: FromWorker, now: float) -> None:
        match message:
            case Join() | Rejoin() | Heartbeat() | Stay():
                self._take_seat(peer, message, now)
            case _:
                if peer.session is None:
                    self._refuse(peer, "protocol", "join or rejoin first", fatal=True)
                elif peer.session.machine:
                    self._machines.take(peer, peer.session, message, now)
                else:
                    self._serve(peer, peer.session, message, now)

    def _serve(
        self,
        peer: Peer,
        session: ConnectedSession,
        message: Begin | MachineReady | Progress | Qualification | Answer | Draft | Skip | Leave,
        now: float,
    ) -> None:
        match message:
            case Begin():
                self._begin(session, now)
            case MachineReady():
                text = "this seat is not for machines: clamshell serve --machines 1 prints one"
                self._refuse(peer, "request", text)
            case Progress():
                self._continue_tutorial(session, message, now)
            case Qualification():
                self._qualify(peer, session, message, now)
            case Answer():
                self._answer(peer, session, message, now)
                if (worker := self._worker(session)) is not None and worker.over:
                    self._run.resync(session, now)  # with the updated pay
            case Draft():
                self._keep_draft(peer, session, message)
            case Skip():
                self._skip(peer, session, message, now)
            case Leave():
                self._leave(session, now)
            case _:
                assert_never(message)

    # -- joining and leaving ----------------------------------------------------------------------

    def _lost(self, session: ConnectedSession, until: float | None, now: float) -> None:
        self._reading.discard(session.worker)
        worker = self._present(session)
        if worker is not None and worker.connected and not worker.over:
            ours = self._clock() - self._run.resumed_at < _AFTER_STOP
            self._run.apply(WorkerDisconnected(session.worker, until, ours), now)

    def _arrive(self, peer: Peer, seat: AccessRow, now: float) -> None:
        if self._run.finished:
            self._refuse(peer, "over", self.texts("refused.over"), fatal=True)
        elif seat.kind != "machine" and not self._room():
            self._refuse(peer, "full", self.texts("refused.full"), fatal=True)
        else:
            session = self._sessions.open(seat)
            self._sit(peer, session)
            self._welcome(peer, session)

    def _shown(self) -> str:
        letters = "".join(sorted(self._run.records.letters))
        return f"{letters}{self._instructions}{self._run.title}{self.texts.letters}"

    def _room(self) -> bool:
        """Whether the pool wants another worker besides those reading the instructions."""
        state = self._run.engine.state
        return state.pool.wanted(state.config.pool.reserve) > len(self._reading)

    def admit(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        """Let in a person whom the caller knows: the work begins, or goes on."""
        self._sit(peer, session)
        if self._worker(session) is None:
            self._begin(session, now)
        else:
            self._reconnect(session, now)
            self._run.resync(session, now)

    def _return(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        self._sit(peer, session)
        self._reconnect(session, now)
        self._welcome(peer, session)
        self._run.resync(session, now)

    def _reconnect(self, session: ConnectedSession, now: float) -> None:
        worker = self._present(session)
        if worker is not None and not worker.connected:  # even if over: a late answer may be paid
            self._run.apply(WorkerReconnected(session.worker), now, exclude=session.worker)
            self._note_seat(session, now)

    def _sit(self, peer: Peer, session: ConnectedSession) -> None:
        super()._sit(peer, session)
        if self._worker(session) is None and not session.machine:
            self._reading.add(session.worker)

    def _welcome(self, peer: Peer, session: ConnectedSession) -> None:
        begun, title = self._present(session) is not None, self._run.title
        joined = self._joined(session, self._run, title, self._instructions, begun=begun)
        self._run.send(peer, joined)
        for text in session.notices:
            self._run.send(peer, Notice(text))

    def _begin(self, session: ConnectedSession, now: float) -> None:
        if self._worker(session) is not None or self._run.finished:
            self._run.resync(session, now)
        else:
            self._run.apply(WorkerJoined(session.worker, self._before(session)), now)
            self._reading.discard(session.worker)
            self._note_seat(session, now)

    def _before(self, session: ConnectedSession) -> WorkerId | UnsetType:
        """Return the last worker at this seat, if there is one and it matters: see Checks."""
        state = self._run.engine.state
        others = self._run.sessions.at_same_seat(session) if state.checks.every else ()
        return next((each for each in others if each in state.pool.workers), UNSET)

    def _note_seat(self, session: ConnectedSession, now: float) -> None:
        """Journal how a worker is connected, if it is another way than before."""
        peer = session.peer
        via = "bot" if session.bot else "terminal" if peer is None else peer.via
        if session.machine:
            return  # MachineJoined says so
        if self._vias.get(session.worker) != via:
            self._vias[session.worker] = via
            self._run.apply(SeatTaken(session.worker, via), now)

    def _leave(self, session: ConnectedSession, now: float) -> None:
        worker = self._worker(session)
        if worker is not None and not worker.over:
            self._run.apply(WorkerLeft(session.worker), now)
        else:
            reason = "left" if worker is None else worker.reason
            statement = self._run.translator.statement(session.worker, now)
            self._run.send_to_worker(session.worker, Over(reason, statement))

    # -- work -------------------------------------------------------------------------------------

    def _continue_tutorial(self, session: ConnectedSession, message: Progress, now: float) -> None:
        worker = self._worker(session)
        if worker is not None and worker.state is WorkerState.TRAINING:
            answered = min(message.answered, len(worker.gold))
            self._run.apply(TutorialContinued(session.worker, answered), now)

    def _qualify(
        self, peer: Peer, session: ConnectedSession, message: Qualification, now: float
    ) -> None:
        worker = self._worker(session)
        if worker is None:
            self._refuse(peer, "request", self.texts("refused.begin_first"))
        elif worker.state is not WorkerState.TRAINING:
            self._run.resync(session, now)  # answered before, and the result was lost
        elif labels := self._labels(peer, message.labels, len(worker.gold)):
            self._run.apply(QualificationAnswered(session.worker, labels), now)

    def _answer(self, peer: Peer, session: ConnectedSession, message: Answer, now: float) -> None:
        assignment = self._assignment(peer, session, message.assignment)
        if assignment is None:
            return
        if labels := self._choices(peer, message, assignment.size):
            first = assignment.labels is None
            self._run.translator.drafts.clear(session.worker)
            self._run.apply(AssignmentAnswered(assignment.id, session.worker, labels), now)
            if first:
                self._keep_details(assignment, labels, message.details, now)

    def _keep_draft(self, peer: Peer, session: ConnectedSession, message: Draft) -> None:
        """Store labels that are not sent yet; they return with the task."""
        assignment = self._assignment(peer, session, message.assignment)
        if assignment is None:
            return
        given = tuple([label for label in message.labels if label is not None])
        if len(message.labels) != assignment.size or any(each >= self._n_classes for each in given):
            self._refuse(peer, "label", "these labels do not fit the task")
            return
        labels = [None if label is None else ClassIndex(label) for label in message.labels]
        self._run.translator.drafts.note(assignment, tuple(labels))

    def _keep_details(
        self,
        assignment: Assignment,
        labels: tuple[ClassIndex | None, ...],
        details: tuple[RecordDetail, ...],
        now: float,
    ) -> None:
        """Journal how records were answered: for analysis only."""
        if details:
            self._run.apply(timed(assignment, details, now, self._speed), now)
        if remarks := noted(assignment, labels, details):
            self._run.apply(remarks, now)

    def _skip(self, peer: Peer, session: ConnectedSession, message: Skip, now: float) -> None:
        assignment = self._assignment(peer, session, message.assignment)
        if assignment is None:
            return
        self._run.translator.drafts.clear(session.worker)
        if assignment.state is AssignmentState.ACTIVE and self._unseen(peer, message, assignment):
            self._run.apply(AssignmentNotShown(assignment.id, session.worker), now)
        elif assignment.state is AssignmentState.ACTIVE:
            skipped = AssignmentSkipped(assignment.id, session.worker, message.reason)
            self._run.apply(skipped, now)
            n = assignment.size
            if len(message.details) == n:
                self._keep_details(assignment, (None,) * n, message.details, now)
        else:
            self._run.send(peer, self._run.translator.stop(assignment.id, now))

    def _unseen(self, peer: Peer, message: Skip, assignment: Assignment) -> bool:
        """Whether the worker reports hidden records, and its encoding confirms it."""
        record = self._run.records.record
        records = [record(number, with_truth=False) for number in assignment.records]
        return message.unseen and any(each.hidden(peer.encoding) for each in records)

    def _assignment(self, peer: Peer, session: ConnectedSession, key: str) -> Assignment | None:
        """Return the assignment of a key if it was given to this worker; else send an error."""
        assignment = self._run.translator.keys.assignment(key)
        assignments = self._run.engine.state.assignments
        if assignment is None or assignment >= len(assignments):
            found = None
        else:
            found = assignments[assignment]
        if found is not None and found.worker.id == session.worker:
            return found
        self._refuse(peer, "request", self.texts("refused.not_yours"))
        return None

    def _labels(self, peer: Peer, labels: tuple[int, ...], count: int) -> tuple[ClassIndex, ...]:
        """Return ``count`` valid labels; else send an error and return none."""
        if len(labels) != count:
            text = self.texts("refused.label_count", needed=count, came=len(labels))
            self._refuse(peer, "label", text)
        elif max(labels) >= self._n_classes:
            text = self.texts("refused.no_such_label", label=max(labels))
            self._refuse(peer, "label", text)
        else:
            return tuple(map(ClassIndex, labels))
        return ()

    def _choices(self, peer: Peer, answer: Answer, count: int) -> tuple[ClassIndex | None, ...]:
        """Return ``count`` valid labels, None for a record skipped; else send an error."""
        labels = answer.labels
        given = tuple([label for label in labels if label is not None])
        if len(labels) == count and not given:
            self._refuse(peer, "label", self.texts("refused.no_label"))
        elif len(answer.details) not in (0, count):
            text = self.texts("refused.detail_count", needed=count, came=len(answer.details))
            self._refuse(peer, "label", text)
        elif self._labels(peer, given, count - labels.count(None)):
            return tuple([None if label is None else ClassIndex(label) for label in labels])
        return ()

    def _worker(self, session: ConnectedSession) -> Worker | None:
        return self._run.engine.state.pool.workers.get(session.worker)

    def _present(self, session: ConnectedSession) -> Worker | Machine | None:
        """Return the worker or the machine of a session; None before it has begun."""
        machines = self._run.engine.state.machines
        machine = None if machines is None else machines.members.get(session.worker)
        return self._worker(session) if machine is None else machine
