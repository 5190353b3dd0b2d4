"""What the session asks its driver to do, in the order given. One sentence each."""

from dataclasses import dataclass
from typing import TypeAlias

from clamshell_tui.wire.messages import FromWorker, Hello


@dataclass(frozen=True)
class Send:
    """Send this message; only ever asked for while there is a connection."""

    message: Hello | FromWorker


@dataclass(frozen=True)
class Remember:
    """Put this answer on disk before anything that follows is done."""

    assignment: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Forget:
    """The answer is settled: take it off the disk."""

    assignment: str


@dataclass(frozen=True)
class KeepSeat:
    """Put the way back to the seat on disk, together with the code that led to it."""

    worker: str
    token: str
    code: str


@dataclass(frozen=True)
class GiveUpSeat:
    """The token is of no use any more."""


@dataclass(frozen=True)
class Arrived:
    """Work came after a wait: ring the bell."""


@dataclass(frozen=True)
class JoinRefused:
    """The key press did nothing; tell the person why."""

    why: str


@dataclass(frozen=True)
class HangUp:
    """Close the connection and open none until the session wants one again."""


Effect: TypeAlias = (
    Send | Remember | Forget | KeepSeat | GiveUpSeat | Arrived | JoinRefused | HangUp
)
