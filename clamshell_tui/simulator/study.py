"""A whole study in virtual time: simulated participants go through all stages.

One clock drives the itinerary, the participants and the simulation of each condition: whichever is
due first goes on. As live, an engine hears of a participant only for the stage of work. A
participant is the same person in every stage, and reads at a speed of their own.

The same study, records and seed give the same result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from math import inf
from random import Random

from msgspec.structs import replace

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.events import (
    Event,
    StopRequested,
    WorkerDismissed,
    WorkerLeft,
    WorkerPaused,
    WorkerResumed,
)
from clamshell_tui.core.ids import Phase, WorkerId
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.simulator.condition_run import ConditionRun, condition_run
from clamshell_tui.study import commands as decisions
from clamshell_tui.study import events as facts
from clamshell_tui.study.config import (
    ConsentStage,
    DebriefStage,
    GateStage,
    InstructionsStage,
    QualificationStage,
    QuestionnaireStage,
    TrainingStage,
    WorkStage,
)
from clamshell_tui.study.idle import without_work
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.load import Study
from clamshell_tui.study.pay import Earned, PayStatement, statement
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.records import StudyRecords, plan_of
from clamshell_tui.workforce.behaviour import Behaviour
from clamshell_tui.workforce.crowd import SimulatedCrowd
from clamshell_tui.workforce.draws import log_normal

WORDS_PER_MINUTE = 220.0
"""Silent reading of non-fiction, in English: 238 on average (Brysbaert 2019, Journal of Memory and
Language 109), a little less on a screen in a laboratory."""

_SPREAD = 0.25  # of the logarithm of a person's reading speed
_ARRIVE_WITHIN = 300.0  # s; all guests are invited to the same moment
_PER_QUESTION = 4.0  # s to decide, besides reading; a free text takes longer
_PER_TEXT = 25.0
_PER_PAGE = 5.0
_BREAK = 120.0  # s, the median
_AGAIN = 4.0  # s to correct an answer after the feedback
_NO_DIGEST = "0" * 64  # nothing is kept
_LONGEST = 86_400.0  # s; a study that takes longer waits for what never comes


@dataclass
class _Participant:
    """A simulated person; ``turn`` cancels what was planned before the last change of stage."""

    label: str
    reading: float  # words per second
    rng: Random
    behaviours: dict[str, Behaviour]  # by condition: the same person in each
    turn: int = 0


@dataclass(frozen=True)
class StudyResult:
    """A finished study; ``pay`` is by participant, as people would get it."""

    plan: Plan
    itinerary: Itinerary
    conditions: tuple[ConditionRun, ...]
    pay: dict[str, PayStatement]
    seconds: float


def simulate_study(
    study: Study, dataset: Dataset, records: StudyRecords, seed: int, *, check: bool = False
) -> StudyResult:
    """Simulate a study with all its guests, and return the result.

    With ``check``, every invariant of the engines is asserted after every event.
    """
    plan = replace(plan_of(study, records.training, records.qualification), seed=seed)
    return _StudySimulation(study, plan, dataset, seed, check=check).run()


class _StudySimulation:
    def __init__(
        self, study: Study, plan: Plan, dataset: Dataset, seed: int, *, check: bool
    ) -> None:
        self._study = study
        self._plan = plan
        self._itinerary = Itinerary(plan)
        self._heap: list[tuple[float, int, str, int, facts.StudyEvent]] = []
        self._serial = 0
        self._runs = {
            each.name: condition_run(each.name, each.scenario, dataset, seed, check=check)
            for each in study.conditions
        }
        crowds = {
            each.name: SimulatedCrowd(
                each.scenario.crowd,
                n_classes=len(dataset.classes),
                seed=seed,
                base=study.path.parent,
            )
            for each in study.conditions
        }
        self._people: dict[str, _Participant] = {}
        for guest in plan.guests:
            rng = Random(f"{seed}/participant/{guest.label}")
            reading = log_normal(rng, WORDS_PER_MINUTE / 60, _SPREAD)
            same = {name: crowd.recruit() for name, crowd in crowds.items()}
            person = self._people[guest.label] = _Participant(guest.label, reading, rng, same)
            arrives = facts.Arrived(guest.label, "terminal", 80, 24)
            self._plan_next(rng.uniform(0.0, _ARRIVE_WITHIN), person, arrives)

    def run(self) -> StudyResult:
        now = 0.0
        while not self._itinerary.finished:
            due = min(self._due().values())
            if due > _LONGEST:
                break
            now = due
            self._step(now)
        for run in self._runs.values():
            if run.simulation.engine.state.phase is not Phase.FINISHED:
                run.simulation.handle(StopRequested("study"), now)  # as in a live study
            while run.simulation.step():
                pass
        pay = {
            label: statement(self._plan, person, self._earned(person), now, bots_too=True)
            for label, person in self._itinerary.people.items()
        }
        return StudyResult(self._plan, self._itinerary, tuple(self._runs.values()), pay, now)

    def _due(self) -> dict[str, float]:
        ours = self._heap[0][0] if self._heap else inf
        engines = {name: run.simulation.due for name, run in self._runs.items()}
        return {"": min(ours, self._itinerary.next_deadline), **engines}

    def _step(self, now: float) -> None:
        if self._itinerary.next_deadline <= now:
            self._tell(facts.TimePassed(), now)
            return
        if self._heap and self._heap[0][0] <= now:
            _, _, label, turn, fact = heappop(self._heap)
            person = self._people[label]
            if person.turn == turn:
                self._tell(fact, now)
                if person.turn == turn:  # still in the stage
                    self._look(label, now)
            return
        for run in self._runs.values():
            if run.simulation.due <= now:
                run.simulation.step()
                self._notice(run, now)
                return

    # -- what the itinerary decides ---------------------------------------------------------------

    def _tell(self, fact: facts.StudyEvent, now: float) -> None:
        for decision in self._itinerary.handle(fact, now):
            self._carry_out(decision, now)

    def _carry_out(self, decision: decisions.StudyCommand, now: float) -> None:
        match decision:
            case decisions.ShowStage() | decisions.Conclude():
                self._look(decision.participant, now)
                for run in self._runs.values():
                    self._end_idle(run, now)
            case decisions.EnterWork():
                person, run = self._people[decision.participant], self._runs[decision.condition]
                run.simulation.join(WorkerId(person.label), person.behaviours[run.name], now)
                self._tell(facts.WorkEntered(person.label), now)
                self._notice(run, now)
            case decisions.EndWork():
                dismissal = WorkerLeft if decision.at_once else WorkerDismissed
                self._at_work(decision.participant, dismissal, now)
            case decisions.HoldWork():
                self._at_work(decision.participant, WorkerPaused, now)
            case decisions.OfferBreak():
                self._at_work(decision.participant, WorkerPaused, now)
                self._take_break(decision.participant, now)
            case decisions.GoOn():
                self._at_work(decision.participant, WorkerResumed, now)
            case decisions.ShowGate() | decisions.Erase():
                pass  # who waits at a gate sees the numbers change

    def _at_work(self, label: str, event: Callable[[WorkerId], Event], now: float) -> None:
        run = self._run_of(label)
        worker = run.simulation.engine.state.pool.workers[WorkerId(label)]
        if not worker.over:
            run.simulation.handle(event(worker.id), now)
        self._notice(run, now)

    def _take_break(self, label: str, now: float) -> None:
        """Begin a break that is due, once there is no task in hand."""
        run, person = self._run_of(label), self._itinerary.people[label]
        worker = run.simulation.engine.state.pool.workers[WorkerId(label)]
        if person.break_due and worker.assignment is None and not worker.over:
            self._tell(facts.BreakTaken(label), now)

    def _run_of(self, label: str) -> ConditionRun:
        condition = self._itinerary.people[label].condition
        assert condition is not None, "assigned before the work"
        return self._runs[condition]

    def _notice(self, run: ConditionRun, now: float) -> None:
        """Pass events of participants in a run to the itinerary, and act on their limits."""
        news, run.news = run.news, []
        for worker in news:
            label = str(worker.id)
            person = self._itinerary.people[label]
            if worker.over and person.working:
                reason = run.ends.get(label) or person.leaving or worker.reason
                ended = facts.WorkEnded(
                    label,
                    reason,
                    run.answered[label],
                    getattr(worker, "checks_asked", 0),
                    getattr(worker, "checks_right", 0),
                )
                self._tell(ended, now)
            elif person.working:
                self._take_break(label, now)
                self._limit(run, worker, person, now)
        if news:
            self._end_idle(run, now)

    def _end_idle(self, run: ConditionRun, now: float) -> None:
        awaited = partial(self._itinerary.awaited_at_work, run.name)
        for worker in without_work(run.simulation.engine.state, awaited):
            self._end(run, str(worker), "over", now)

    def _limit(self, run: ConditionRun, worker: Worker, person: Person, now: float) -> None:
        """Give no further task if the one in hand is the last, unless it is taken back."""
        done, most = run.answered[person.label], self._most_records(person)
        in_hand = 0 if worker.assignment is None else worker.assignment.size
        if done >= most:
            self._end(run, person.label, "records", now)
        elif done + in_hand >= most and not worker.paused:
            self._at_work(person.label, WorkerPaused, now)
        elif worker.assignment is None and worker.paused and not person.on_break:
            self._at_work(person.label, WorkerResumed, now)

    def _end(self, run: ConditionRun, label: str, reason: str, now: float) -> None:
        if label not in run.ends:
            run.ends[label] = reason
            self._at_work(label, WorkerDismissed, now)

    def _earned(self, person: Person) -> Earned:
        """Return the pay of a participant in the engine."""
        if person.condition is None:
            return Earned()
        pool = self._runs[person.condition].simulation.engine.state.pool
        worker = pool.workers.get(WorkerId(person.label))
        if worker is None:
            return Earned()
        waiting = worker.earned[PayKind.WAITING] + worker.earned[PayKind.TRAINING]
        return Earned(sum(worker.earned.values()) - waiting, waiting)

    def _most_records(self, person: Person) -> float:
        assert person.stage is not None
        stage = self._plan.stages[person.stage]
        most = stage.records if isinstance(stage, WorkStage) else None
        return inf if most is None else most

    # -- what participants do -------------------------------------------------------------------

    def _plan_next(self, seconds: float, person: _Participant, fact: facts.StudyEvent) -> None:
        """Plan what a participant does after so many seconds in the present stage."""
        self._serial += 1
        at = self._itinerary.now + seconds
        heappush(self._heap, (at, self._serial, person.label, person.turn, fact))

    def _look(self, label: str, now: float) -> None:
        """Plan how a participant answers the stage that is shown now."""
        person, state = self._people[label], self._itinerary.people[label]
        person.turn += 1
        if state.on_break:
            self._plan_next(log_normal(person.rng, _BREAK, 0.5), person, facts.BreakEnded(label))
            return
        if state.stage is None or state.paused:
            return
        number = state.stage
        match self._plan.stages[number]:
            case ConsentStage(file=file):
                self._read(person, file, facts.Consented(label, _NO_DIGEST))
            case InstructionsStage(file=file):
                self._read(person, file, facts.PageRead(label, number, state.pages_read))
            case TrainingStage() | QualificationStage():
                self._try(person, number)
            case QuestionnaireStage() as stage:
                answers = dict.fromkeys([each.id for each in stage.questions], _NO_DIGEST)
                sent = facts.QuestionsAnswered(label, number, answers)
                self._plan_next(self._answering(person, stage), person, sent)
            case DebriefStage(file=file):
                self._read(person, file, facts.PageRead(label, number, 0))
            case GateStage() | WorkStage():
                pass

    def _read(self, person: _Participant, file: str, fact: facts.StudyEvent) -> None:
        words = len(self._study.texts.get(file, "").split()) / self._pages(file)
        self._plan_next(_PER_PAGE + words / person.reading, person, fact)

    def _pages(self, file: str) -> int:
        for number, stage in enumerate(self._plan.stages):
            if getattr(stage, "file", "") == file:
                return self._plan.pages_of(number)
        return 1

    def _try(self, person: _Participant, number: int) -> None:
        """Answer the next record; a wrong answer in a training is corrected by the feedback."""
        tried = self._itinerary.people[person.label].tried.get(number, {})
        training = self._plan.stages[number].kind == "training"
        for each in self._plan.known(number):
            given = tried.get(each.record)
            if given is None or (training and given[-1] != each.answer):
                break
        else:
            return
        label, seconds = each.answer, _AGAIN
        if given is None:
            behaviour = next(iter(person.behaviours.values()))
            label = behaviour.person.labels([each.answer], person.rng)[0]
            seconds = behaviour.person.latency.seconds(1, 0, person.rng)
        fact = facts.RecordTried(person.label, number, each.record, label, seconds)
        self._plan_next(seconds, person, fact)

    def _answering(self, person: _Participant, stage: QuestionnaireStage) -> float:
        words = sum(len(each.ask.split()) for each in stage.questions)
        texts = sum(each.__struct_config__.tag == "text" for each in stage.questions)
        deciding = _PER_QUESTION * len(stage.questions) + _PER_TEXT * texts
        return words / person.reading + log_normal(person.rng, deciding, 0.3)
