"""Base of the drivers of a run and of a study."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.sessions import ConnectedSessions, Peer
from clamshell_tui.wire.messages import Notice, ToClient


class Driver(ABC):
    """Applies the events of one journal; holds messages and effects back until the commit."""

    def __init__(self, sessions: ConnectedSessions, title: str) -> None:
        self.sessions = sessions
        self.title = title
        self.effects: list[Callable[[], None]] = []
        """Called in order after the next commit."""
        self.republish: Callable[[], None] = lambda: None
        """Called after codes or tokens have changed."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the run or the study is over."""

    @abstractmethod
    def send(self, peer: Peer, message: ToClient) -> None:
        """Queue a message until the commit."""

    def alert(self, text: str) -> None:
        """Notify the terminal and all operators; not part of the journal."""
        say(f"clamshell: {text}")
        for peer in list(self.sessions.authenticated):
            if peer.role == "operator":
                peer.send(Notice(text))
