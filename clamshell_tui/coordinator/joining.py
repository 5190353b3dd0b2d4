"""Seats are taken with a code, or again with a token; the rest depends on what is served."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from clamshell_tui.coordinator.limits import Limits, WrongCodes
from clamshell_tui.coordinator.sessions import ConnectedSession, ConnectedSessions, Peer
from clamshell_tui.coordinator.take_over import TakeOvers
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.text import describe_character, first_unencodable
from clamshell_tui.wire.messages import Error, ErrorCode, ToClient
from clamshell_tui.wire.worker_messages import Join, Rejoin


class Joining(ABC):
    """``send`` holds messages back until the commit; ``clock`` is that of ``last_heard``."""

    def __init__(
        self,
        sessions: ConnectedSessions,
        limits: Limits,
        clock: Callable[[], float],
        send: Callable[[Peer, ToClient], None],
        alert: Callable[[str], None],
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        self.texts = texts  # of participants
        self._sessions = sessions
        self._send = send
        self._wrong = WrongCodes(limits, clock, alert)
        self.take_overs = TakeOvers(limits, clock, self._take_over, alert, texts)

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

    # -- the same everywhere --------------------------------------------------------------------

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
