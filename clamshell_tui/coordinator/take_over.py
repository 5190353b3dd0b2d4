"""A code shown while its seat is in use: the person at the seat has a moment to object.

A dead connection is replaced immediately, and so is one that ends or falls silent meanwhile.
"""

from collections.abc import Callable
from typing import NamedTuple

from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.worker_messages import Occupied, TakeOver


class _Newcomer(NamedTuple):
    peer: Peer
    until: float


class TakeOvers:
    """``grant`` gives a session to a connection; ``clock`` is that of ``last_heard``."""

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float],
        grant: Callable[[Peer, ConnectedSession, float], None],
        alert: Callable[[str], None],
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._grant = grant
        self._alert = alert
        self.texts = texts  # of participants
        self._stays = Error("in-use", texts("refused.stays"))
        self._used_again = Error("in-use", texts("refused.used_again"))
        self._newcomers: dict[ConnectedSession, _Newcomer] = {}
        self._quiet_until: dict[ConnectedSession, float] = {}

    def ask(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        """Give ``peer`` the session, or ask the connection that has it."""
        wall = self._clock()
        if not self._in_use(session):
            self._grant(peer, session, now)
        elif self._quiet_until.get(session, 0.0) > wall:
            peer.send(self._stays)
        else:
            self._ask_holder(peer, session, wall)

    def _ask_holder(self, peer: Peer, session: ConnectedSession, wall: float) -> None:
        earlier = self._newcomers.get(session)
        if earlier is not None:  # the time to object does not begin again
            earlier.peer.send(self._used_again)
        until = wall + self._limits.objection if earlier is None else earlier.until
        self._newcomers[session] = _Newcomer(peer, until)
        peer.connected_at = wall  # it has shown a valid code, so its time to join begins again
        peer.send(Occupied(until - wall))
        if earlier is None and session.peer is not None:
            session.peer.send(TakeOver(until - wall))

    def stay(self, peer: Peer) -> None:
        """Refuse the newcomer: the person at the seat pressed a key."""
        session = peer.session
        newcomer = self._newcomers.pop(session, None) if session is not None else None
        if session is None or newcomer is None:
            return  # it gave up, or came too late
        newcomer.peer.send(self._stays)
        self._quiet_until[session] = self._clock() + self._limits.quiet
        self._alert(
            f"the code of {session.worker} was used at {newcomer.peer.address}, and the person at "
            "the seat stays. If the code is lost, give out a new one (reissue)"
        )

    def gone(self, peer: Peer) -> None:
        """Withdraw the question of a newcomer whose connection ended."""
        for session, newcomer in list(self._newcomers.items()):
            if newcomer.peer is peer:
                del self._newcomers[session]
                if session.peer is not None:
                    session.peer.send(TakeOver(0.0))

    def settle(self, now: float) -> None:
        """Grant what is due; call it every second."""
        for session, newcomer in list(self._newcomers.items()):
            if newcomer.peer.closed:
                self.gone(newcomer.peer)
            elif not self._in_use(session) or newcomer.until <= self._clock():
                del self._newcomers[session]
                self._grant(newcomer.peer, session, now)

    @property
    def pending(self) -> bool:
        return bool(self._newcomers)

    def _in_use(self, session: ConnectedSession) -> bool:
        """Whether the seat's connection is alive: it would have been heard."""
        peer = session.peer
        if peer is None or peer.closed:
            return False
        return self._clock() - peer.last_heard <= 2 * self._limits.heartbeat
