"""Drives the itinerary of a live study, and keeps its file."""

from collections.abc import Callable, Collection
from functools import partial

from clamshell_tui.coordinator.driver import Driver
from clamshell_tui.coordinator.sessions import ConnectedSessions, Peer
from clamshell_tui.study.commands import StudyCommand
from clamshell_tui.study.events import StudyEvent
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.people import Person
from clamshell_tui.wire.messages import ToClient


class StudyDriver(Driver):
    """Applies events; holds messages and decisions back until their cause is committed."""

    def __init__(
        self,
        file: StudyFile,
        sessions: ConnectedSessions,
        title: str,
        bots: Collection[str] = (),
    ) -> None:
        super().__init__(sessions, title)
        self.itinerary: Itinerary = file.itinerary
        self.file = file
        self.bots = bots
        self.to_erase: list[str] = []
        """Participants whose sealed answers are to be erased, as soon as the disk has room."""
        self.carry_out: Callable[[StudyCommand], None] = lambda _: None
        self.changed: Callable[[], None] = lambda: None
        """Called after each event."""

    @property
    def finished(self) -> bool:
        """Whether no participant is under way or awaited, bots included."""
        here = all(label in self.itinerary.people for label in self.bots)
        return self.itinerary.finished and (here or self.itinerary.stopped)

    def person(self, label: str) -> Person:
        """Return what is known of a participant."""
        return self.itinerary.people[label]

    def apply(self, event: StudyEvent, now: float) -> None:
        """Apply an event; its decisions are carried out after the commit.

        Raises InvalidEventError for an impossible one, and changes nothing.
        """
        now = max(now, self.itinerary.now)
        commands = self.itinerary.handle(event, now)
        self.file.append(event, now)
        self.effects += [partial(self.carry_out, command) for command in commands]
        self.changed()

    def send(self, peer: Peer, message: ToClient) -> None:
        self.effects.append(partial(peer.send, message))

    def run_effects(self) -> None:
        """Send and carry out what waited for the commit, and what follows immediately."""
        effects, self.effects = self.effects, []
        for effect in effects:
            effect()
