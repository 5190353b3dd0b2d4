"""Messages of a study: the stage that a participant is in, and what participants do in it.

In the stage ``work`` the messages of ``worker_messages`` are used, without ``train``.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from clamshell_tui.wire.parts import Label, Message, Micros, Name, Record, Short, WirePart

Page = Annotated[str, Meta(max_length=200_000)]
StageNumber = Annotated[int, Meta(ge=0, le=1000)]
Value = str | float | int | None


class _Shown(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """Base of what a stage shows."""


class ConsentShown(_Shown, frozen=True, tag="consent"):
    """Agree or decline, after the last line was shown. Markdown without HTML."""

    text: Page


class PagesShown(_Shown, frozen=True, tag="instructions"):
    """Pages to be read to their end; the first ``read`` ones were."""

    pages: tuple[Page, ...]
    read: int = 0


class RecordsShown(_Shown, frozen=True, tag="records"):
    """Records of the training (``feedback``) or the qualification; ``answered`` ones are done."""

    records: tuple[Record, ...]
    feedback: bool
    answered: int = 0


class GateShown(_Shown, frozen=True, tag="gate"):
    """``present`` of ``needed`` participants are here; ``seconds`` are left until the timeout.

    Then it opens (``otherwise`` is start), can be left (wait), or the study ends for all (end).
    ``starts``: the time of day at which it opens, however many are here; empty: none was set.
    """

    present: int
    needed: int
    seconds: float
    may_leave: bool = False
    micros_per_minute: Micros = 0
    starts: Name = ""
    otherwise: Literal["start", "wait", "end"] = "wait"


class QuestionPart(WirePart, frozen=True):
    """One question; of which kind decides which of the other fields matter."""

    id: Name
    kind: Literal["likert", "number", "choice", "text"]
    ask: Short
    optional: bool = False
    steps: int = 0
    low: Short = ""
    high: Short = ""
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[Short, ...] = ()
    max_length: int = 0


class GivenAnswer(WirePart, frozen=True):
    """The value of a question: step, number, number of the option from 0, or text; None: none."""

    id: Name
    value: Value


class QuestionsShown(_Shown, frozen=True, tag="questionnaire"):
    """``typed`` is what was typed before, perhaps at another place."""

    questions: tuple[QuestionPart, ...]
    typed: tuple[GivenAnswer, ...] = ()


class BreakShown(_Shown, frozen=True, tag="break"):
    """A pause between two tasks; the participant ends it with a key."""

    micros_per_minute: Micros = 0


class PausedShown(_Shown, frozen=True, tag="paused"):
    """An operator paused the participant; it goes on without a key."""


class PayLine(WirePart, frozen=True):
    """One row of a pay statement, such as kind ``show_up``, ``records``, ``top_up``."""

    kind: Name
    micros: Micros
    reason: Short = ""


class DebriefShown(_Shown, frozen=True, tag="debrief"):
    """The end: a text, the pay so far and the completion code (empty for who declined).

    ``outcome`` says why it came early: declined, not-qualified, withdrawn, ended; deleted, if the
    participant's data were erased; else it is empty.
    """

    text: Page
    lines: tuple[PayLine, ...]
    total_micros: Micros
    currency: Name
    code: Name = ""
    outcome: Name = ""


StagePart = (
    ConsentShown
    | PagesShown
    | RecordsShown
    | GateShown
    | QuestionsShown
    | BreakShown
    | PausedShown
    | DebriefShown
)


class StageShown(Message, frozen=True, tag="stage"):
    """The stage that the participant is in, from 1 to ``stages``; it replaces any screen.

    Sent after ``joined``, and again when something in it changes. ``owed_micros`` is the pay so
    far, in the currency of ``joined``; ``grows``, by how much it grows a minute until the next
    message.
    """

    number: StageNumber
    stages: int
    shown: StagePart
    owed_micros: Micros = 0
    grows: Micros = 0


class Tried(Message, frozen=True, tag="tried"):
    """Feedback on a record of the training; ``answer`` is the right one, ``why`` the reason."""

    number: StageNumber
    record: int
    right: bool
    answer: Label
    why: Page = ""


# -- participant -> coordinator -------------------------------------------------------------------


class Consent(Message, frozen=True, tag="consent"):
    """Agrees, or declines: shown to the last line, by a named key."""

    number: StageNumber
    agreed: bool


class Read(Message, frozen=True, tag="read"):
    """A page was shown to its end; pages count from 0. In the debrief: the receipt was seen."""

    number: StageNumber
    page: int = 0


class Try(Message, frozen=True, tag="try"):
    """Answers a record of the training or the qualification; records count from 0."""

    number: StageNumber
    record: Annotated[int, Meta(ge=0, le=100_000)]
    label: Label
    seconds: Annotated[float, Meta(ge=0, le=1e9)] = 0.0


class TypedReply(Message, frozen=True, tag="typed"):
    """Present text of a question, as typed; optional. A number is still a text here."""

    number: StageNumber
    answer: GivenAnswer


class Answers(Message, frozen=True, tag="answers"):
    """All answers of a questionnaire. They can be sent again until the stage has changed."""

    number: StageNumber
    answers: Annotated[tuple[GivenAnswer, ...], Meta(max_length=200)]


class GoOn(Message, frozen=True, tag="go-on"):
    """Ends a break."""


class LeaveGate(Message, frozen=True, tag="leave-gate"):
    """Does not want to wait any longer; only if ``may_leave``."""


class Withdraw(Message, frozen=True, tag="withdraw"):
    """Stops, and is paid; ``delete``: the data are to be erased."""

    delete: bool


class NoticesSeen(Message, frozen=True, tag="notices-seen"):
    """So many of the operator's messages have been read."""

    count: Annotated[int, Meta(ge=0, le=10_000)]


FromParticipant = (
    Consent | Read | Try | TypedReply | Answers | GoOn | LeaveGate | Withdraw | NoticesSeen
)
ToParticipant = StageShown | Tried


# -- operators ------------------------------------------------------------------------------------


class PersonRow(WirePart, frozen=True):
    """A participant on the operator's page of people; ``condition`` is a letter if blinded."""

    participant: Name
    stage: Name  # kind of the stage, or invited, done, declined, withdrawn, dropped-out, ended
    via: Name = ""
    condition: Name = ""
    connected: bool = False
    bot: bool = False
    paused: bool = False
    on_break: bool = False
    ending: bool = False  # the work ends after the task in hand
    records: int = 0
    seconds_per_record: float | None = None
    checks_asked: int = 0
    checks_right: int = 0
    micros: Micros = 0
    paid: bool = False
    away_seconds: float = 0.0
    stage_seconds: float = 0.0  # since the stage was entered; 0: not there yet, or over
    unread: int = 0  # messages
    alarms: tuple[Short, ...] = ()


class WatchPeople(Message, frozen=True, tag="watch-people"):
    """Send ``people`` now, and again when they change, at most once a second."""


class People(Message, frozen=True, tag="people"):
    """All participants who were invited or came.

    ``gate`` is the first stage with a closed gate, if possible one at which somebody is (None: none
    is closed). ``waiting`` is how many are there of those ``needed``, ``starts`` the time of day at
    which it opens (empty: none was set). ``over``: nobody is under way or awaited.
    """

    rows: tuple[PersonRow, ...]
    stages: tuple[Name, ...]
    conditions: tuple[Name, ...]
    currency: Name
    gate: int | None = None
    waiting: int = 0
    needed: int = 0
    starts: Name = ""
    over: bool = False


class SelectCondition(Message, frozen=True, tag="select-condition"):
    """Follow the run of another condition, counted from 0; ``described`` follows.

    Orders about the run go to it from now on. None: follow the first one; orders go to all.
    """

    condition: Annotated[int, Meta(ge=0, le=1000)] | None


class PersonOrder(Message, frozen=True, tag="person-order"):
    """Do something with participants. ``text``: the message, or the reason; ``micros``: a bonus.

    The reply is ``people-done``, or ``error`` for an order that lacks its text.
    """

    order: Literal[
        "message", "pause", "resume", "readmit", "reissue", "end", "bonus", "correction", "paid"
    ]
    participants: Annotated[tuple[Name, ...], Meta(max_length=10_000)]
    text: Short = ""
    micros: Micros = 0


class PersonResult(WirePart, frozen=True):
    """Result for one participant: the new ``code``, or why the order was ``refused``."""

    participant: Name
    code: Name = ""
    refused: Short = ""


class PeopleDone(Message, frozen=True, tag="people-done"):
    """The order was carried out for each participant whose result is not ``refused``."""

    results: tuple[PersonResult, ...]


class StartNow(Message, frozen=True, tag="start-now"):
    """Open the gate for the participants there."""

    number: StageNumber


class StartAt(Message, frozen=True, tag="start-at"):
    """Open the gate at a time of day, HH:MM of the coordinator's clock, however many are here.

    Empty: once enough are here, after all.
    """

    number: StageNumber
    at: Name


FromStudyOperator = WatchPeople | SelectCondition | PersonOrder | StartNow | StartAt
ToStudyOperator = People | PeopleDone
