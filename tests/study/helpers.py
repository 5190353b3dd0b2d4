"""A study driven by hand: it keeps the clock and the journal, and stands for the engines.

Every invariant is checked after each event, and the replay of the journal when the test is over.
"""

from typing import Any

import msgspec
import pytest

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.study import commands as c
from clamshell_tui.study import events as e
from clamshell_tui.study.config import (
    ConsentStage,
    DebriefStage,
    GateStage,
    InstructionsStage,
    NumberQuestion,
    QualificationStage,
    QuestionnaireStage,
    TextQuestion,
    TrainingStage,
    WorkStage,
)
from clamshell_tui.study.invariants import check_study
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Arm, Guest, KnownAnswer, Plan

CONSENT, PAGES, TRAINING, QUALIFICATION, GATE, WORK, QUESTIONS, DEBRIEF = range(8)
STAGES = (
    ConsentStage(file="consent.md"),
    InstructionsStage(file="codebook.md"),
    TrainingStage(),
    QualificationStage(pass_mark=0.5),
    GateStage(people=2, timeout=100.0),
    WorkStage(minutes=10.0, break_every=4.0),
    QuestionnaireStage(
        questions=(
            NumberQuestion(id="age", ask="Age"),
            TextQuestion(id="more", ask="More?", optional=True),
        )
    ),
    DebriefStage(),
)
TRAINED = (KnownAnswer("t1", 0), KnownAnswer("t2", 1))
QUALIFIED = (KnownAnswer("q1", 0), KnownAnswer("q2", 1))
SHA = "ab" * 32

_decode = msgspec.json.Decoder(e.StudyEvent).decode


def plan_with(**changes: Any) -> Plan:
    """A study with one stage of each kind, two conditions and the guests L1 to L9."""
    plan: dict[str, Any] = {
        "stages": STAGES,
        "conditions": (Arm("helped"), Arm("alone")),
        "seed": 7,
        "grace": 60.0,
        "guests": tuple(Guest(f"L{number}") for number in range(1, 10)),
        "pages": (1, 2, 1, 1, 1, 1, 1, 1),
        "training": TRAINED,
        "qualification": QUALIFIED,
    }
    return Plan(**(plan | changes))


def state_of(itinerary: Itinerary) -> bytes:
    """Everything that a later event could depend on or a reader could see."""
    gates = [itinerary.gates, itinerary.stopped, itinerary.finished, itinerary.now]
    return msgspec.json.encode([itinerary.people, gates, str(itinerary.next_deadline)])


def replayed(plan: Plan, journal: list[tuple[float, bytes]]) -> Itinerary:
    """A new itinerary that was given the events of a journal."""
    itinerary = Itinerary(msgspec.json.decode(msgspec.json.encode(plan), type=Plan))
    for at, body in journal:
        itinerary.handle(_decode(body), at)
    return itinerary


class StudyBench:
    """Drives one itinerary. ``working`` and ``ending`` are the labels that an engine has."""

    def __init__(self, plan: Plan) -> None:
        self.itinerary = Itinerary(plan)
        self.journal: list[tuple[float, bytes]] = []
        self.now = 0.0
        self.working: dict[str, str] = {}  # label: condition
        self.ending: dict[str, c.EndWork] = {}
        self.concluded: list[str] = []
        self.erased: list[str] = []

    def do(self, event: e.StudyEvent, after: float = 0.0) -> list[c.StudyCommand]:
        """Pass an event ``after`` so many seconds, with the deadlines before it."""
        then = self.now + after
        while self.itinerary.next_deadline < then:
            self._pass(e.TimePassed(), self.itinerary.next_deadline)
        return self._pass(event, then)

    def wait(self, seconds: float) -> list[c.StudyCommand]:
        """Let time pass, with all deadlines; return the commands of the last moment."""
        return self.do(e.TimePassed(), seconds)

    def refused(self, event: e.StudyEvent) -> str:
        """Pass an impossible event: the state must not change. Returns the error's text."""
        before = state_of(self.itinerary)
        with pytest.raises(InvalidEventError) as caught:
            self.itinerary.handle(event, self.now)
        assert state_of(self.itinerary) == before, f"{caught.value}, but the state changed"
        return str(caught.value)

    def ignored(self, event: e.StudyEvent) -> None:
        """Pass an event that was true before: it changes nothing and decides nothing."""
        before = msgspec.json.encode(self.itinerary.people)
        assert self.do(event) == []
        assert msgspec.json.encode(self.itinerary.people) == before

    def person(self, label: str) -> Person:
        return self.itinerary.people[label]

    def _pass(self, event: e.StudyEvent, now: float) -> list[c.StudyCommand]:
        body = msgspec.json.encode(event)
        assert _decode(body) == event
        out = self.itinerary.handle(event, now)
        self.now = now
        self.journal.append((now, body))
        if isinstance(event, e.WorkEnded):
            self.working.pop(event.participant, None)
            self.ending.pop(event.participant, None)
        for command in out:
            self._carry_out(command)
        check_study(self.itinerary)
        return out

    def _carry_out(self, command: c.StudyCommand) -> None:
        match command:
            case c.EnterWork(label, condition):
                assert label not in self.working, f"{label} enters twice"
                assert self.person(label).connected, f"{label} is away and gets a task"
                self.working[label] = condition
            case c.EndWork(label):
                assert label in self.working, f"{label} does not work"
                self.ending[label] = command
            case c.OfferBreak(label) | c.GoOn(label) | c.HoldWork(label):
                assert label in self.working, f"{label} does not work"
            case c.Conclude(label):
                self.concluded.append(label)
            case c.Erase(label):
                self.erased.append(label)
            case _:
                pass

    def work_ended(self, label: str, reason: str = "over", **figures: int) -> list[c.StudyCommand]:
        """The engine released a worker."""
        assert label in self.working
        return self.do(e.WorkEnded(label, reason, **figures))

    # -- shortcuts ------------------------------------------------------------------------------

    def to_stage(self, stage: int, *labels: str) -> None:
        """Take participants from their arrival to a stage; through the gate together."""
        for label in labels:
            self.do(e.Arrived(label, "bot" if label.startswith("B") else "terminal"))
            self.to_stage_from(stage, label)
        if stage > GATE and self.person(labels[0]).stage == GATE:
            self.do(e.StartRequested(GATE, "op"))
        for label in labels:
            if stage >= WORK:
                self.do(e.WorkEntered(label))
            if stage > WORK:
                self.work_ended(label)
            if stage > QUESTIONS:
                self.do(e.QuestionsAnswered(label, QUESTIONS, {"age": "00"}))
            assert self.person(label).stage == stage, self.person(label)

    def to_stage_from(self, stage: int, label: str) -> None:
        """Let a participant who has come do everything up to a stage, or to the gate."""
        done = _STEPS[self.person(label).stage or 0]
        for event in _way(label)[done : _STEPS[min(stage, GATE)]]:
            self.do(event)

    def to_stage_late(self, label: str) -> None:
        """Let a participant come and do everything up to a gate that is open, or ended."""
        self.do(e.Arrived(label, "terminal"))
        self.to_stage_from(GATE, label)

    def finish(self) -> None:
        """Replay the journal: the same state."""
        assert state_of(replayed(self.itinerary.plan, self.journal)) == state_of(self.itinerary)


_STEPS = (0, 1, 3, 5, 7)


def _way(label: str) -> list[e.StudyEvent]:
    return [
        e.Consented(label, SHA),
        e.PageRead(label, PAGES, 0),
        e.PageRead(label, PAGES, 1),
        *(e.RecordTried(label, TRAINING, each.record, each.answer) for each in TRAINED),
        *(e.RecordTried(label, QUALIFICATION, each.record, each.answer) for each in QUALIFIED),
    ]
