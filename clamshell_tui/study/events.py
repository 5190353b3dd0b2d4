"""Events: facts about participants, reported to the itinerary in the past tense.

They are the journal of the study (``study.db``): the same study file and events give the same
state. Decisions (stages entered and left, conditions, credits, breaks, gates) are derived, and are
not journalled. Times are seconds since the start of the study, and are passed beside the event.
"""

from typing import Literal

from msgspec import Struct

Participant = str
"""Label of a participant, such as ``L06``; the worker's id in a run file."""


class _Fact(Struct, frozen=True, tag=True, tag_field="event", forbid_unknown_fields=True):
    """Base of all events; written to the journal as JSON with the class's name in ``event``."""


class Arrived(_Fact, frozen=True):
    """A participant entered the code for the first time; ``via`` is terminal, ssh, web or bot."""

    participant: Participant
    via: str
    width: int = 0  # of the terminal, in cells; 0: not known
    height: int = 0
    encoding: str = "utf-8"


class SeatTaken(_Fact, frozen=True):
    """A participant came back, or took the place over from another machine."""

    participant: Participant
    via: str


class ConnectionLost(_Fact, frozen=True):
    """The connection ended; presence ended at ``present_until`` (None: now)."""

    participant: Participant
    present_until: float | None = None


class Consented(_Fact, frozen=True):
    participant: Participant
    text_sha256: str


class Declined(_Fact, frozen=True):
    participant: Participant
    text_sha256: str


class PageRead(_Fact, frozen=True):
    """A page of instructions or of the debrief was shown to its end; pages count from 0."""

    participant: Participant
    stage: int
    page: int


class RecordTried(_Fact, frozen=True):
    """A record of the training or the qualification was answered. ``seconds``: client's clock."""

    participant: Participant
    stage: int
    record: str
    label: int
    seconds: float = 0.0


class QuestionsAnswered(_Fact, frozen=True):
    """A questionnaire was sent: by question, the keyed digest of the sealed value (hex)."""

    participant: Participant
    stage: int
    digests: dict[str, str]


class TextSealed(_Fact, frozen=True):
    """A participant wrote a free text in a stage, such as a comment on a record.

    The text lies in ``sealed`` under ``name``, where it can be erased; here is its keyed digest. A
    later text of the same name replaces it.
    """

    participant: Participant
    stage: int
    name: str
    digest: str


class WorkEntered(_Fact, frozen=True):
    """The engine of the condition has the participant as a worker."""

    participant: Participant


class WorkEnded(_Fact, frozen=True):
    """The engine ended the participant's work, for ``reason``: time, records, evicted, over...

    The figures are totals of the participant, with those of earlier visits.
    """

    participant: Participant
    reason: str
    records: int = 0
    checks_asked: int = 0
    checks_right: int = 0


class BreakTaken(_Fact, frozen=True):
    """The participant has no task in hand, and the break that was due begins."""

    participant: Participant


class BreakEnded(_Fact, frozen=True):
    participant: Participant


class GateLeft(_Fact, frozen=True):
    """A participant did not want to wait any longer, after the timeout of the gate."""

    participant: Participant


class Withdrew(_Fact, frozen=True):
    """A participant stops, and is paid; ``delete``: the data are erased."""

    participant: Participant
    delete: bool


class NoticesRead(_Fact, frozen=True):
    """A participant has seen so many of the operator's messages."""

    participant: Participant
    count: int


class AlarmRaised(_Fact, frozen=True):
    """Something that an operator should look at; it decides nothing."""

    participant: Participant
    what: Literal["checks", "fast", "same-key", "skips", "absent"]
    text: str


class MessageSent(_Fact, frozen=True):
    participant: Participant
    text: str
    operator: str


class StartRequested(_Fact, frozen=True):
    """An operator opened the gate of a stage for the participants there."""

    stage: int
    operator: str


class StartPlanned(_Fact, frozen=True):
    """The gate of a stage opens at ``utc``, in seconds since 1970, and not for enough people.

    None takes that back: it opens once enough people are there, or at its timeout.
    """

    stage: int
    utc: float | None
    operator: str


class Readmitted(_Fact, frozen=True):
    """A participant who had left, or whose grace was over, may go on where they were."""

    participant: Participant
    operator: str


class CodeReissued(_Fact, frozen=True):
    participant: Participant
    operator: str


class ParticipantPaused(_Fact, frozen=True):
    participant: Participant
    operator: str


class ParticipantResumed(_Fact, frozen=True):
    participant: Participant
    operator: str


class ParticipantEnded(_Fact, frozen=True):
    """An operator sent a participant to the debrief, paid."""

    participant: Participant
    operator: str
    reason: str = ""


class Credited(_Fact, frozen=True):
    """An operator added pay: a bonus, or a correction (never negative)."""

    participant: Participant
    kind: Literal["bonus", "correction"]
    micros: int
    reason: str
    operator: str


class PaidOut(_Fact, frozen=True):
    """The pay was handed over."""

    participant: Participant
    micros: int
    operator: str


class StudyStopped(_Fact, frozen=True):
    """An operator ended the study: all participants go to the debrief."""

    operator: str


class ClockSet(_Fact, frozen=True):
    """The date is now ``utc``, in seconds since 1970; ``speed`` seconds pass in a second."""

    utc: float
    speed: float


class TimePassed(_Fact, frozen=True):
    """Nothing happened, but ``Itinerary.next_deadline`` was reached."""


StudyEvent = (
    Arrived
    | SeatTaken
    | ConnectionLost
    | Consented
    | Declined
    | PageRead
    | RecordTried
    | QuestionsAnswered
    | TextSealed
    | WorkEntered
    | WorkEnded
    | BreakTaken
    | BreakEnded
    | GateLeft
    | Withdrew
    | NoticesRead
    | AlarmRaised
    | MessageSent
    | StartRequested
    | StartPlanned
    | Readmitted
    | CodeReissued
    | ParticipantPaused
    | ParticipantResumed
    | ParticipantEnded
    | Credited
    | PaidOut
    | StudyStopped
    | ClockSet
    | TimePassed
)
