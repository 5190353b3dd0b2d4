"""Every message of the protocol, as strict structs: unknown fields are refused on both sides.

``ToServer`` and ``ToClient`` are the unions; the tag is the field ``type``. Which role may send
what is decided by the tables at the end, and by nothing else.
"""

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

Code = Annotated[str, Meta(min_length=1, max_length=32)]
Token = Annotated[str, Meta(min_length=16, max_length=128)]
AssignmentKey = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[int, Meta(ge=0, le=29)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=1000)]
Micros = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=200)]
Short = Annotated[str, Meta(max_length=1000)]


class _Message(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="type",
    omit_defaults=True,
):
    """Base of all messages; fields at their default are left out of the frame."""


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what messages contain."""


# -- parts ----------------------------------------------------------------------------------------


class Image(_Part, frozen=True):
    """Pixels row by row, 8 bits each: ``width * height * channels`` bytes in base64.

    One channel is grey (0 black, 255 white), three are red, green, blue.
    """

    width: Annotated[int, Meta(ge=1, le=256)]
    height: Annotated[int, Meta(ge=1, le=256)]
    channels: Literal[1, 3]
    pixels: bytes


class Record(_Part, frozen=True):
    """One item to label: a text, an image, or named numbers.

    ``truth`` is only ever sent to bots, who could not answer rightly without it.
    """

    id: Name
    text: str | None = None
    image: Image | None = None
    numbers: tuple[tuple[Name, float], ...] = ()
    truth: Label | None = None


class Statement(_Part, frozen=True):
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


# -- everybody ------------------------------------------------------------------------------------


class Hello(_Message, frozen=True, tag="hello"):
    """First frame of every client."""

    protocol: int
    role: Literal["worker", "operator", "requester"]
    client: Name = ""


class Welcome(_Message, frozen=True, tag="welcome"):
    """The coordinator's answer to ``hello``."""

    protocol: int
    run: Name
    server: Name


class Error(_Message, frozen=True, tag="error"):
    """Something was refused. ``fatal``: the connection is closed after this frame."""

    code: Literal[
        "protocol", "version", "code", "token", "full", "over", "role", "label", "busy", "request"
    ]
    message: Short
    fatal: bool = True


# -- worker -> coordinator ------------------------------------------------------------------------


class Join(_Message, frozen=True, tag="join"):
    """Take a seat with a join code (single use)."""

    code: Code


class Rejoin(_Message, frozen=True, tag="rejoin"):
    """Come back to the same seat with the token that ``joined`` gave."""

    token: Token


class Begin(_Message, frozen=True, tag="begin"):
    """The worker has read and accepted the instructions: paid time starts here."""


class Qualification(_Message, frozen=True, tag="qualification"):
    """Answers to all gold records of ``train``, in order."""

    labels: Labels


class Answer(_Message, frozen=True, tag="answer"):
    """Answers to all records of an assignment, in order. May be sent again: it counts once."""

    assignment: AssignmentKey
    labels: Labels


class Skip(_Message, frozen=True, tag="skip"):
    """Give an assignment back unanswered; ``flag`` marks a record that nobody could answer."""

    assignment: AssignmentKey
    reason: Short = ""


class Heartbeat(_Message, frozen=True, tag="heartbeat"):
    """I am still here. Silence for longer than the liveness limit counts as disconnected."""


class Leave(_Message, frozen=True, tag="leave"):
    """I go for good; ``over`` with the pay statement follows."""


# -- coordinator -> worker ------------------------------------------------------------------------


class Joined(_Message, frozen=True, tag="joined"):
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


class Train(_Message, frozen=True, tag="train"):
    """Answer these gold records; paid by the minute."""

    records: tuple[Record, ...]


class Qualified(_Message, frozen=True, tag="qualified"):
    """The result, with the right answers as feedback. Who did not pass gets ``over`` next."""

    passed: bool
    correct: int
    asked: int
    right: Labels = ()
    micros: Micros = 0


class Wait(_Message, frozen=True, tag="wait"):
    """Nothing to do right now; you are paid by the minute and work comes by itself."""

    state: Literal["training", "reserve", "available", "paused"]
    micros_per_minute: Micros
    owed_micros: Micros
    seconds: float = 0.0  # waited so far


class Task(_Message, frozen=True, tag="task"):
    """Label these records. ``age`` is how long ago the task was given to you."""

    assignment: AssignmentKey
    records: tuple[Record, ...]
    lease: float
    age: float = 0.0


class Acknowledged(_Message, frozen=True, tag="acknowledged"):
    """Your answer is stored and paid; ``next`` saves a round trip when there is more to do."""

    assignment: AssignmentKey
    outcome: Literal["counted", "late", "repeated", "conflict"]
    micros: Micros
    owed_micros: Micros
    next: Task | None = None


class Stop(_Message, frozen=True, tag="stop"):
    """The assignment is no longer yours; ``micros`` is what you are paid for it."""

    assignment: AssignmentKey
    reason: Literal["finished-by-another", "expired", "skipped", "withdrawn"]
    micros: Micros
    owed_micros: Micros


class Notice(_Message, frozen=True, tag="notice"):
    """A message for people: the operator's, or that the machine holds up the run and goes on.

    Workers and operators get it at any time.
    """

    text: Short


class Over(_Message, frozen=True, tag="over"):
    """Your session is over. ``reason`` is why, ``statement`` what you are owed."""

    reason: Short
    statement: Statement


# -- operator and requester -----------------------------------------------------------------------


class Authenticate(_Message, frozen=True, tag="authenticate"):
    """Operator or requester: prove it with the run's secret for that role."""

    token: Token
    name: Name = "operator"


class Granted(_Message, frozen=True, tag="granted"):
    """The role is yours."""

    role: Literal["operator", "requester"]


class Watch(_Message, frozen=True, tag="watch"):
    """Operator: send snapshots, at most so many per second (0: stop)."""

    per_second: Annotated[float, Meta(ge=0, le=10)] = 2.0


class SnapshotTaken(_Message, frozen=True, tag="snapshot"):
    """The run as it stands: the engine's snapshot, field by field. Late ones are dropped."""

    snapshot: dict[str, object]


class Describe(_Message, frozen=True, tag="describe"):
    """Operator: what run is this?"""


class Described(_Message, frozen=True, tag="described"):
    """The run: its scenario as TOML, the classes, how fast its clock goes, and what it is called.

    ``meta`` is the run file's table of that name, without secrets.
    """

    scenario: str
    classes: tuple[str, ...]
    speed: float
    meta: dict[str, str]


class ReadJournal(_Message, frozen=True, tag="read-journal"):
    """Operator: send the entries of the journal after this one, as soon as there are any.

    One request, one reply: ask again for more. So who does not ask costs nothing.
    """

    after: Annotated[int, Meta(ge=0)] = 0


class Entry(_Part, frozen=True):
    """One entry: the run's time, and the event as the journal has it."""

    at: float
    event: Raw


class JournalRead(_Message, frozen=True, tag="journal"):
    """Entries in order; ``last`` is the number of the last of them, ``now`` the run's time.

    Without entries it only tells the time.
    """

    last: int
    now: float
    entries: tuple[Entry, ...] = ()


class LookUp(_Message, frozen=True, tag="look-up"):
    """Operator: what are these records, by number? ``whole``: with their contents."""

    records: Annotated[tuple[int, ...], Meta(max_length=500)]
    whole: bool = False


class LookedUp(_Message, frozen=True, tag="looked-up"):
    """The records asked for that there are, with the true class where it is known."""

    numbers: tuple[int, ...]
    records: tuple[Record, ...]


class Order(_Message, frozen=True, tag="order"):
    """Operator: do something; journalled with the operator's name."""

    do: Literal["pause", "resume", "stop", "dismiss", "set", "message", "issue-code", "revoke-code"]
    worker: Name = ""
    key: Name = ""
    value: int | float | bool | str = ""
    text: Short = ""


class Done(_Message, frozen=True, tag="done"):
    """The order was carried out; ``detail`` is what came of it (a join code, say)."""

    do: Name
    detail: Short = ""


class NewRecord(_Part, frozen=True):
    """A record to be labelled: a text or numbers; ``gold`` is its label if it is known.

    ``truth`` is for simulated workers alone, who could not answer rightly without it: the record
    is asked like any other.
    """

    id: Name
    text: str | None = None
    numbers: tuple[tuple[Name, float], ...] = ()
    gold: Name | None = None
    truth: Name | None = None


class Submit(_Message, frozen=True, tag="submit"):
    """Requester: label these too. ``last`` ends the stream of records."""

    records: Annotated[tuple[NewRecord, ...], Meta(max_length=1000)] = ()
    last: bool = False


class Submitted(_Message, frozen=True, tag="submitted"):
    """The records are stored; ``total`` were submitted in all."""

    accepted: int
    total: int


class Follow(_Message, frozen=True, tag="follow"):
    """Requester: send the labels from the n-th delivered on, and go on as they come."""

    since: Annotated[int, Meta(ge=0)] = 0
    keep: bool = True


class Labelled(_Part, frozen=True):
    """One label; ``number`` counts deliveries from 0, ``support`` is its share of the votes."""

    number: int
    id: Name
    label: Name
    support: float
    at: float


class LabelsDelivered(_Message, frozen=True, tag="labels"):
    """Labels in the order of delivery. ``finished``: there will be no more."""

    labels: tuple[Labelled, ...]
    finished: bool = False


class Predict(_Message, frozen=True, tag="predict"):
    """Requester: what does the current model say of these?"""

    records: Annotated[tuple[NewRecord, ...], Meta(max_length=1000)]


class Predicted(_Message, frozen=True, tag="predicted"):
    """Class and probability per record; ``model`` is the model's version, 0: there is none."""

    model: int
    labels: tuple[Name, ...] = ()
    probabilities: tuple[float, ...] = ()


FromWorker = Join | Rejoin | Begin | Qualification | Answer | Skip | Heartbeat | Leave
FromOperator = Authenticate | Watch | Describe | ReadJournal | LookUp | Order
FromRequester = Authenticate | Submit | Follow | Predict
ToServer = (
    Hello
    | Join
    | Rejoin
    | Begin
    | Qualification
    | Answer
    | Skip
    | Heartbeat
    | Leave
    | Authenticate
    | Watch
    | Describe
    | ReadJournal
    | LookUp
    | Order
    | Submit
    | Follow
    | Predict
)
ToClient = (
    Welcome
    | Error
    | Joined
    | Train
    | Qualified
    | Wait
    | Task
    | Acknowledged
    | Stop
    | Notice
    | Over
    | Granted
    | SnapshotTaken
    | Described
    | JournalRead
    | LookedUp
    | Done
    | Submitted
    | LabelsDelivered
    | Predicted
)

ALLOWED: dict[str, tuple[type, ...]] = {
    "worker": (Join, Rejoin, Begin, Qualification, Answer, Skip, Heartbeat, Leave),
    "operator": (Authenticate, Watch, Describe, ReadJournal, LookUp, Order),
    "requester": (Authenticate, Submit, Follow, Predict),
}
"""What each role may send after ``hello``; everything else is refused."""
