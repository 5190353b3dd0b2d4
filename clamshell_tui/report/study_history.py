"""Participants' actions outside the work, with times: a fold of its journal."""

from collections import Counter
from typing import NamedTuple

from clamshell_tui.study.config import StageConfig
from clamshell_tui.study.events import Consented, Declined, QuestionsAnswered, RecordTried
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.reader import StudyRun


class Decision(NamedTuple):
    """The last answer to the consent text; ``at`` in seconds of the study."""

    decision: str  # consented or declined
    at: float
    text_sha256: str


class Attempt(NamedTuple):
    """An answer in a training or a qualification; ``position`` counts those of its stage."""

    participant: str
    condition: str | None  # at that time
    stage: int
    position: int
    record: str
    label: int
    at: float
    seconds: float  # participant's clock; 0: not measured
    via: str


class StudyHistory(NamedTuple):
    """``answered`` has the time at which a questionnaire was sent, by participant and stage."""

    decisions: dict[str, Decision]
    attempts: list[Attempt]
    answered: dict[tuple[str, int], float]


def history_of(study: StudyRun) -> StudyHistory:
    """Replay the journal of a study; repeated messages count once, as for the itinerary."""
    found = StudyHistory({}, [], {})
    itinerary = Itinerary(study.meta.plan)
    tried: Counter[tuple[str, int]] = Counter()
    for _, at, event in study.entries:
        asked = isinstance(event, Consented | Declined) and _is_asked(itinerary, event.participant)
        itinerary.handle(event, at)
        match event:
            case Consented() | Declined():
                if asked:
                    word = "consented" if isinstance(event, Consented) else "declined"
                    decision = Decision(word, at, event.text_sha256)
                    found.decisions[event.participant] = decision
            case QuestionsAnswered():
                found.answered.setdefault((event.participant, event.stage), at)
            case RecordTried():
                person = itinerary.people[event.participant]
                place = event.participant, event.stage
                answers = person.tried.get(event.stage, {}).values()
                if (number := sum(map(len, answers))) > tried[place]:
                    tried[place] = number
                    found.attempts.append(
                        Attempt(
                            person.label,
                            person.condition,
                            event.stage,
                            number,
                            event.record,
                            event.label,
                            at,
                            event.seconds,
                            person.via,
                        )
                    )
            case _:
                pass
    return found


def _is_asked(itinerary: Itinerary, label: str) -> bool:
    stage = itinerary.people[label].stage
    return stage is not None and itinerary.plan.stages[stage].kind == "consent"


def stage_names(plan: Plan) -> tuple[str, ...]:
    """Return a name for each stage: its kind, with a number from the second of a kind on."""
    seen: Counter[str] = Counter()
    return tuple([_name(stage, seen) for stage in plan.stages])


def _name(stage: StageConfig, seen: Counter[str]) -> str:
    seen[stage.kind] += 1
    return stage.kind if seen[stage.kind] == 1 else f"{stage.kind}-{seen[stage.kind]}"
