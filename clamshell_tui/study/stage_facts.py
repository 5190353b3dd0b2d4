"""Facts about participants: their actions in stages, and the engine's reports."""

from typing import assert_never

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.study import events as facts
from clamshell_tui.study.commands import Erase, GoOn, ShowStage
from clamshell_tui.study.config import QualificationStage, QuestionnaireStage, WorkStage
from clamshell_tui.study.people import Person, WorkFigures
from clamshell_tui.study.progress import Out, Progress

StageFact = (
    facts.Consented
    | facts.Declined
    | facts.PageRead
    | facts.RecordTried
    | facts.QuestionsAnswered
    | facts.TextSealed
    | facts.WorkEntered
    | facts.WorkEnded
    | facts.BreakTaken
    | facts.BreakEnded
    | facts.GateLeft
    | facts.Withdrew
    | facts.NoticesRead
)


class StageFacts:
    """Checks each fact against the stage that the participant is in, then applies it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._plan = progress.plan

    def apply(self, person: Person, event: StageFact, now: float, out: Out) -> None:
        """Apply a fact about a participant who has come."""
        match event:
            case facts.Consented() | facts.Declined():
                self._decided(person, event, now, out)
            case facts.PageRead():
                self._page_read(person, event, now, out)
            case facts.RecordTried():
                self._tried(person, event, now, out)
            case facts.QuestionsAnswered():
                self._answered(person, event, now, out)
            case facts.TextSealed():
                if person.deleted or all(visit.stage != event.stage for visit in person.stages):
                    raise self._impossible(person, f"no text can be kept of stage {event.stage}")
            case facts.WorkEntered():
                self._work_entered(person, now)
            case facts.WorkEnded():
                self._work_ended(person, event, now, out)
            case facts.BreakTaken():
                self._break_taken(person, now, out)
            case facts.BreakEnded():
                self._break_ended(person, now, out)
            case facts.GateLeft():
                self._gate_left(person, now, out)
            case facts.Withdrew():
                self._withdrew(person, event, now, out)
            case facts.NoticesRead():
                if not 0 <= event.count <= len(person.messages):
                    raise self._impossible(person, f"has read {event.count} messages")
                person.messages_read = max(person.messages_read, event.count)
            case _:
                assert_never(event)

    # -- where a fact belongs -------------------------------------------------------------------

    def _kind(self, person: Person) -> str:
        return "" if person.stage is None else self._plan.stages[person.stage].kind

    def _visited(self, person: Person, kind: str) -> bool:
        """Whether a participant is or was in a stage of this kind."""
        return any(self._plan.stages[visit.stage].kind == kind for visit in person.stages)

    def _is_in(self, person: Person, stage: int, *kinds: str) -> bool:
        """Return whether the participant is in a stage; False if that was before.

        Raises InvalidEventError for a stage of another kind, or one that was never entered.
        """
        if not 0 <= stage < len(self._plan.stages) or self._plan.stages[stage].kind not in kinds:
            raise self._impossible(person, f"stage {stage} is none of {', '.join(kinds)}")
        if stage == person.stage:
            return True
        if any(visit.stage == stage for visit in person.stages):
            return False
        raise self._impossible(person, f"was never in stage {stage}")

    def _impossible(self, person: Person, what: str) -> InvalidEventError:
        where = f"stage {person.stage}" if person.stage is not None else "no stage"
        state = person.outcome or "under way"
        return InvalidEventError(f"{person.label} ({where}, {state}): {what}")

    # -- before the work ------------------------------------------------------------------------

    def _decided(
        self, person: Person, event: facts.Consented | facts.Declined, now: float, out: Out
    ) -> None:
        if self._kind(person) != "consent":
            if not self._visited(person, "consent"):
                raise self._impossible(person, "was never asked for consent")
            return
        person.text_sha256 = event.text_sha256
        if isinstance(event, facts.Declined):
            self._progress.finish(person, "declined", now, out)
            return
        self._progress.count(person, now)
        if person.consented_at is None:
            person.consented_at, person.present_seconds = now, 0.0
        self._progress.advance(person, "consented", now, out)

    def _page_read(self, person: Person, event: facts.PageRead, now: float, out: Out) -> None:
        pages = self._plan.pages_of(event.stage)
        here = self._is_in(person, event.stage, "instructions", "debrief")
        if not 0 <= event.page < pages or (here and event.page > person.pages_read):
            raise self._impossible(person, f"page {event.page} of {pages} cannot be read yet")
        if not here or event.page < person.pages_read:
            return
        person.pages_read += 1
        if person.pages_read < pages:
            return
        if self._kind(person) == "debrief":
            self._progress.close_debrief(person, "read", now, out)
        else:
            self._progress.advance(person, "read", now, out)

    def _tried(self, person: Person, event: facts.RecordTried, now: float, out: Out) -> None:
        here = self._is_in(person, event.stage, "training", "qualification")
        known, tried = self._plan.known(event.stage), person.tried.get(event.stage, {})
        done = self._done(person, event.stage)
        if not here or done == len(known):
            return
        if known[done].record != event.record:
            if event.record in tried:
                return
            raise self._impossible(person, f"record {event.record} is not asked yet")
        answers = person.tried.setdefault(event.stage, {}).setdefault(event.record, [])
        answers.append(event.label)
        if self._done(person, event.stage) == len(known):
            self._all_tried(person, event.stage, now, out)

    def _done(self, person: Person, stage: int) -> int:
        """Return how many records of a stage are done: in a training, answered right."""
        tried = person.tried.get(stage, {})
        if not tried or self._plan.stages[stage].kind != "training":
            return len(tried)
        last = self._plan.known(stage)[len(tried) - 1]
        return len(tried) - (tried[last.record][-1] != last.answer)

    def _all_tried(self, person: Person, number: int, now: float, out: Out) -> None:
        stage = self._plan.stages[number]
        if not isinstance(stage, QualificationStage):
            self._progress.advance(person, "done", now, out)
            return
        known = self._plan.known(number)
        right = person.first_right(number, {each.record: each.answer for each in known})
        person.qualified = right >= stage.pass_mark * len(known) - 1e-9  # 0.55 * 20 > 11
        if person.qualified:
            self._progress.advance(person, "passed", now, out)
        else:
            self._progress.finish(person, "not-qualified", now, out)

    def _gate_left(self, person: Person, now: float, out: Out) -> None:
        if person.stage is None or self._kind(person) != "gate":
            if not self._visited(person, "gate"):
                raise self._impossible(person, "was never at a gate")
            return
        gate = self._progress.gates[person.stage]
        if gate.state == "closed" and not gate.may_leave:
            raise self._impossible(person, "may not leave the gate yet")
        if gate.state == "closed":
            person.reason = "left the gate"
            self._progress.finish(person, "ended", now, out)

    # -- work -----------------------------------------------------------------------------------

    def _work_entered(self, person: Person, now: float) -> None:
        if not person.working:
            if not self._visited(person, "work"):
                raise self._impossible(person, "was not to enter the work")
            return
        if person.worked_since is not None:
            return
        assert person.stage is not None
        stage = self._plan.stages[person.stage]
        assert isinstance(stage, WorkStage)
        self._progress.count(person, now)
        person.worked_since = now
        if person.leaving:
            return
        if person.work_left is None and stage.minutes is not None:
            person.work_left = stage.minutes * 60
        if stage.break_every is not None:
            person.break_left = stage.break_every * 60
        if not person.paused:
            self._progress.start_clocks(person, now)

    def _work_ended(self, person: Person, event: facts.WorkEnded, now: float, out: Out) -> None:
        if not 0 <= event.checks_right <= event.checks_asked or event.records < 0:
            raise self._impossible(person, f"figures contradict each other: {event}")
        if not person.working:
            if not self._visited(person, "work"):
                raise self._impossible(person, "was never at work")
            return
        self._progress.count(person, now)
        self._progress.stop_clocks(person, now)
        leaving, person.leaving = person.leaving, ""
        person.working, person.worked_since = False, None
        person.break_due = person.on_break = False
        person.break_left = None
        person.work = WorkFigures(event.records, event.checks_asked, event.checks_right)
        match leaving:
            case "withdrawn" | "dropped-out" | "ended":
                self._progress.finish(person, leaving, now, out)
            case _:
                self._progress.advance(person, event.reason, now, out)

    def _break_taken(self, person: Person, now: float, out: Out) -> None:
        if person.break_due and person.worked_since is not None:
            self._progress.count(person, now)
            person.break_due, person.on_break = False, True
            out.append(ShowStage(person.label))
        elif not self._visited(person, "work"):
            raise self._impossible(person, "no break was offered")

    def _break_ended(self, person: Person, now: float, out: Out) -> None:
        if not person.on_break:
            if not self._visited(person, "work"):
                raise self._impossible(person, "was never on a break")
            return
        self._progress.count(person, now)
        person.on_break = False
        if person.leaving:
            return
        assert person.stage is not None
        stage = self._plan.stages[person.stage]
        assert isinstance(stage, WorkStage)
        assert stage.break_every is not None
        person.break_left = stage.break_every * 60
        if not person.paused:
            self._progress.start_clocks(person, now)
            out.append(GoOn(person.label))

    # -- the end --------------------------------------------------------------------------------

    def _answered(
        self, person: Person, event: facts.QuestionsAnswered, now: float, out: Out
    ) -> None:
        if not self._is_in(person, event.stage, "questionnaire"):
            return
        stage = self._plan.stages[event.stage]
        assert isinstance(stage, QuestionnaireStage)
        needed = {question.id for question in stage.questions if not question.optional}
        known = {question.id for question in stage.questions}
        if not needed <= event.digests.keys() <= known:
            raise self._impossible(person, f"answers {sorted(event.digests)}, not these questions")
        self._progress.advance(person, "sent", now, out)

    def _withdrew(self, person: Person, event: facts.Withdrew, now: float, out: Out) -> None:
        erases = event.delete and not person.deleted
        if person.withdrawn_at is None:
            person.withdrawn_at = now
        if erases:
            person.deleted = True
            out.append(Erase(person.label))
        if not person.outcome and person.leaving != "withdrawn":
            self._progress.finish(person, "withdrawn", now, out)
