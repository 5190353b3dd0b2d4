"""What is shown on top of everything else until the person has read it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clamshell_tui.protocol.parts import Record

BLOCKED = 0.7
"""Seconds in which a new notice takes no key: the ones already on their way were meant for the
task that is gone. A hurried typist leaves 0.2 to 0.4 s between keys."""


@dataclass(frozen=True)
class Interruption:
    """The task in hand is gone.

    ``micros`` is what was paid for it, None when the coordinator has not said (after a lost
    connection); ``labelled`` of its ``asked`` records had a label.
    """

    reason: Literal["finished-by-another", "expired", "skipped", "withdrawn"]
    micros: int | None
    labelled: int
    asked: int
    since: float

    def blocked(self, now: float) -> bool:
        """Whether it is too new to be dismissed by a key that may have meant something else."""
        return now < self.since + BLOCKED


@dataclass(frozen=True)
class Feedback:
    """The result of the training, record by record.

    ``given`` is empty when the answers were given before this client was started again.
    """

    passed: bool
    correct: int
    asked: int
    micros: int
    records: tuple[Record, ...]
    given: tuple[int, ...]
    right: tuple[int, ...]
    since: float

    def blocked(self, now: float) -> bool:
        """As for an interruption: the last Enter sent the answers."""
        return now < self.since + BLOCKED


Cover: TypeAlias = Interruption | Feedback
