"""Any sequence of events: nobody is lost between stages, and a replay gives the same state."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.study import events as e
from clamshell_tui.study.config import GateStage, InstructionsStage, WorkStage
from clamshell_tui.study.plan import Arm, Guest
from tests.study.helpers import QUALIFIED, SHA, STAGES, TRAINED, StudyBench, plan_with, state_of

SEEDS = range(500)
LABELS = [*(f"L{number}" for number in range(1, 5)), "B001", "B002"]
_SEEN: Counter[str] = Counter()


def _plan(rng: Random) -> Any:
    stages = list(STAGES)
    stages[4] = GateStage(
        people=rng.randint(1, 3), timeout=100.0, otherwise=rng.choice(("start", "wait", "end"))
    )
    stages[5] = WorkStage(
        minutes=rng.choice((None, 3.0)), break_every=rng.choice((None, 1.0)), only=("helped",)
    )
    if rng.random() < 0.3:
        stages.insert(2, InstructionsStage(file="more.md", only=("alone",)))
    if rng.random() < 0.3:
        del stages[0]  # no consent is asked
    if rng.random() < 0.2:
        del stages[-1]  # no debrief
    if rng.random() < 0.5:
        stages[-2:-2] = [WorkStage(minutes=1.0)]
    guests = tuple(
        Guest(f"L{number}", "alone" if number == 3 else None, "old" if number > 3 else "")
        for number in range(1, 5)
    )
    arms = rng.choice([(Arm("helped"), Arm("alone")), (Arm("helped", 2), Arm("alone"))])
    return plan_with(stages=tuple(stages), conditions=arms, guests=guests, seed=rng.randint(0, 9))


def _next_step(bench: StudyBench, label: str) -> Iterator[e.StudyEvent]:
    """What a well-behaved participant and engine would report next."""
    person = bench.person(label)
    if person.arrived_at is None or person.stage is None:
        return
    number = person.stage
    match bench.itinerary.plan.stages[number].kind:
        case "consent":
            yield e.Declined(label, SHA) if label == "L4" else e.Consented(label, SHA)
        case "instructions" | "debrief":
            yield e.PageRead(label, number, person.pages_read)
        case "training" | "qualification" as kind:
            fails = kind == "qualification" and label in {"L2", "B002"}
            known = bench.itinerary.plan.known(number)
            tried = person.tried.get(number, {})
            for each in known:
                if each.record not in tried or (
                    tried[each.record][-1] != each.answer and not fails
                ):
                    answer = 1 - each.answer if fails else each.answer
                    yield e.RecordTried(label, number, each.record, answer)
                    return
        case "questionnaire":
            yield e.QuestionsAnswered(label, number, {"age": "00"})
        case "work" if label in bench.working:
            if label in bench.ending:
                yield e.WorkEnded(label, bench.ending[label].reason, 5, 2, 1)
            elif person.worked_since is None:
                yield e.WorkEntered(label)
            elif person.break_due:
                yield e.BreakTaken(label)
            elif person.on_break:
                yield e.BreakEnded(label)


def _anything(rng: Random, label: str) -> e.StudyEvent:
    stage, way = rng.randrange(10), rng.choice(("terminal", "ssh", "web", "bot"))
    several: list[Callable[[], e.StudyEvent]] = [
        lambda: e.Arrived(label, way),
        lambda: e.SeatTaken(label, way),
        lambda: e.ConnectionLost(label),
        lambda: e.Declined(label, SHA),
        lambda: e.Consented(label, SHA),
        lambda: e.PageRead(label, stage, rng.randrange(3)),
        lambda: e.RecordTried(
            label, stage, rng.choice([*TRAINED, *QUALIFIED]).record, rng.randrange(2)
        ),
        lambda: e.QuestionsAnswered(label, stage, {rng.choice(("age", "sex")): "00"}),
        lambda: e.BreakTaken(label),
        lambda: e.BreakEnded(label),
        lambda: e.GateLeft(label),
        lambda: e.Withdrew(label, rng.random() < 0.5),
        lambda: e.NoticesRead(label, rng.randrange(3)),
        lambda: e.AlarmRaised(label, "fast", "ten records in 3 s"),
        lambda: e.MessageSent(label, "hello", "op"),
        lambda: e.StartRequested(stage, "op"),
        lambda: e.StartPlanned(stage, rng.choice((1e9, None)), "op"),
        lambda: e.Readmitted(label, "op"),
        lambda: e.CodeReissued(label, "op"),
        lambda: e.ParticipantPaused(label, "op"),
        lambda: e.ParticipantResumed(label, "op"),
        lambda: e.ParticipantEnded(label, "op", "noise"),
        lambda: e.Credited(label, "bonus", rng.randrange(-1, 3), "kind", "op"),
        lambda: e.PaidOut(label, rng.randrange(-1, 3), "op"),
        lambda: e.ClockSet(1e9, 1.0),
    ]
    return rng.choice(several)()


@pytest.mark.parametrize(
    "part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in (2, 3, 4))]
)
def test_any_events_keep_the_invariants_and_replay_to_the_same_state(part: int) -> None:
    for seed in list(SEEDS)[part::5]:
        rng = Random(seed)
        bench = StudyBench(_plan(rng))
        arriving = [e.Arrived(label, "bot" if label[0] == "B" else "ssh") for label in LABELS]
        for _ in range(75):
            label = rng.choice(LABELS)
            event: e.StudyEvent
            steps = list(_next_step(bench, label)) if label in bench.itinerary.people else []
            if arriving and rng.random() < 0.3:
                event = arriving.pop()
            elif steps and rng.random() < 0.9:
                event = steps[0]
            elif rng.random() < 0.003:
                event = e.StudyStopped("op")
            else:
                event = _anything(rng, label)
            _attempt(bench, event, rng)
        bench.finish()
        _SEEN.update(person.outcome for person in bench.itinerary.people.values())


def _attempt(bench: StudyBench, event: e.StudyEvent, rng: Random) -> None:
    bench.wait(rng.choice((0.0, 0.0, 1.0, 5.0, 20.0)))
    before = state_of(bench.itinerary) if rng.random() < 0.3 else b""
    try:
        bench.do(event)
    except InvalidEventError:
        same = not before or state_of(bench.itinerary) == before
        assert same, f"{event} was refused and changed the state"


def test_the_sequences_reach_every_outcome() -> None:
    if sum(_SEEN.values()) < 1000:
        pytest.skip("needs the sequences of the test before in the same process")
    assert set(_SEEN) == {
        "", "completed", "declined", "not-qualified", "withdrawn", "dropped-out", "ended"
    }  # fmt: skip
    assert min(_SEEN.values()) >= 20, _SEEN


def test_a_plan_survives_being_stored() -> None:
    plan = plan_with()
    assert msgspec.json.decode(msgspec.json.encode(plan), type=type(plan)) == plan
