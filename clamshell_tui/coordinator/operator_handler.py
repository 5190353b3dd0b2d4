"""Handles operators' messages; orders are journalled with the operator's name."""

from msgspec.structs import replace

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.limits import WrongTries
from clamshell_tui.coordinator.sessions import Peer
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
from clamshell_tui.text import show
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.operator_messages import (
    Describe,
    Described,
    Done,
    FindUnused,
    FromOperator,
    LookedUp,
    LookUp,
    Order,
    ReadJournal,
    UnusedFound,
)


class OperatorHandler:
    """Handles messages of authenticated operators."""

    def __init__(self, run: EngineDriver, tries: WrongTries, described: Described) -> None:
        self._run = run
        self._tries = tries
        self._described = described

    def take(self, peer: Peer, message: FromOperator, now: float) -> None:
        match message:
            case Order():
                self._order(peer, message, now)
            case ReadJournal():
                self._run.journal_feed.ask(peer, message.after)
            case LookUp():
                self._run.send(peer, self._looked_up(message))
            case FindUnused():
                unused = tuple(filter(self._run.sessions.unused, message.codes))
                self._run.send(peer, UnusedFound(unused))
            case Describe():
                self._run.send(peer, self._described)

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
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
            case "issue-code":
                self._tries.reopen()
                kind = "bot" if order.key == "bot" else "seat"
                self._apply(OrderCarriedOut(operator, order.do, kind), now)
                return sessions.new_code(kind)
            case "revoke-code":
                if not sessions.revoke(order.text):
                    raise _RefusedError("there is no such unused code")
                return self._apply(OrderCarriedOut(operator, order.do), now)

    def _apply(self, event: Event, now: float) -> str:
        try:
            self._run.apply(event, now)
        except InvalidEventError as error:  # an invalid setting; the state is unchanged
            raise _RefusedError(str(error).partition("\n")[0]) from None
        return ""

    def _worker(self, order: Order) -> WorkerId:
        worker = WorkerId(order.worker)
        if worker not in self._run.engine.state.pool.workers:
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
