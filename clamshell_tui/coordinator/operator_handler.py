"""Handles operators' messages; orders are journalled with the operator's name."""

from collections.abc import Callable
from functools import partial
from typing import assert_never

from msgspec.structs import replace

from clamshell_tui.coordinator.copies import Copies
from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.sessions import (
    ConnectedSession,
    ConnectedSessions,
    Peer,
    SeatKind,
)
from clamshell_tui.core.crowd_platform.machine import Machine
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.events import (
    Event,
    InvalidEventError,
    OrderCarriedOut,
    RunPaused,
    RunResumed,
    SettingChanged,
    StopRequested,
    WorkerDismissed,
)
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.text import show
from clamshell_tui.wire.messages import Error, Notice, ToClient
from clamshell_tui.wire.operator_messages import (
    BackUp,
    CheckCodes,
    CodesChecked,
    Describe,
    Described,
    Done,
    FromOperator,
    LookedUp,
    LookUp,
    Order,
    ReadJournal,
)

_ABOUT_ACCESS = frozenset(
    {"issue-code", "reissue-code", "revoke-code", "rotate-token", "revoke-token"}
)


class OperatorHandler:
    """Handles messages of authenticated operators."""

    def __init__(self, run: EngineDriver, described: Described) -> None:
        self._run = run
        self._described = described
        self._copies = Copies()  # of the run file

    def take(self, peer: Peer, message: FromOperator, now: float) -> None:
        match message:
            case Order():
                self._order(peer, message, now)
            case ReadJournal():
                self._run.journal_feed.ask(peer, message.after)
            case LookUp():
                self._run.send(peer, self._looked_up(message))
            case BackUp(offset=0):
                self._run.copies_wanted.append(partial(self._copies.begin, peer))
            case BackUp():
                self._copies.send(peer, message.offset)
            case CheckCodes():
                self._run.send(peer, checked_codes(self._run.sessions, message))
            case Describe():
                self._run.send(peer, self._described)

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
        self._copies.gone(peer)
        self._run.journal_feed.gone(peer)

    def _looked_up(self, message: LookUp) -> LookedUp:
        known = self._run.records
        numbers = tuple([n for n in message.records if 0 <= n < len(known)])
        records = [known.record(RecordId(n), with_truth=True) for n in numbers]
        if not message.whole:
            records = [replace(r, text=None, image=None, numbers=()) for r in records]
        return LookedUp(numbers, tuple(records))

    # -- orders -----------------------------------------------------------------------------------

    def _order(self, peer: Peer, order: Order, now: float) -> None:
        try:
            detail = self._carry_out(peer, order, now)
        except _RefusedError as refusal:
            self._run.send(peer, Error("request", str(refusal), fatal=False))
        else:
            self._run.send(peer, Done(order.do, detail))
            if order.do in _ABOUT_ACCESS:
                self._run.effects.append(self._run.republish)

    def _carry_out(self, peer: Peer, order: Order, now: float) -> str:
        """Carry out an order and return its result; raises :class:`_RefusedError`."""
        sessions, operator = self._run.sessions, peer.name
        match order.do:
            case "pause":
                return self._apply(RunPaused(operator), now)
            case "resume":
                return self._apply(RunResumed(operator), now)
            case "stop":
                return self._apply(StopRequested(operator), now)
            case "dismiss":
                return self._apply(WorkerDismissed(self._worker(order), operator), now)
            case "set":
                return self._apply(SettingChanged(order.key, order.value, operator), now)
            case "message":
                receivers = self._message(order)
                self._apply(OrderCarriedOut(operator, order.do, order.worker, order.text), now)
                return receivers
            case "readmit":
                return self._readmit(order, operator, now)
            case "issue-code":
                kind = self._kind(order)
                self._apply(OrderCarriedOut(operator, order.do, kind), now)
                return sessions.code(sessions.new_seat(kind))
            case "reissue-code":
                seat = self._seat(order)
                self._apply(OrderCarriedOut(operator, order.do, seat.label), now)
                return self._reissue(seat)
            case "revoke-code":
                seat = self._seat(order)
                sessions.revoke(seat)
                return self._apply(OrderCarriedOut(operator, order.do, seat.label), now)
            case "rotate-token" | "revoke-token":
                return self._change_token(peer, order, now)
            case _:
                assert_never(order.do)

    def _apply(self, event: Event, now: float) -> str:
        try:
            self._run.apply(event, now)
        except InvalidEventError as error:  # an invalid setting; the state is unchanged
            raise _RefusedError(str(error).partition("\n")[0]) from None
        return ""

    def _readmit(self, order: Order, operator: str, now: float) -> str:
        """Let the person of an ended session join again, as a new worker; return the code."""
        session = self._session(order)
        state = self._run.engine.state
        worker: Worker | Machine | None = state.pool.workers.get(session.worker)
        if state.machines is not None and worker is None:
            worker = state.machines.members.get(session.worker)
        if session.access.revoked or worker is None or not worker.over:
            raise _RefusedError(f"{session.worker} has a seat: its code leads back to it")
        self._run.sessions.vacate(session)
        self._apply(OrderCarriedOut(operator, order.do, session.worker), now)
        return self._run.sessions.code(self._run.sessions.seat_of(session))

    def _reissue(self, seat: AccessRow) -> str:
        """Give a seat another code; a client that has the seat loses it."""
        sessions = self._run.sessions
        sessions.reissue(seat)
        session = sessions.holder(seat)
        if session is not None:
            sessions.reissue(session.access)
            if session.peer is not None:
                why = "the operator has given out a new code for this seat; join with it"
                self._run.send(session.peer, Error("replaced", why))
        return sessions.code(seat)

    def _change_token(self, peer: Peer, order: Order, now: float) -> str:
        """Replace or revoke the token of a role, and end the connections that used it."""
        if order.key not in ("operator", "requester"):
            raise _RefusedError('key must be "operator" or "requester"')
        self._apply(OrderCarriedOut(peer.name, order.do, order.key), now)
        return change_token(self._run.sessions, peer, order, self._run.send)

    def _seat(self, order: Order) -> AccessRow:
        """Return the seat of a worker, or of a code."""
        sessions = self._run.sessions
        if order.worker:
            return sessions.seat_of(self._session(order))
        seat = sessions.find_code(order.text)
        if seat is None:
            raise _RefusedError("there is no such code")
        return seat

    def _kind(self, order: Order) -> SeatKind:
        """Return the kind of a new seat."""
        if order.key == "machine":
            if self._run.engine.state.machines is None:
                raise _RefusedError('this run takes no machines: its machine.policy is "off"')
            return "machine"
        return "bot" if order.key == "bot" else "seat"

    def _session(self, order: Order) -> ConnectedSession:
        session = self._run.sessions.workers.get(WorkerId(order.worker))
        if session is None:
            raise _RefusedError(f"there is no worker {show(order.worker)}")
        return session

    def _worker(self, order: Order) -> WorkerId:
        worker = WorkerId(order.worker)
        state = self._run.engine.state
        machine = state.machines is not None and worker in state.machines.members
        if worker not in state.pool.workers and not machine:
            raise _RefusedError(f"there is no worker {show(order.worker)}")
        return worker

    def _message(self, order: Order) -> str:
        sessions = self._run.sessions.workers
        to = [self._worker(order)] if order.worker else list(sessions)
        for worker in to:
            self._run.send_to_worker(worker, Notice(order.text))
        return str(sum(sessions[worker].peer is not None for worker in to))


class _RefusedError(Exception):
    """The order cannot be carried out; the state is unchanged."""


def checked_codes(sessions: ConnectedSessions, message: CheckCodes) -> CodesChecked:
    """Return which codes are valid."""
    free, taken = list[str](), list[str]()
    for code in message.codes:
        seat = sessions.find_code(code)
        if seat is not None:
            (free if sessions.holder(seat) is None else taken).append(code)
    return CodesChecked(tuple(free), tuple(taken))


def change_token(
    sessions: ConnectedSessions, peer: Peer, order: Order, send: Callable[[Peer, ToClient], None]
) -> str:
    """Replace or revoke the token of a role; return the new one, empty if there is none."""
    row = sessions.staff(order.key)
    (sessions.reissue if order.do == "rotate-token" else sessions.revoke)(row)
    for other in list(sessions.authenticated):
        if other.role == order.key and other is not peer:
            send(other, Error("token", "the token was replaced or revoked"))
    return "" if row.revoked else sessions.staff_token(order.key)
