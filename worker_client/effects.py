"""Effects: instructions of the session to its driver, to be carried out in order."""

from dataclasses import dataclass
from typing import TypeAlias

from clamshell_tui.wire.messages import Hello
from clamshell_tui.wire.study_messages import FromParticipant
from clamshell_tui.wire.worker_messages import Answer, FromWorker


@dataclass(frozen=True)
class Send:
    """Send this message. Requested only while there is a connection."""

    message: Hello | FromWorker | FromParticipant


@dataclass(frozen=True)
class Remember:
    """Store this answer durably before carrying out the next effect."""

    answer: Answer


@dataclass(frozen=True)
class Forget:
    """Remove a settled answer from the disk."""

    assignment: str


@dataclass(frozen=True)
class KeepSeat:
    """Store the seat's token and join code on disk."""

    worker: str
    token: str
    code: str


@dataclass(frozen=True)
class GiveUpSeat:
    """Remove the token from the disk: it is no longer valid."""


@dataclass(frozen=True)
class Arrived:
    """Ring the bell: a task arrived after a wait."""


@dataclass(frozen=True)
class JoinRefused:
    """Show why a key press was refused."""

    why: str


@dataclass(frozen=True)
class HangUp:
    """Close the connection; open none until the session wants one again."""


Effect: TypeAlias = (
    Send | Remember | Forget | KeepSeat | GiveUpSeat | Arrived | JoinRefused | HangUp
)
