"""Seats are taken with a code, again with a token, and lost with a connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from clamshell_tui.coordinator.driver import Driver
from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.limits import Limits, WrongCodes
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.coordinator.take_over import TakeOvers
from clamshell_tui.participant_texts import Texts
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.text import describe_character, first_unencodable
from clamshell_tui.wire.messages import Error, ErrorCode
from clamshell_tui.wire.worker_messages import Heartbeat, Join, Joined, Rejoin, Stay


class Joining(ABC):
    """``clock`` is that of ``last_heard``; ``speed`` the run's seconds per wall-clock second."""

    def __init__(
        self,
        driver: Driver,
        limits: Limits,
        clock: Callable[[], float],
        texts: Texts,
        speed: float,
    ) -> None:
        self.texts = texts  # of participants
        self._limits = limits
        self._clock = clock
        self._speed = speed
        self._sessions = driver.sessions
        self._send = driver.send
        self._wrong = WrongCodes(limits, clock, driver.alert)
        self.take_overs = TakeOvers(limits, clock, self._take_over, driver.alert, texts)

    # -- what differs -------------------------------------------------------------------------

    @abstractmethod
    def _shown(self) -> str:
        """Return all characters that every participant's terminal must be able to show."""

    @abstractmethod
    def _arrive(self, peer: Peer, seat: AccessRow, now: float) -> None:
        """Let a person with the code of a free seat in, or refuse."""

    @abstractmethod
    def _return(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        """Bring a person back to the seat."""

    @abstractmethod
    def _lost(self, session: ConnectedSession, until: float | None, now: float) -> None:
        """Note that a connection ended, whose worker is paid ``until`` then; None: up to now."""

    # -- the same everywhere --------------------------------------------------------------------

    def gone(self, peer: Peer, now: float) -> None:
        """Disconnect the worker of a connection that ended, unless it has a newer one."""
        session = peer.session
        if session is None or session.peer is not peer:
            self.take_overs.gone(peer)
            return
        session.peer = None
        silence = self._clock() - peer.last_heard
        unpaid = (silence - self._limits.presence) * self._speed
        self._lost(session, now - unpaid if unpaid > 0.0 else None, now)
        self.take_overs.settle(now)

    def _take_seat(self, peer: Peer, message: Join | Rejoin | Heartbeat | Stay, now: float) -> None:
        match message:
            case Join():
                self._join(peer, message, now)
            case Rejoin():
                self._rejoin(peer, message, now)
            case Heartbeat():
                pass  # the server notes it
            case Stay():
                self.take_overs.stay(peer)

    def _join(self, peer: Peer, message: Join, now: float) -> None:
        if peer.session is not None:
            self._refuse(peer, "protocol", "this connection has a seat", fatal=True)
        elif self._cannot_show(peer):
            pass  # no seat is taken
        elif (seat := self._sessions.find_code(message.code)) is None:
            self._refuse_code(peer, message.code)
        elif (session := self._sessions.holder(seat)) is not None:
            self.take_overs.ask(peer, session, now)
        else:
            self._arrive(peer, seat, now)

    def _rejoin(self, peer: Peer, message: Rejoin, now: float) -> None:
        session = self._sessions.by_token(message.token)
        if peer.session is not None:
            self._refuse(peer, "protocol", "this connection has a seat", fatal=True)
        elif session is not None:
            if not self._cannot_show(peer):
                self._return(peer, session, now)
        elif self._sessions.was_token(message.token):
            self._refuse(peer, "replaced", self.texts("refused.taken"), fatal=True)
        else:
            self._refuse(peer, "token", self.texts("refused.wrong_token"), fatal=True)

    def _take_over(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        """Return a person to the seat with its code; the client that had it cannot come back."""
        self._sessions.reissue(session.access)
        self._return(peer, session, now)

    def _sit(self, peer: Peer, session: ConnectedSession) -> None:
        """Give the session to the newer connection."""
        older = session.peer
        if older is not None:
            self._refuse(older, "replaced", self.texts("refused.taken"), fatal=True)
        session.peer, peer.session = peer, session

    def _joined(
        self,
        session: ConnectedSession,
        run: EngineDriver,
        title: str,
        instructions: str,
        *,
        begun: bool,
        currency: str = "USD",
    ) -> Joined:
        config, ledger = run.engine.state.config, run.engine.state.ledger
        return Joined(
            worker=session.worker,
            token=self._sessions.token_of(session),
            title=title,
            instructions=instructions,
            classes=run.records.classes,
            records_per_task=config.tasks.records_per_task,
            micros_per_minute=round(ledger.per_second * 60),
            micros_per_record=ledger.per_record,
            terminated_pay=config.pay.terminated,
            heartbeat=self._limits.heartbeat,
            speed=self._speed,
            currency=currency,
            begun=begun,
            bot=session.bot,
            ask=config.question.ask,
            scale=config.question.scale,
            texts=dict(self.texts.replaced),
            machine=session.machine,
        )

    def _refuse_code(self, peer: Peer, code: str) -> None:
        if self._sessions.was_code(code):
            self._refuse(peer, "code", self.texts("refused.old_code"), fatal=True)
        else:
            error = Error("code", self.texts("refused.wrong_code"))
            peer.refuse_after(self._wrong.note(peer.address), error)

    def _cannot_show(self, peer: Peer) -> bool:
        """Refuse a terminal that cannot show what it will get."""
        if peer.encoding == "utf-8":
            return False
        letter = first_unencodable(self._shown(), peer.encoding)
        if letter:
            values = {"letter": describe_character(letter), "encoding": peer.encoding}
            self._refuse(peer, "terminal", self.texts("refused.terminal", **values), fatal=True)
        return bool(letter)

    def _refuse(self, peer: Peer, code: ErrorCode, text: str, *, fatal: bool = False) -> None:
        self._send(peer, Error(code, text, fatal=fatal))
