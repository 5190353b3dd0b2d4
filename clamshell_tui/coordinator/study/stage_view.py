"""The messages that show a participant a stage. Reads the itinerary only."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_never

from clamshell_tui.participant_texts import Texts
from clamshell_tui.study.config import (
    ChoiceQuestion,
    ConsentStage,
    DebriefStage,
    GateStage,
    InstructionsStage,
    LikertQuestion,
    NumberQuestion,
    QualificationStage,
    QuestionnaireStage,
    StudyQuestion,
    TextQuestion,
    TrainingStage,
    WorkStage,
)
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.markdown import pages_of
from clamshell_tui.study.pay import PayStatement, in_coins
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.start_time import shown_time
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    BreakShown,
    ConsentShown,
    DebriefShown,
    GateShown,
    GivenAnswer,
    PagesShown,
    PausedShown,
    PayLine,
    QuestionPart,
    QuestionsShown,
    RecordsShown,
    StagePart,
)


def own_stages(plan: Plan, person: Person) -> list[int]:
    """Return the stages that a participant has, as far as the condition is known."""
    return [
        number
        for number, stage in enumerate(plan.stages)
        if not stage.only or person.condition in stage.only
    ]


def number_of(plan: Plan, person: Person, stage: int | None) -> int:
    """Return the number of a stage among those of a participant, from 1; 0 for none of them."""
    own = own_stages(plan, person)
    return own.index(stage) + 1 if stage in own else 0


def answered(plan: Plan, person: Person, stage: int) -> int:
    """Return how many records of a stage are done: in a training, answered right."""
    tried = person.tried.get(stage, {})
    if not tried or plan.stages[stage].kind != "training":
        return len(tried)
    last = plan.known(stage)[len(tried) - 1]
    return len(tried) - (tried[last.record][-1] != last.answer)


def instructions(plan: Plan, person: Person, texts: Mapping[str, str]) -> str:
    """Return all pages of instructions that a participant has."""
    stages = [plan.stages[number] for number in own_stages(plan, person)]
    files = [stage.file for stage in stages if isinstance(stage, InstructionsStage)]
    return "\n\n".join(page for file in dict.fromkeys(files) for page in pages_of(texts[file]))


class ShownTo(NamedTuple):
    """Contents of stages, beside the itinerary's state."""

    records: Sequence[Record]  # of the training or the qualification
    statement: PayStatement
    words: Texts  # for the reasons of the pay
    typed: tuple[GivenAnswer, ...]  # in the questionnaire, and not sent
    code: str  # of completion
    idle: bool  # whether the engine has taken the last task back


def stage_part(
    itinerary: Itinerary, texts: Mapping[str, str], person: Person, shown: ShownTo
) -> StagePart | None:
    """Return what a participant is shown; None where the engine of the condition says it."""
    plan = itinerary.plan
    if person.stage is None:
        return None
    stage, per_minute = plan.stages[person.stage], plan.pay.per_minute
    if person.paused and not isinstance(stage, WorkStage | DebriefStage):
        return PausedShown()
    match stage:
        case ConsentStage():
            return ConsentShown(texts[stage.file])
        case InstructionsStage():
            return PagesShown(pages_of(texts[stage.file]), person.pages_read)
        case TrainingStage() | QualificationStage():
            done = answered(plan, person, person.stage)
            return RecordsShown(tuple(shown.records), isinstance(stage, TrainingStage), done)
        case GateStage():
            gate = itinerary.gate(person.stage)
            starts = "" if gate.starts_at is None else shown_time(gate.starts_at)
            return GateShown(
                gate.present,
                gate.needed,
                gate.seconds,
                gate.may_leave,
                per_minute,
                starts,
                stage.otherwise,
            )
        case WorkStage() if person.on_break:
            return BreakShown(per_minute)
        case WorkStage():
            return PausedShown() if person.paused and shown.idle else None
        case QuestionnaireStage():
            return QuestionsShown(tuple([_question(each) for each in stage.questions]), shown.typed)
        case DebriefStage():
            return receipt(plan, texts, person, shown)
        case _:
            assert_never(stage)


def receipt(plan: Plan, texts: Mapping[str, str], person: Person, shown: ShownTo) -> DebriefShown:
    """Return the end as a participant sees it; to who declined, without text and code."""
    declined = person.outcome == "declined"
    files = [each.file for each in plan.stages if isinstance(each, DebriefStage) and each.file]
    text = texts[files[-1]] if files and not declined else ""
    rows = in_coins(shown.statement).rows
    lines = tuple([PayLine(row.kind, row.micros, shown.words.say(row.reason)) for row in rows])
    code = "" if declined else shown.code
    total = shown.statement.total
    outcome = "deleted" if person.deleted else person.outcome
    outcome = "" if outcome == "completed" else outcome
    return DebriefShown(text, lines, total, plan.pay.currency, code, outcome)


def _question(question: StudyQuestion) -> QuestionPart:
    plain = QuestionPart(question.id, "text", question.ask, question.optional)
    id_, ask, optional = plain.id, plain.ask, plain.optional
    match question:
        case LikertQuestion():
            return QuestionPart(
                id_, "likert", ask, optional, question.steps, question.low, question.high
            )
        case NumberQuestion():
            return QuestionPart(
                id_, "number", ask, optional, minimum=question.min, maximum=question.max
            )
        case ChoiceQuestion():
            return QuestionPart(id_, "choice", ask, optional, options=question.options)
        case TextQuestion():
            return QuestionPart(id_, "text", ask, optional, max_length=question.max_length)
        case _:
            assert_never(question)
