"""Messages between a worker and the coordinator, from the join code to the pay statement."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clamshell_tui.wire.parts import Label, Message, Micros, Name, Record, Short, Token, WirePart

Code = Annotated[str, Meta(min_length=1, max_length=32)]
AssignmentKey = Annotated[str, Meta(min_length=1, max_length=64)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=1000)]
Choices = Annotated[tuple[Label | None, ...], Meta(max_length=1000)]
Cells = Annotated[int, Meta(ge=0, le=10_000)]
Age = Annotated[float, Meta(ge=0, le=1e9)]

# -- worker -> coordinator ------------------------------------------------------------------------


class Join(Message, frozen=True, tag="join"):
    """Take the seat of a join code, or return to it from any machine.

    ``bot``: a program answers, which may not have a person's seat in a study. ``width`` and
    ``height`` are those of the terminal in cells, 0 if not known.
    """

    code: Code
    bot: bool = False
    width: Cells = 0
    height: Cells = 0


class Rejoin(Message, frozen=True, tag="rejoin"):
    """Return to the same seat with the token from ``joined``."""

    token: Token


class Begin(Message, frozen=True, tag="begin"):
    """The worker has accepted the instructions: paid time starts here."""


class MachineReady(Message, frozen=True, tag="machine-ready"):
    """A program at a seat for machines is ready for tasks; in place of ``begin``.

    ``source`` names its model: programs with the same source have one vote together. ``revision``
    says which version of it. ``price_micros`` is what a record costs. ``remote`` is the URL that
    records are sent to, unless it is on the program's own machine. All are journalled.
    """

    source: Annotated[str, Meta(min_length=1, max_length=100)]
    revision: Name = ""
    price_micros: Micros = 0
    remote: Short = ""


class Progress(Message, frozen=True, tag="progress"):
    """Number of gold records of ``train`` answered so far; it keeps the training paid."""

    answered: Annotated[int, Meta(ge=1, le=1000)]


class Qualification(Message, frozen=True, tag="qualification"):
    """Answers to all gold records of ``train``, in order."""

    labels: Labels


class RecordDetail(WirePart, frozen=True):
    """How one record was answered, measured by the participant's client, and remarks on it.

    Times are wall seconds since the assignment was made: for the client, when it arrived, less its
    ``age``. A wrong clock and an answer that is sent again later do not change them.
    """

    shown: Age  # first on the screen
    answered: Age  # its last label was chosen, or it was skipped
    changes: Annotated[int, Meta(ge=0, le=2**31)] = 0  # labels chosen before that one
    flagged: bool = False
    reason: Short = ""  # of a skip
    comment: Short = ""


Details = Annotated[tuple[RecordDetail, ...], Meta(max_length=1000)]
Confidence = Annotated[float, Meta(ge=0, le=1)]
Reasons = Annotated[tuple[Short, ...], Meta(max_length=1000)]
Confidences = Annotated[tuple[Confidence | None, ...], Meta(max_length=1000)]


class Answer(Message, frozen=True, tag="answer"):
    """Answers to the records of an assignment, in order. May be sent again: it counts once.

    A record without a label (null) is skipped: it goes to another worker, alone, and the rest
    counts. To skip all of them send ``skip``. ``details`` has one entry per record, or none.

    For machines only: ``confidences`` has the model's own probability of each label, or none;
    ``reasons`` says why, one text per record, or none; it is journalled and decides nothing.
    ``cost_micros`` is what the answer cost, if not its records' price. A machine abstains from a
    record with null, also from all.
    """

    assignment: AssignmentKey
    labels: Choices
    details: Details = ()
    confidences: Confidences = ()
    reasons: Reasons = ()
    cost_micros: Micros | None = None


class Draft(Message, frozen=True, tag="draft"):
    """Labels chosen so far in the task in hand, after each change; null: none yet. No reply.

    Whoever returns to the seat gets them with ``task``, also on another machine.
    """

    assignment: AssignmentKey
    labels: Choices


class Skip(Message, frozen=True, tag="skip"):
    """Give an assignment back unanswered, for a ``reason``, with ``details`` as in ``answer``.

    ``unseen``: the terminal cannot show the records. If the ``encoding`` of ``hello`` confirms it,
    it does not count as a skip.
    """

    assignment: AssignmentKey
    reason: Short = ""
    unseen: bool = False
    details: Details = ()


class Heartbeat(Message, frozen=True, tag="heartbeat"):
    """Sign of life. A worker that sends nothing for too long is disconnected."""


class Stay(Message, frozen=True, tag="stay"):
    """Object to ``take-over``: the person at this seat stays."""


class Leave(Message, frozen=True, tag="leave"):
    """End the session; ``over`` with the pay statement follows."""


# -- coordinator -> worker ------------------------------------------------------------------------


class Joined(Message, frozen=True, tag="joined"):
    """The seat is taken. Keep ``token``: ``rejoin`` needs it after a lost connection."""

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
    currency: Name = "USD"  # ISO 4217 code, of all amounts in micros
    begun: bool = False  # instructions were accepted before
    bot: bool = False  # the seat is one for bots
    ask: Short = ""  # the question about each record
    scale: tuple[Short, Short] | None = None  # classes are steps: what the first and last mean
    texts: dict[str, str] = field(default_factory=dict)  # in place of English ones, by key
    machine: bool = False  # the seat is one for machines: send machine-ready, not begin
    part: int = 0  # number of the work among the stages of a study; 0: not at work, or no study
    parts: int = 0  # stages of the study
    owed_micros: Micros = 0  # the pay so far, for who comes back to the work


class TakeOver(Message, frozen=True, tag="take-over"):
    """The seat's code was shown at another place, which gets the seat unless ``stay`` is sent.

    ``seconds`` are left for that; 0: the other place gave up.
    """

    seconds: float


class Occupied(Message, frozen=True, tag="occupied"):
    """The seat of the code is in use; its connection may object for so many ``seconds``."""

    seconds: float


class TrainingAssigned(Message, frozen=True, tag="train"):
    """Answer these gold records; paid by the minute while they are answered."""

    records: tuple[Record, ...]


class Qualified(Message, frozen=True, tag="qualified"):
    """The result, with the correct answers as feedback. If not passed, ``over`` follows."""

    passed: bool
    correct: int
    asked: int
    right: Labels = ()
    micros: Micros = 0


class Wait(Message, frozen=True, tag="wait"):
    """No task now; waiting is paid by the minute, and tasks arrive unasked.

    Before the first task, ``present`` of the ``needed`` workers have come; both are 0 later.
    ``grows``, by how much the pay grows a minute, is not ``micros_per_minute`` where a study limits
    the pay or tops it up.
    """

    state: Literal["training", "reserve", "available", "paused"]
    micros_per_minute: Micros
    owed_micros: Micros
    seconds: float = 0.0  # waited so far
    present: int = 0
    needed: int = 0
    grows: Micros | None = None


class TaskAssigned(Message, frozen=True, tag="task"):
    """Label these records. ``age`` is the time since the task was assigned.

    ``draft`` has the labels of the last ``draft``: empty, or one for each record. A study that
    limits its work says how many ``seconds_left`` there are, and ``records_left`` with these ones.
    """

    assignment: AssignmentKey
    records: tuple[Record, ...]
    lease: float
    age: float = 0.0
    draft: Choices = ()
    seconds_left: float | None = None
    records_left: int | None = None


class Acknowledged(Message, frozen=True, tag="acknowledged"):
    """The answer is stored; ``next`` saves a round trip if another task follows.

    ``micros`` is the whole pay of the assignment, termination included. A late answer is paid if
    the worker did not cause the end and it arrives within the grace after the return; otherwise
    only the termination is, perhaps with nothing.
    """

    assignment: AssignmentKey
    outcome: Literal["counted", "late", "repeated", "conflict"]
    micros: Micros
    owed_micros: Micros
    next: TaskAssigned | None = None


class AssignmentStopped(Message, frozen=True, tag="stop"):
    """The assignment was taken back; ``micros`` is its pay."""

    assignment: AssignmentKey
    reason: Literal["finished-by-another", "expired", "skipped", "withdrawn"]
    micros: Micros
    owed_micros: Micros


class Statement(WirePart, frozen=True):
    """Earnings of a worker by kind; ``total_micros`` is their sum."""

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
    """The session is over, for ``reason``; ``statement`` is the pay owed.

    It is sent again, updated, after each answer that arrives later.
    """

    reason: Short
    statement: Statement


FromWorker = (
    Join
    | Rejoin
    | Begin
    | MachineReady
    | Progress
    | Qualification
    | Answer
    | Draft
    | Skip
    | Heartbeat
    | Stay
    | Leave
)
ToWorker = (
    Joined
    | TrainingAssigned
    | Qualified
    | Wait
    | TaskAssigned
    | Acknowledged
    | AssignmentStopped
    | TakeOver
    | Occupied
    | Over
)
