"""Handles workers' messages: validates them and applies events. All are idempotent."""

from collections.abc import Callable
from typing import assert_never

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.limits import Limits, WrongTries
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState, Worker, WorkerState
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentNotShown,
    AssignmentSkipped,
    QualificationAnswered,
    RecordsTimed,
    TutorialContinued,
    WorkerDisconnected,
    WorkerJoined,
    WorkerLeft,
    WorkerReconnected,
)
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.text import describe_character, first_unencodable
from clamshell_tui.wire.messages import Error, ErrorCode
from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    FromWorker,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Over,
    Progress,
    Qualification,
    Rejoin,
    Skip,
)

INSTRUCTIONS = (
    "You will be shown records and asked which class each of them belongs to. Choose the one that "
    "fits best. You are paid for every record, and by the minute while you wait."
)

_DIGITS = 3  # of a participant's times: milliseconds


class WorkerHandler:
    """``speed`` and ``scenario`` appear in ``joined``; ``clock`` is that of ``last_heard``."""

    def __init__(
        self,
        run: EngineDriver,
        limits: Limits,
        tries: WrongTries,
        scenario: Scenario,
        speed: float,
        clock: Callable[[], float],
    ) -> None:
        self._run = run
        self._limits = limits
        self._tries = tries
        self._scenario = scenario
        self._speed = speed
        self._clock = clock
        self._n_classes = len(run.records.classes)
        self._instructions = scenario.instructions or INSTRUCTIONS

    def take(self, peer: Peer, message: FromWorker, now: float) -> None:
        match message:
            case Join():
                self._join(peer, message)
            case Rejoin():
                self._rejoin(peer, message, now)
            case Heartbeat():
                pass  # the server notes it
            case _:
                if peer.session is None:
                    self._refuse(peer, "protocol", "join or rejoin first", fatal=True)
                else:
                    self._serve(peer, peer.session, message, now)

    def _serve(
        self,
        peer: Peer,
        session: ConnectedSession,
        message: Begin | Progress | Qualification | Answer | Skip | Leave,
        now: float,
    ) -> None:
        match message:
            case Begin():
                self._begin(session, now)
            case Progress():
                self._continue_tutorial(session, message, now)
            case Qualification():
                self._qualify(peer, session, message, now)
            case Answer():
                self._answer(peer, session, message, now)
                if (worker := self._worker(session)) is not None and worker.over:
                    self._run.resync(session, now)  # with the updated pay
            case Skip():
                self._skip(peer, session, message, now)
            case Leave():
                self._leave(session, now)
            case _:
                assert_never(message)

    def gone(self, peer: Peer, now: float) -> None:
        """Disconnect the worker of a connection that ended, unless it has a newer one."""
        session = peer.session
        if session is None or session.peer is not peer:
            return
        session.peer = None
        worker = self._worker(session)
        if worker is not None and worker.connected and not worker.over:
            self._run.apply(WorkerDisconnected(session.worker, self._left_at(peer, now)), now)

    def _left_at(self, peer: Peer, now: float) -> float | None:
        """The run's time up to which a silent worker is paid; None: up to now."""
        silence = self._clock() - peer.last_heard
        unpaid = (silence - self._limits.presence) * self._speed
        return now - unpaid if unpaid > 0.0 else None

    # -- joining and leaving ----------------------------------------------------------------------

    def _join(self, peer: Peer, message: Join) -> None:
        if peer.session is not None:
            self._refuse(peer, "protocol", "this connection has a seat", fatal=True)
        elif self._cannot_show(peer):
            pass  # no code is used up
        elif not self._tries.left(peer.address):
            self._refuse(peer, "tries", "too many wrong codes; try again later", fatal=True)
        elif (code := self._run.sessions.find_code(message.code)) is None:
            self._tries.note(peer.address)
            left = self._tries.left(peer.address)
            self._refuse(peer, "code", f"code not accepted ({left} tries left)", fatal=True)
        elif code.worker is not None:
            text = "this code was used before; come back with the token that it gave"
            self._refuse(peer, "code", text, fatal=True)
        elif self._run.sessions.expired(code):
            text = "that code has expired; ask the operator for a new one"
            self._refuse(peer, "code", text, fatal=True)
        elif self._run.finished:
            self._refuse(peer, "over", "the run is over", fatal=True)
        elif not self._room():
            self._refuse(peer, "full", "all seats are taken; try again later", fatal=True)
        else:
            session, token = self._run.sessions.open(code)
            self._sit(peer, session)
            self._run.send(peer, self._joined(session, token))

    def _room(self) -> bool:
        """Whether the pool wants another worker besides those reading the instructions."""
        state = self._run.engine.state
        reading = sum(
            session.peer is not None and session.worker not in state.pool.workers
            for session in self._run.sessions.workers.values()
        )
        return state.pool.wanted(state.config.pool.reserve) > reading

    def _rejoin(self, peer: Peer, message: Rejoin, now: float) -> None:
        if peer.session is not None:
            self._refuse(peer, "protocol", "this connection has a seat", fatal=True)
            return
        session = self._run.sessions.by_token(message.token)
        if session is None:
            self._refuse(peer, "token", "token not accepted", fatal=True)
            return
        if self._cannot_show(peer):
            return
        self._sit(peer, session)
        worker = self._worker(session)
        if worker is not None and not worker.connected:  # even if over: a late answer may be paid
            self._run.apply(WorkerReconnected(session.worker), now, exclude=session.worker)
        self._run.send(peer, self._joined(session, message.token))
        self._run.resync(session, now)

    def _cannot_show(self, peer: Peer) -> bool:
        """Refuse a terminal that cannot show the loaded records, with a message in ASCII."""
        if peer.encoding == "utf-8":
            return False
        letters = "".join(sorted(self._run.records.letters))
        shown = f"{letters}{self._instructions}{self._run.title}"
        letter = first_unencodable(shown, peer.encoding)
        if letter:
            letter = describe_character(letter)
            text = f"this terminal cannot show the records ({letter} is not in its encoding"
            fix = "Come with a UTF-8 terminal, or set LANG=C.UTF-8 if it is one"
            self._refuse(peer, "terminal", f"{text}, {peer.encoding}). {fix}", fatal=True)
        return bool(letter)

    def _sit(self, peer: Peer, session: ConnectedSession) -> None:
        """Give the session to the newer connection."""
        older = session.peer
        if older is not None:
            self._refuse(older, "replaced", "another connection took over your seat", fatal=True)
        session.peer, peer.session = peer, session

    def _joined(self, session: ConnectedSession, token: str) -> Joined:
        run, config = self._run, self._run.engine.state.config
        ledger = run.engine.state.ledger
        return Joined(
            worker=session.worker,
            token=token,
            title=run.title,
            instructions=self._instructions,
            classes=run.records.classes,
            records_per_task=config.tasks.records_per_task,
            micros_per_minute=round(ledger.per_second * 60),
            micros_per_record=ledger.per_record,
            terminated_pay=config.pay.terminated,
            heartbeat=self._limits.heartbeat,
            speed=self._speed,
            begun=self._worker(session) is not None,
        )

    def _begin(self, session: ConnectedSession, now: float) -> None:
        if self._worker(session) is not None:
            self._run.resync(session, now)
        else:
            self._run.apply(WorkerJoined(session.worker), now)

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
            self._refuse(peer, "request", "begin first")
        elif worker.state is not WorkerState.TRAINING:
            self._run.resync(session, now)  # answered before, and the result was lost
        elif labels := self._labels(peer, message.labels, len(worker.gold)):
            self._run.apply(QualificationAnswered(session.worker, labels), now)

    def _answer(self, peer: Peer, session: ConnectedSession, message: Answer, now: float) -> None:
        assignment = self._assignment(peer, session, message.assignment)
        if assignment is None:
            return
        if len(message.details) not in (0, len(message.labels)):
            text = f"{len(message.details)} details came with {len(message.labels)} labels"
            self._refuse(peer, "label", text)
        elif labels := self._labels(peer, message.labels, len(assignment.task.records)):
            first = assignment.labels is None
            self._run.apply(AssignmentAnswered(assignment.id, session.worker, labels), now)
            if first and message.details:
                self._run.apply(self._timed(assignment, message, now), now)

    def _timed(self, assignment: Assignment, message: Answer, now: float) -> RecordsTimed:
        """Convert the client's times to the run's; never outside the assignment."""

        def moment(age: float) -> float:
            at = round(assignment.started + age * self._speed, _DIGITS)
            return min(now, max(assignment.started, at))

        details = message.details
        return RecordsTimed(
            assignment.id,
            assignment.worker.id,
            tuple([moment(min(each.shown, each.answered)) for each in details]),
            tuple([moment(each.answered) for each in details]),
            tuple([each.changes for each in details]),
        )

    def _skip(self, peer: Peer, session: ConnectedSession, message: Skip, now: float) -> None:
        assignment = self._assignment(peer, session, message.assignment)
        if assignment is None:
            return
        if assignment.state is AssignmentState.ACTIVE and self._unseen(peer, message, assignment):
            self._run.apply(AssignmentNotShown(assignment.id, session.worker), now)
        elif assignment.state is AssignmentState.ACTIVE:
            skipped = AssignmentSkipped(assignment.id, session.worker, message.reason)
            self._run.apply(skipped, now)
        else:
            self._run.send(peer, self._run.translator.stop(assignment.id, now))

    def _unseen(self, peer: Peer, message: Skip, assignment: Assignment) -> bool:
        """Whether the worker reports hidden records, and its encoding confirms it."""
        record = self._run.records.record
        records = [record(number, with_truth=False) for number in assignment.task.records]
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
        self._refuse(peer, "request", "that assignment was not given to you")
        return None

    def _labels(self, peer: Peer, labels: tuple[int, ...], count: int) -> tuple[ClassIndex, ...]:
        """Return ``count`` valid labels; else send an error and return none."""
        if len(labels) != count:
            self._refuse(peer, "label", f"{count} labels are needed, {len(labels)} came")
        elif max(labels) >= self._n_classes:
            self._refuse(peer, "label", f"that label is not offered: {max(labels)}")
        else:
            return tuple(map(ClassIndex, labels))
        return ()

    def _worker(self, session: ConnectedSession) -> Worker | None:
        return self._run.engine.state.pool.workers.get(session.worker)

    def _refuse(self, peer: Peer, code: ErrorCode, text: str, *, fatal: bool = False) -> None:
        self._run.send(peer, Error(code, text, fatal=fatal))
