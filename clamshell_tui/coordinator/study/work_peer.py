"""A participant's connection, as the engine of a condition sees it."""

from collections.abc import Callable

from msgspec import structs

from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.wire.messages import Error, ToClient
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    AssignmentStopped,
    Joined,
    Over,
    TaskAssigned,
    Wait,
)

_OF_THE_STUDY = Joined | Over
"""The study sends them itself, about all stages."""
_OWING = Wait | Acknowledged | AssignmentStopped


class WorkPeer(Peer):
    """Passes messages of an engine on to ``peer``, but for those that the study sends itself."""

    def __init__(self, peer: Peer) -> None:
        super().__init__("worker", peer.last_heard)
        self.encoding, self.via, self.address = peer.encoding, peer.via, peer.address
        self.peer = peer
        self.quiet = False
        """Whether a break or a pause is shown, which no wait may replace."""
        self.so_far: Callable[[int], tuple[int, int]] | None = None
        """Given the pay of a minute of waiting: the pay so far in all parts of the study, which the
        engine does not know, and its growth a minute; in micros."""
        self.left: Callable[[], tuple[float | None, int | None]] = lambda: (None, None)
        """Seconds and records that are left of the work, where it is limited."""

    def send(self, *messages: ToClient) -> None:
        if not self.closed:
            passing = [message for message in messages if self._passes(message)]
            self.peer.send(*map(self._with_what_the_study_knows, passing))

    def drop(self) -> None:
        self.closed = True
        self.peer.drop()

    def _with_what_the_study_knows(self, message: ToClient) -> ToClient:
        if isinstance(message, TaskAssigned):
            return self._with_what_is_left(message)
        if self.so_far is None or not isinstance(message, _OWING):
            return message
        if isinstance(message, Wait):
            owed, grows = self.so_far(message.micros_per_minute)
            return structs.replace(message, owed_micros=owed, grows=grows)
        owed, _ = self.so_far(0)
        if isinstance(message, Acknowledged) and message.next is not None:
            following = self._with_what_is_left(message.next)
            return structs.replace(message, owed_micros=owed, next=following)
        return structs.replace(message, owed_micros=owed)

    def _with_what_is_left(self, task: TaskAssigned) -> TaskAssigned:
        seconds, records = self.left()
        return structs.replace(task, seconds_left=seconds, records_left=records)

    def _passes(self, message: ToClient) -> bool:
        if isinstance(message, _OF_THE_STUDY) or (self.quiet and isinstance(message, Wait)):
            return False
        return not (isinstance(message, Error) and message.fatal)  # an older WorkPeer's


class OrderPeer(Peer):
    """An operator whose order went to several conditions: of the replies, refusals pass."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer.role, peer.last_heard)
        self.name = peer.name
        self._peer = peer

    def send(self, *messages: ToClient) -> None:
        self._peer.send(*[message for message in messages if isinstance(message, Error)])

    def drop(self) -> None:
        self._peer.drop()
