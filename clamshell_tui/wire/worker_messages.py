"""What a worker and the coordinator say to each other, from the join code to the pay."""

from typing import Annotated, Literal

from msgspec import Meta

from clamshell_tui.wire.parts import Label, Message, Micros, Name, Record, Short, Token, WirePart

Code = Annotated[str, Meta(min_length=1, max_length=32)]
AssignmentKey = Annotated[str, Meta(min_length=1, max_length=64)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=1000)]

# -- worker -> coordinator ------------------------------------------------------------------------


class Join(Message, frozen=True, tag="join"):
    """Take a seat with a join code (single use)."""

    code: Code


class Rejoin(Message, frozen=True, tag="rejoin"):
    """Come back to the same seat with the token that ``joined`` gave."""

    token: Token


class Begin(Message, frozen=True, tag="begin"):
    """The worker has read and accepted the instructions: paid time starts here."""


class Progress(Message, frozen=True, tag="progress"):
    """So many gold records of ``train`` have an answer; training is paid while that goes on."""

    answered: Annotated[int, Meta(ge=1, le=1000)]


class Qualification(Message, frozen=True, tag="qualification"):
    """Answers to all gold records of ``train``, in order."""

    labels: Labels


class Answer(Message, frozen=True, tag="answer"):
    """Answers to all records of an assignment, in order. May be sent again: it counts once."""

    assignment: AssignmentKey
    labels: Labels


class Skip(Message, frozen=True, tag="skip"):
    """Give an assignment back unanswered; ``reason`` flags a record that has no answer.

    ``unseen``: the terminal cannot show the records. That is believed if the ``encoding`` of
    ``hello`` bears it out, and then it is no skip.
    """

    assignment: AssignmentKey
    reason: Short = ""
    unseen: bool = False


class Heartbeat(Message, frozen=True, tag="heartbeat"):
    """I am still here. Silence for longer than the liveness limit counts as disconnected."""


class Leave(Message, frozen=True, tag="leave"):
    """I go for good; ``over`` with the pay statement follows."""


# -- coordinator -> worker ------------------------------------------------------------------------


class Joined(Message, frozen=True, tag="joined"):
    """You have a seat. Keep ``token``: it is the way back after a lost connection."""

    worker: Name
    token: Token
    title: Short
    instructions: str
    classes: tuple[Name, ...]
    records_per_task: int
    micros_per_minute: Micros
    micros_per_record: Micros
    terminated_pay: Literal["full", "prorated"]
    heartbeat: float  # send one at least this often, in seconds
    speed: float = 1.0  # seconds of the run per second of the wall
    begun: bool = False  # instructions were accepted before


class TrainingAssigned(Message, frozen=True, tag="train"):
    """Answer these gold records; paid by the minute while they are answered."""

    records: tuple[Record, ...]


class Qualified(Message, frozen=True, tag="qualified"):
    """The result, with the right answers as feedback. Who did not pass gets ``over`` next."""

    passed: bool
    correct: int
    asked: int
    right: Labels = ()
    micros: Micros = 0


class Wait(Message, frozen=True, tag="wait"):
    """Nothing to do right now; you are paid by the minute and work comes by itself."""

    state: Literal["training", "reserve", "available", "paused"]
    micros_per_minute: Micros
    owed_micros: Micros
    seconds: float = 0.0  # waited so far


class TaskAssigned(Message, frozen=True, tag="task"):
    """Label these records. ``age`` is how long ago the task was given to you."""

    assignment: AssignmentKey
    records: tuple[Record, ...]
    lease: float
    age: float = 0.0


class Acknowledged(Message, frozen=True, tag="acknowledged"):
    """Your answer is stored; ``next`` saves a round trip when there is more to do.

    ``micros`` is all that you are paid for the assignment, its end included. A late answer is paid
    if you did not cause the end and it arrives within the grace of your return; otherwise this is
    what the end was paid, perhaps nothing.
    """

    assignment: AssignmentKey
    outcome: Literal["counted", "late", "repeated", "conflict"]
    micros: Micros
    owed_micros: Micros
    next: TaskAssigned | None = None


class AssignmentStopped(Message, frozen=True, tag="stop"):
    """The assignment is no longer yours; ``micros`` is what you are paid for it."""

    assignment: AssignmentKey
    reason: Literal["finished-by-another", "expired", "skipped", "withdrawn"]
    micros: Micros
    owed_micros: Micros


class Statement(WirePart, frozen=True):
    """What a worker earned, by kind; ``total_micros`` is their sum."""

    worker: Name
    waiting_micros: Micros
    training_micros: Micros
    records_micros: Micros
    terminated_micros: Micros
    partial_micros: Micros
    total_micros: Micros
    tasks_completed: int = 0
    tasks_terminated: int = 0
    waiting_seconds: float = 0.0


class Over(Message, frozen=True, tag="over"):
    """Your session is over. ``reason`` is why, ``statement`` what you are owed.

    It is said again after each answer that arrives later, with what is owed then.
    """

    reason: Short
    statement: Statement
