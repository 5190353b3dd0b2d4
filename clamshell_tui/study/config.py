"""The parts of a study file that a scenario does not have.

Times are in seconds unless a name says minutes, money is in units of the study's currency. The
comments beside the fields are the documentation of the settings.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

PositiveInt = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
PositiveSeconds = Annotated[float, Meta(gt=0)]
Minutes = Annotated[float, Meta(gt=0, le=10_080)]  # a week
FileName = Annotated[str, Meta(min_length=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0, le=100_000)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the study file: unknown keys are refused."""


class StudyConfig(_Section, frozen=True):
    """The study as a whole."""

    name: str = ""  # default: the name of the file
    texts: str = ""  # a file that replaces every sentence of the participant's screens, or "de"
    contact: str = ""  # shown to participants and on slips
    seed: Annotated[int, Meta(ge=0, le=2**53)] = 1  # of conditions, checks and orders of records
    consent: str = ""  # "none: REASON" in a study without a consent stage
    open_label: bool = False  # whether the operator's screen names the conditions


class ParticipantsConfig(_Section, frozen=True):
    """Who is invited."""

    file: str = ""  # CSV: label[,condition,stratum]; relative to the study file
    count: Count = 0  # without a file: so many participants, P001, P002, ...
    private: tuple[str, ...] = ()  # columns of the file that are never read
    grace: PositiveSeconds = 900.0  # s that the place of an absent participant is kept


class BonusConfig(_Section, frozen=True, rename={"condition": "if"}):
    """A bonus for those who fulfil a condition, such as ``checks.accuracy >= 0.9``."""

    amount: Amount  # in the study's currency
    condition: str  # METRIC OP NUMBER; checks.accuracy, qualified.accuracy, records, minutes


class PaymentConfig(_Section, frozen=True):
    """What participants are owed, beside the engine's pay for records and waiting.

    Nothing is ever deducted.
    """

    currency: str = "USD"
    show_up: Amount = 0.0  # to everybody who arrives, also to those who decline
    hourly_floor: Amount = 0.0  # pay per hour from consent to the end, without absence, at least
    minimum: Amount = 0.0  # in all, at least
    maximum: Amount | None = None  # shortens bonus, then waiting and stages; never the other pay
    round_up_to: Amount = 0.0  # the total is rounded up once; 0: to the smallest coin
    bonus: tuple[BonusConfig, ...] = ()


class ConditionConfig(_Section, frozen=True):
    """One arm of the study: the settings of the file, changed by ``set``."""

    name: str  # also of its run file
    set: tuple[str, ...] = ()  # section.key=value
    weight: PositiveInt = 1  # participants, relative to the other conditions


# -- questions of a questionnaire -------------------------------------------------------------


QuestionId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class _Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    id: QuestionId  # in the export
    ask: Annotated[str, Meta(min_length=1, max_length=1000)]  # what participants read
    optional: bool = False  # whether it may be left out


class LikertQuestion(_Question, frozen=True, tag="likert"):
    """A scale of numbered steps."""

    steps: Annotated[int, Meta(ge=2, le=11)] = 7
    low: str = ""  # meaning of step 1
    high: str = ""  # meaning of the last step


class NumberQuestion(_Question, frozen=True, tag="number"):
    """A number."""

    min: float | None = None  # the smallest
    max: float | None = None  # the largest


class ChoiceQuestion(_Question, frozen=True, tag="choice"):
    """One of several options."""

    options: Annotated[tuple[str, ...], Meta(min_length=2, max_length=100)]  # two or more


class TextQuestion(_Question, frozen=True, tag="text"):
    """Free text, of ``max_length`` characters at most."""

    max_length: Annotated[int, Meta(ge=1, le=10_000)] = 2000  # characters


StudyQuestion = LikertQuestion | NumberQuestion | ChoiceQuestion | TextQuestion


# -- stages -----------------------------------------------------------------------------------


class _Stage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    kind: ClassVar[str]
    only: tuple[str, ...] = ()  # conditions that have this stage; empty: all
    paid: bool = False  # whether its time is paid like waiting


class ConsentStage(_Stage, frozen=True, tag="consent"):
    """Agree or decline; the first stage."""

    kind = "consent"
    file: FileName  # Markdown


class InstructionsStage(_Stage, frozen=True, tag="instructions"):
    """Pages to be read to their end; ``---`` on a line of its own begins a new one."""

    kind = "instructions"
    file: FileName  # Markdown


class TrainingStage(_Stage, frozen=True, tag="training"):
    """The records whose use is ``training``, with feedback."""

    kind = "training"


class QualificationStage(_Stage, frozen=True, tag="qualification"):
    """The records whose use is ``qualification``, without feedback."""

    kind = "qualification"
    pass_mark: Share = 0.7  # who is below goes to the debrief, paid


class GateStage(_Stage, frozen=True, tag="gate"):
    """Waits until enough participants are here; the wait is paid."""

    kind = "gate"
    people: PositiveInt
    timeout: PositiveSeconds = 600.0  # after that participants may leave, and see otherwise
    otherwise: Literal["start", "wait", "end"] = "start"  # what happens at the timeout


class WorkStage(_Stage, frozen=True, tag="work"):
    """Labelling, in the engine of the participant's condition."""

    kind = "work"
    minutes: Minutes | None = None  # at most
    records: PositiveInt | None = None  # answers of one participant, rounded up to whole tasks
    checks_every: Count = 0  # one check in so many records, at least those of a task; 0: none
    break_every: Minutes | None = None  # offers a break after so many minutes


class QuestionnaireStage(_Stage, frozen=True, tag="questionnaire"):
    """Questions, each of its kind."""

    kind = "questionnaire"
    questions: Annotated[tuple[StudyQuestion, ...], Meta(min_length=1, max_length=200)]


class DebriefStage(_Stage, frozen=True, tag="debrief"):
    """The last stage: a text, the pay statement and the completion code."""

    kind = "debrief"
    file: str = ""  # Markdown


StageConfig = (
    ConsentStage
    | InstructionsStage
    | TrainingStage
    | QualificationStage
    | GateStage
    | WorkStage
    | QuestionnaireStage
    | DebriefStage
)


class StudyParts(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tables of a study file beside those of a scenario."""

    stage: tuple[StageConfig, ...] = ()
    condition: tuple[ConditionConfig, ...] = (ConditionConfig(name="all"),)
    study: StudyConfig = StudyConfig()
    participants: ParticipantsConfig = ParticipantsConfig()
    payment: PaymentConfig = PaymentConfig()
