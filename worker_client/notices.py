"""Notices that cover the screen until dismissed, and the keys of some other sentences."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clamshell_tui.wire.parts import Record
from worker_client.lifecycle import SessionPhase

WHY_NOT = {
    SessionPhase.REVIEWING: "reviewing",
    SessionPhase.SENDING: "sending",
    SessionPhase.CHECKING: "checking",
    SessionPhase.WAITING: "waiting",
}
"""Why a label key is refused in this phase: a sentence of the section ``status``."""


BLOCKED = 0.7
"""Seconds in which a new notice ignores keys: those already on their way were meant for the task
that is gone. A fast typist leaves 0.2 to 0.4 s between keys."""


@dataclass(frozen=True)
class Interruption:
    """The task in hand is gone.

    ``micros`` was paid for it, None if unknown (after a lost connection); ``labelled`` of its
    ``asked`` records had a label.
    """

    reason: Literal["finished-by-another", "expired", "skipped", "withdrawn"]
    micros: int | None
    labelled: int
    asked: int
    since: float

    def blocked(self, now: float) -> bool:
        """Whether it is too new to be dismissed: the key may have been meant for the task."""
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
        """As for an interruption: a second Enter may have been meant to send the answers."""
        return now < self.since + BLOCKED


@dataclass(frozen=True)
class Lesson:
    """Feedback on a record of the training; a wrong one is asked again until it is right.

    ``number`` is that of the stage, which may be over already, ``place`` that of the record, from
    0. ``why`` is the reason for the right ``answer``, perhaps empty.
    """

    number: int
    place: int
    total: int
    record: Record
    given: int
    right: bool
    answer: int
    why: str

    def blocked(self, now: float) -> bool:
        """Never: keys held down do not count, and the next record takes another key."""
        return False


Cover: TypeAlias = Interruption | Feedback | Lesson
