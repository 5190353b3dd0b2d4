"""Invariants of a study, as assertions for tests."""

from math import inf

from clamshell_tui.study.config import GateStage, WorkStage
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.randomisation import MULTIPLES


def check_study(itinerary: Itinerary) -> None:
    """Raise AssertionError, naming the participant, if an invariant is broken."""
    plan = itinerary.plan
    for person in itinerary.people.values():
        _check_log(plan, person)
        _check_state(plan, person, itinerary.now)
    for number, gate in itinerary.gates.items():
        there = [each for each in itinerary.people.values() if each.stage == number]
        assert set(gate.waiting) == {each.label for each in there}, f"gate {number}: who waits?"
        assert gate.present == sum(each.connected for each in there), f"gate {number}: present?"
        if gate.state == "closed":
            assert not gate.complete, f"gate {number} is closed, and all are here"
            timed = (gate.timeout_at, gate.starts_at) != (None, None) or gate.may_leave
            assert timed or not there, f"gate {number}: people wait for ever"
        else:
            assert not gate.present, f"gate {number} is {gate.state}, and people stand there"
    _check_balance(plan, itinerary)
    assert itinerary.next_deadline > itinerary.now, "something is due"
    going_on = any(each.arrived_at is not None and not each.concluded for each in _all(itinerary))
    awaited = any(each.arrived_at is None for each in _all(itinerary))
    assert itinerary.finished == (not going_on and (itinerary.stopped or not awaited))


def _all(itinerary: Itinerary) -> list[Person]:
    return list(itinerary.people.values())


def _check_log(plan: Plan, person: Person) -> None:
    """The log of stages has no gap, no overlap, and ends with the present stage."""
    label, last = person.label, person.arrived_at
    visits: dict[int, int] = {}
    for place, visit in enumerate(person.stages):
        assert visit.entered_at == last or visit.visit > 1, f"{label}: a gap before {visit}"
        visits[visit.stage] = visits.get(visit.stage, 0) + 1
        assert visit.visit == visits[visit.stage], f"{label}: visits are miscounted: {visit}"
        is_last = place == len(person.stages) - 1
        is_open = visit.left_at is None
        assert is_open == (is_last and person.stage is not None), f"{label}: open visit {visit}"
        until = inf if visit.left_at is None else visit.left_at
        assert visit.entered_at <= until, f"{label}: {visit} ends before it begins"
        assert visit.seconds <= until - visit.entered_at + 1e-6, f"{label}: too long in {visit}"
        only = plan.stages[visit.stage].only
        assert not only or person.condition in only, f"{label}: {visit} is for {only}"
        last = visit.left_at
    if person.stage is not None:
        now = person.stages[-1]
        assert (now.stage, now.visit) == (person.stage, person.visit), f"{label}: {now}"


def _check_state(plan: Plan, person: Person, now: float) -> None:
    label = person.label
    came = person.arrived_at is not None
    assert came or not (person.stages or person.outcome or person.connected), f"{label} never came"
    in_stage = came and not person.concluded
    assert in_stage == (person.stage is not None), f"{label} is in stage {person.stage}"
    assert bool(person.outcome) == (person.ended_at is not None), f"{label}: {person.outcome}?"
    assert person.outcome or not person.concluded, f"{label} is over without an outcome"
    assert not (person.connected and person.away_since is not None), f"{label}: here and away"
    absent = in_stage and not person.connected
    assert not absent or person.grace_ends_at is not None or person.leaving, f"{label} waits on"
    assert person.under_way or not person.paused, f"{label} is over and paused"
    if person.stage is not None:
        stage = plan.stages[person.stage]
        debrief = stage.kind == "debrief"
        assert debrief == bool(person.outcome), f"{label}: {stage.kind}, {person.outcome}"
        if not isinstance(stage, WorkStage):
            _check_idle(person)
        elif person.connected and not isinstance(stage, GateStage):
            assert person.working, f"{label} is here and does not work"
    else:
        _check_idle(person)
    assert not (person.on_break and person.break_due), f"{label}: a break in a break"
    running = person.work_ends_at is not None or person.break_at is not None
    assert not (running and (person.paused or person.leaving)), f"{label}: clocks run"
    consented = person.consented_at is not None or not plan.asks_consent
    if person.condition is not None:
        assert consented or person.block == 0, f"{label} has a condition without consent"
    began = person.consented_at if person.consented_at is not None else person.arrived_at
    ended = now if person.ended_at is None else person.ended_at
    most = 0.0 if began is None else ended - began
    assert person.present_seconds <= most + 1e-6, f"{label} is present too long"
    assert person.messages_read <= len(person.messages), f"{label} read too much"
    assert not (person.bot and person.payments), f"{label} is a paid bot"
    assert all(credit.micros > 0 for credit in person.credits), f"{label} is charged"


def _check_idle(person: Person) -> None:
    busy = person.working or person.on_break or person.break_due or person.leaving
    assert not busy, f"{person.label} works outside the work"
    assert person.worked_since is None, f"{person.label}: time at work is counted"
    assert person.work_ends_at is None, f"{person.label}: minutes of work run"


def _check_balance(plan: Plan, itinerary: Itinerary) -> None:
    """In each stream, conditions differ by half the largest block at most, by their weights."""
    weights = {arm.name: arm.weight for arm in plan.conditions}
    streams: dict[tuple[bool, str], dict[str, int]] = {}
    for person in itinerary.people.values():
        if person.condition is not None and person.block:
            counts = streams.setdefault((person.bot, person.stratum), dict.fromkeys(weights, 0))
            counts[person.condition] += 1
    most = max(MULTIPLES)
    for stream, counts in streams.items():
        shares = [count / weights[name] for name, count in counts.items()]
        assert max(shares) - min(shares) <= most, f"{stream}: {counts}"
