"""Sessions at some point of their life, for tests of what comes then."""

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import ToClient, Welcome
from clamshell_tui.wire.worker_messages import TaskAssigned, Wait
from tests.worker_client.scripted import joined, texts
from worker_client.effects import Effect
from worker_client.lifecycle import SessionPhase
from worker_client.session import Session

TASK = TaskAssigned("a1", texts("meow", "woof", "purr"), lease=60.0)
NEXT = TaskAssigned("a2", texts("growl", "hiss", "howl"), lease=60.0)
WAIT = Wait("available", 60_000, 1_000, 5.0)


def heard(session: Session, *messages: ToClient, at: float = 0.0) -> list[Effect]:
    """What these messages, one after the other, made the session ask for."""
    return [effect for message in messages for effect in session.receive(message, at)]


def phase(session: Session) -> SessionPhase:
    """The phase of now, which mypy believes to be the one last compared with."""
    return session.phase


def seated(**changes: object) -> Session:
    """A worker who has read the instructions and is waiting."""
    session = Session("K7QM-2F9X")
    heard(session, Welcome(VERSION, "quickstart", "s"), joined(begun=True, **changes), WAIT)
    return session


def working(*labels: int, **changes: object) -> Session:
    """A worker with a task in hand, the first records labelled."""
    session = seated(**changes)
    heard(session, TASK)
    for label in labels:
        session.label(label, 0.0)
    return session
