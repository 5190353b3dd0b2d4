"""The rules of each stage, by examples."""

import sys
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import pytest

from clamshell_tui.study import commands as c
from clamshell_tui.study import events as e
from clamshell_tui.study.config import (
    GateStage,
    InstructionsStage,
    QualificationStage,
    StageConfig,
    WorkStage,
)
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.plan import Guest, KnownAnswer
from tests.study.helpers import (
    CONSENT,
    DEBRIEF,
    GATE,
    PAGES,
    QUALIFICATION,
    QUESTIONS,
    SHA,
    STAGES,
    TRAINING,
    WORK,
    StudyBench,
    plan_with,
)

BenchOf = Callable[..., StudyBench]


@pytest.fixture
def bench_of() -> Iterator[BenchOf]:
    made: list[StudyBench] = []

    def build(stages: dict[int, StageConfig] | None = None, **plan: Any) -> StudyBench:
        changed = tuple((stages or {}).get(number, each) for number, each in enumerate(STAGES))
        made.append(StudyBench(plan_with(**({"stages": changed} | plan))))
        return made[-1]

    yield build
    for bench in made:
        bench.finish()


@pytest.fixture
def bench(bench_of: BenchOf) -> StudyBench:
    return bench_of()


def _stages_of(bench: StudyBench, label: str) -> list[tuple[int, str]]:
    return [(visit.stage, visit.outcome) for visit in bench.person(label).stages]


# -- arrival ----------------------------------------------------------------------------------


def test_a_participant_goes_through_all_stages_to_the_end(bench: StudyBench) -> None:
    bench.to_stage(DEBRIEF, "L1")
    assert bench.person("L1").outcome == "completed"
    assert not bench.concluded, "the debrief is still to be read"
    assert c.Conclude("L1") in bench.do(e.PageRead("L1", DEBRIEF, 0))
    assert _stages_of(bench, "L1") == [
        (CONSENT, "consented"),
        (PAGES, "read"),
        (TRAINING, "done"),
        (QUALIFICATION, "passed"),
        (GATE, "open"),
        (WORK, "over"),
        (QUESTIONS, "sent"),
        (DEBRIEF, "read"),
    ]


def test_only_those_who_are_invited_come_in(bench: StudyBench) -> None:
    assert "not invited" in bench.refused(e.Arrived("L99", "ssh"))
    assert "has not come" in bench.refused(e.Consented("L1", SHA))


def test_to_arrive_again_is_to_come_back(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1")
    bench.do(e.ConnectionLost("L1"))
    assert bench.do(e.Arrived("L1", "web"), after=10.0) == [c.ShowStage("L1")]
    person = bench.person("L1")
    assert (person.stage, person.via, person.connected) == (QUESTIONS, "web", True)
    assert person.arrived_at == 0.0
    assert _stages_of(bench, "L1").count((CONSENT, "consented")) == 1


def test_a_bot_is_no_guest_and_a_guest_no_bot(bench: StudyBench) -> None:
    bench.do(e.Arrived("B001", "bot"))
    assert bench.person("B001").bot
    bench.refused(e.Arrived("L1", "bot"))
    bench.refused(e.Arrived("B001", "ssh"))


def test_time_does_not_run_backwards(bench: StudyBench) -> None:
    bench.wait(5.0)
    bench.now = 4.0
    assert "backwards" in bench.refused(e.Arrived("L1", "ssh"))
    bench.now = inf
    bench.refused(e.TimePassed())
    bench.now = 5.0


# -- consent ----------------------------------------------------------------------------------


def test_who_declines_is_done_without_a_debrief(bench: StudyBench) -> None:
    bench.do(e.Arrived("L1", "ssh"))
    assert bench.do(e.Declined("L1", SHA)) == [c.Conclude("L1")]
    person = bench.person("L1")
    assert (person.outcome, person.condition, person.text_sha256) == ("declined", None, SHA)
    bench.ignored(e.Consented("L1", SHA))
    assert bench.do(e.SeatTaken("L1", "web")) == [c.Conclude("L1")], "the receipt is shown again"


def test_consent_counts_once(bench: StudyBench) -> None:
    bench.do(e.Arrived("L1", "ssh"), after=3.0)
    assert bench.do(e.Consented("L1", SHA), after=5.0) == [c.ShowStage("L1")]
    bench.ignored(e.Consented("L1", SHA))
    bench.ignored(e.Declined("L1", SHA))
    assert bench.person("L1").consented_at == 8.0


# -- instructions, training, qualification ----------------------------------------------------


def test_every_page_is_read_in_order(bench: StudyBench) -> None:
    bench.to_stage(PAGES, "L1")
    bench.refused(e.PageRead("L1", PAGES, 1))
    bench.refused(e.PageRead("L1", PAGES, 2))
    bench.refused(e.PageRead("L1", TRAINING, 0))
    bench.refused(e.PageRead("L1", DEBRIEF, 0))
    assert bench.do(e.PageRead("L1", PAGES, 0)) == []
    bench.ignored(e.PageRead("L1", PAGES, 0))
    assert bench.do(e.PageRead("L1", PAGES, 1)) == [c.ShowStage("L1")]
    bench.ignored(e.PageRead("L1", PAGES, 1))


def test_a_record_of_the_training_is_repeated_until_it_is_right(bench: StudyBench) -> None:
    bench.to_stage(TRAINING, "L1")
    bench.refused(e.RecordTried("L1", TRAINING, "t2", 0))
    bench.refused(e.RecordTried("L1", TRAINING, "q1", 0))
    bench.refused(e.RecordTried("L1", QUALIFICATION, "q1", 0))
    bench.do(e.RecordTried("L1", TRAINING, "t1", 1))
    bench.refused(e.RecordTried("L1", TRAINING, "t2", 1))
    bench.do(e.RecordTried("L1", TRAINING, "t1", 0))
    bench.ignored(e.RecordTried("L1", TRAINING, "t1", 1))
    bench.do(e.RecordTried("L1", TRAINING, "t2", 1))
    assert bench.person("L1").tried[TRAINING] == {"t1": [1, 0], "t2": [1]}
    assert bench.person("L1").stage == QUALIFICATION


def test_who_fails_the_qualification_goes_to_the_debrief(bench: StudyBench) -> None:
    bench.to_stage(QUALIFICATION, "L1", "L2")
    for label, second in (("L1", 1), ("L2", 0)):
        bench.do(e.RecordTried(label, QUALIFICATION, "q1", 1))
        bench.ignored(e.RecordTried(label, QUALIFICATION, "q1", 0))  # the first answer counts
        bench.do(e.RecordTried(label, QUALIFICATION, "q2", second))
    assert (bench.person("L1").stage, bench.person("L1").qualified) == (GATE, True)
    failed = bench.person("L2")
    assert (failed.stage, failed.outcome, failed.qualified) == (DEBRIEF, "not-qualified", False)
    assert failed.condition is None, "a failure costs no balance"
    bench.refused(e.Readmitted("L2", "op"))
    bench.do(e.PageRead("L2", DEBRIEF, 0))
    assert bench.concluded == ["L2"]


def test_a_pass_mark_that_floats_cannot_hold_is_met(bench_of: BenchOf) -> None:
    known = tuple(KnownAnswer(f"q{number}", 0) for number in range(20))
    bench = bench_of({QUALIFICATION: QualificationStage(pass_mark=0.55)}, qualification=known)
    bench.to_stage(QUALIFICATION, "L1")
    for number, each in enumerate(known):
        bench.do(e.RecordTried("L1", QUALIFICATION, each.record, int(number >= 11)))
    assert bench.person("L1").qualified, "0.55 of 20 is 11"


def test_a_stage_without_records_is_passed(bench_of: BenchOf) -> None:
    bench = bench_of(training=())
    bench.do(e.Arrived("L1", "ssh"))
    for event in (e.Consented("L1", SHA), e.PageRead("L1", 1, 0), e.PageRead("L1", 1, 1)):
        bench.do(event)
    assert bench.person("L1").stage == QUALIFICATION


# -- the gate ---------------------------------------------------------------------------------


def test_the_gate_opens_when_enough_are_here(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    view = bench.itinerary.gate(GATE)
    assert (view.present, view.needed, view.open, view.may_leave) == (1, 2, False, False)
    bench.to_stage(QUALIFICATION, "B001")
    bench.do(e.RecordTried("B001", QUALIFICATION, "q1", 0))
    out = bench.do(e.RecordTried("B001", QUALIFICATION, "q2", 1))
    assert {type(each) for each in out} == {c.ShowGate, c.EnterWork}
    assert set(bench.working) == {"L1", "B001"}, "bots count too"
    bench.to_stage_late("L2")
    assert bench.person("L2").stage == WORK, "later ones walk through"


def test_who_is_away_does_not_open_the_gate(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    assert bench.do(e.ConnectionLost("L1")) == [c.ShowGate(GATE)]
    bench.to_stage(GATE, "L2")
    assert bench.itinerary.gate(GATE).present == 1
    out = bench.do(e.SeatTaken("L1", "web"))
    assert {each.participant for each in out if isinstance(each, c.EnterWork)} == {"L1", "L2"}


def test_who_is_away_when_the_gate_opens_follows_later(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    bench.do(e.ConnectionLost("L1"))
    bench.do(e.StartRequested(GATE, "op"))
    bench.ignored(e.StartRequested(GATE, "op"))
    assert bench.person("L1").stage == GATE
    assert bench.itinerary.gate(GATE).open
    [entered] = bench.do(e.SeatTaken("L1", "web"))
    assert isinstance(entered, c.EnterWork)


def test_no_stage_but_a_gate_is_opened(bench: StudyBench) -> None:
    bench.refused(e.StartRequested(WORK, "op"))
    bench.refused(e.StartRequested(99, "op"))


def _with_gate(bench_of: BenchOf, otherwise: Any) -> StudyBench:
    return bench_of({GATE: GateStage(people=3, timeout=100.0, otherwise=otherwise)})


def test_the_timeout_counts_from_the_first_who_waits(bench_of: BenchOf) -> None:
    bench = _with_gate(bench_of, "start")
    bench.to_stage(GATE, "L1")
    bench.wait(60.0)
    bench.to_stage(GATE, "L2")
    assert bench.itinerary.gate(GATE).seconds == 40.0
    bench.wait(39.9)
    assert not bench.working
    bench.wait(0.1)
    assert set(bench.working) == {"L1", "L2"}


def test_the_timeout_begins_again_after_an_empty_gate(bench_of: BenchOf) -> None:
    bench = _with_gate(bench_of, "start")
    bench.to_stage(GATE, "L1")
    bench.wait(60.0)
    bench.do(e.ParticipantEnded("L1", "op"))
    bench.to_stage(GATE, "L2")
    assert bench.itinerary.gate(GATE).seconds == 100.0


def test_after_the_timeout_one_may_leave_a_gate_that_waits_on(bench_of: BenchOf) -> None:
    bench = _with_gate(bench_of, "wait")
    bench.to_stage(GATE, "L1", "L2")
    bench.refused(e.GateLeft("L1"))
    assert bench.wait(100.0) == [c.ShowGate(GATE)]
    assert bench.itinerary.gate(GATE).may_leave
    bench.do(e.GateLeft("L1"))
    bench.ignored(e.GateLeft("L1"))
    assert (bench.person("L1").outcome, bench.person("L1").stage) == ("ended", DEBRIEF)
    bench.do(e.StartRequested(GATE, "op"))
    assert set(bench.working) == {"L2"}
    bench.ignored(e.GateLeft("L2"))


def test_a_gate_may_end_the_study_of_those_who_wait(bench_of: BenchOf) -> None:
    bench = _with_gate(bench_of, "end")
    bench.to_stage(GATE, "L1")
    bench.wait(100.0)
    assert (bench.person("L1").outcome, bench.person("L1").stage) == ("ended", DEBRIEF)
    bench.to_stage_late("L2")
    assert bench.person("L2").outcome == "ended"


def test_at_a_planned_time_neither_people_nor_the_timeout_open_a_gate(bench_of: BenchOf) -> None:
    bench = _with_gate(bench_of, "end")
    bench.to_stage(GATE, "L1")
    assert bench.do(e.StartPlanned(GATE, 1.7e9, "op")) == [c.ShowGate(GATE)]
    bench.to_stage(GATE, "L2", "L3")
    bench.wait(1000.0)
    view = bench.itinerary.gate(GATE)
    assert (view.present, view.open, view.seconds, view.starts_at) == (3, False, 0.0, 1.7e9)
    bench.do(e.StartRequested(GATE, "clock"))
    assert set(bench.working) == {"L1", "L2", "L3"}
    bench.ignored(e.StartPlanned(GATE, 1.8e9, "op"))
    bench.refused(e.StartPlanned(WORK, 1.8e9, "op"))


@pytest.mark.parametrize("enough", [False, True])
def test_a_planned_time_is_taken_back(bench_of: BenchOf, enough: bool) -> None:
    bench = _with_gate(bench_of, "end")
    bench.ignored(e.StartPlanned(GATE, None, "op"))
    bench.to_stage(GATE, "L1")
    bench.do(e.StartPlanned(GATE, 1.7e9, "op"))
    bench.wait(1000.0)
    if enough:
        bench.to_stage(GATE, "L2", "L3")
    bench.do(e.StartPlanned(GATE, None, "op"))
    view = bench.itinerary.gate(GATE)
    assert (view.starts_at, view.open) == (None, enough)
    assert view.seconds == (0.0 if enough else 100.0), "the timeout begins again"


# -- conditions -------------------------------------------------------------------------------


def test_a_condition_is_drawn_at_the_first_stage_that_differs(bench_of: BenchOf) -> None:
    bench = bench_of({TRAINING: InstructionsStage(file="hint.md", only=("alone",))})
    bench.to_stage(PAGES, "L1")
    assert bench.person("L1").condition is None
    bench.do(e.PageRead("L1", PAGES, 0))
    bench.do(e.PageRead("L1", PAGES, 1))
    person = bench.person("L1")
    assert person.condition is not None
    assert person.stage == (TRAINING if person.condition == "alone" else QUALIFICATION)


def test_without_a_difference_it_is_drawn_at_the_work(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    assert bench.person("L1").condition is None
    bench.do(e.StartRequested(GATE, "op"))
    assert bench.person("L1").block == 1


def test_the_guest_list_may_set_the_condition(bench_of: BenchOf) -> None:
    guests = tuple(Guest(f"L{number}", "alone") for number in range(1, 8))
    bench = bench_of(guests=guests)
    bench.to_stage(WORK, *(guest.label for guest in guests))
    assert set(bench.working.values()) == {"alone"}
    assert {bench.person(guest.label).block for guest in guests} == {0}


# -- work -------------------------------------------------------------------------------------


def test_work_ends_by_its_minutes_and_breaks_lie_between_tasks(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    bench.do(e.StartRequested(GATE, "op"))
    bench.wait(30.0)  # until the engine has the worker
    bench.do(e.WorkEntered("L1"))
    bench.ignored(e.WorkEntered("L1"))
    assert bench.wait(240.0) == [c.OfferBreak("L1")]
    assert bench.do(e.BreakTaken("L1"), after=20.0) == [c.ShowStage("L1")]
    bench.ignored(e.BreakTaken("L1"))
    assert bench.do(e.BreakEnded("L1"), after=60.0) == [c.GoOn("L1")]
    bench.ignored(e.BreakEnded("L1"))
    assert bench.wait(240.0) == [c.OfferBreak("L1")]
    assert bench.wait(40.0) == [c.EndWork("L1", "time")], "600 s, breaks included"
    out = bench.work_ended("L1", "time", records=20, checks_asked=4, checks_right=3)
    assert out == [c.ShowStage("L1")]
    person = bench.person("L1")
    assert (person.stage, person.work.records, person.work.checks_right) == (QUESTIONS, 20, 3)
    assert person.work_seconds == 600.0 - 60.0
    bench.ignored(e.WorkEnded("L1", "time"))


def test_who_is_evicted_goes_on_to_the_next_stage(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.work_ended("L1", "evicted", records=3)
    assert bench.person("L1").stage == QUESTIONS
    assert (WORK, "evicted") in _stages_of(bench, "L1")


def test_impossible_reports_of_an_engine(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    for event in (e.WorkEntered("L1"), e.WorkEnded("L1", "over"), e.BreakTaken("L1")):
        bench.refused(event)
    bench.refused(e.BreakEnded("L1"))
    bench.do(e.StartRequested(GATE, "op"))
    bench.refused(e.WorkEnded("L1", "over", 3, 1, 2))
    bench.refused(e.WorkEnded("L1", "over", -1))


def test_a_pause_stops_the_minutes_and_the_tasks(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.wait(100.0)
    assert bench.do(e.ParticipantPaused("L1", "op")) == [c.HoldWork("L1")]
    bench.ignored(e.ParticipantPaused("L1", "op"))
    bench.wait(5000.0)
    assert bench.do(e.ParticipantResumed("L1", "op")) == [c.GoOn("L1")]
    bench.ignored(e.ParticipantResumed("L1", "op"))
    assert bench.wait(140.0) == [c.OfferBreak("L1")]
    bench.wait(359.0)
    assert bench.wait(1.0) == [c.EndWork("L1", "time")]
    bench.work_ended("L1", "time")
    assert bench.person("L1").work_seconds == 600.0


def test_who_is_paused_enters_work_without_tasks(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    assert bench.do(e.ParticipantPaused("L1", "op")) == [c.ShowStage("L1")]
    assert c.HoldWork("L1") in bench.do(e.StartRequested(GATE, "op"))
    bench.do(e.WorkEntered("L1"))
    assert bench.wait(1000.0) == []
    assert bench.do(e.ParticipantResumed("L1", "op")) == [c.GoOn("L1")]
    bench.wait(240.0)
    assert bench.person("L1").break_due


def test_a_pause_during_a_break_outlasts_it(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.wait(240.0)
    bench.do(e.BreakTaken("L1"))
    bench.do(e.ParticipantPaused("L1", "op"))
    assert bench.do(e.BreakEnded("L1")) == []
    assert bench.do(e.ParticipantResumed("L1", "op")) == [c.GoOn("L1")]
    bench.wait(239.0)
    assert bench.wait(1.0) == [c.OfferBreak("L1")]


def test_work_without_limits_goes_on(bench_of: BenchOf) -> None:
    bench = bench_of({WORK: WorkStage()})
    bench.to_stage(WORK, "L1")
    assert bench.itinerary.next_deadline == inf


def test_each_work_stage_has_minutes_of_its_own(bench_of: BenchOf) -> None:
    bench = bench_of({QUESTIONS: WorkStage(minutes=10.0)})
    bench.to_stage(WORK, "L1")
    bench.wait(200.0)
    bench.work_ended("L1", "over")
    bench.do(e.WorkEntered("L1"))
    bench.wait(599.0)
    assert bench.wait(1.0) == [c.EndWork("L1", "time")]


# -- absence ----------------------------------------------------------------------------------


def test_an_absent_participant_is_kept_for_the_grace(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1", "L2")
    bench.do(e.ConnectionLost("L1"))
    bench.do(e.ConnectionLost("L2", bench.now - 0.0))
    bench.wait(59.0)
    assert bench.do(e.SeatTaken("L1", "ssh")) == [c.ShowStage("L1")]
    assert bench.wait(1.0) == [c.Conclude("L2")]
    assert (bench.person("L1").outcome, bench.person("L2").outcome) == ("", "dropped-out")
    assert bench.person("L1").via == "ssh"


def test_a_return_in_the_last_moment_counts(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1")
    bench.do(e.ConnectionLost("L1"))
    bench.do(e.SeatTaken("L1", "ssh"), after=60.0)
    assert bench.person("L1").outcome == ""


def test_the_grace_counts_from_the_last_sign_of_presence(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1")
    bench.wait(100.0)
    seen = bench.now - 25.0
    bench.do(e.ConnectionLost("L1", seen))
    assert bench.itinerary.next_deadline == seen + 60.0
    bench.ignored(e.ConnectionLost("L1"))
    bench.to_stage(QUESTIONS, "L2")
    bench.refused(e.ConnectionLost("L2", bench.now + 1.0))


def test_presence_that_was_seen_is_not_taken_back(bench: StudyBench) -> None:
    bench.to_stage(QUALIFICATION, "L1")
    bench.do(e.RecordTried("L1", QUALIFICATION, "q1", 0), after=10.0)
    bench.do(e.RecordTried("L1", QUALIFICATION, "q2", 1), after=10.0)
    bench.do(e.ConnectionLost("L1", bench.now - 15.0), after=5.0)
    assert bench.person("L1").away_since == 20.0
    assert bench.person("L1").present_seconds == 20.0


def test_who_returns_to_a_closed_gate_sees_it(bench: StudyBench) -> None:
    bench.to_stage(GATE, "L1")
    bench.do(e.ConnectionLost("L1"))
    assert bench.do(e.SeatTaken("L1", "ssh")) == [c.ShowGate(GATE)]


def test_a_drop_out_at_work_releases_the_task_immediately(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.do(e.ConnectionLost("L1"))
    assert bench.wait(60.0) == [c.EndWork("L1", "dropped-out", at_once=True)]
    assert not bench.concluded, "the engine's figures come first"
    assert bench.work_ended("L1", "left", records=7) == [c.Conclude("L1")]
    assert bench.person("L1").work.records == 7


def test_who_reached_the_debrief_is_no_drop_out(bench: StudyBench) -> None:
    bench.to_stage(DEBRIEF, "L1")
    bench.do(e.ConnectionLost("L1"))
    assert bench.wait(60.0) == [c.Conclude("L1")]
    assert bench.person("L1").outcome == "completed"


def test_who_is_away_enters_work_on_return(bench_of: BenchOf) -> None:
    bench = bench_of({GATE: InstructionsStage(file="more.md")})
    bench.to_stage(GATE, "L1")
    bench.do(e.ConnectionLost("L1"))
    assert bench.do(e.PageRead("L1", GATE, 0)) == [], "its message was under way"
    assert bench.person("L1").stage == WORK
    assert isinstance(bench.do(e.SeatTaken("L1", "ssh"))[0], c.EnterWork)


def test_a_readmitted_drop_out_goes_on_with_condition_and_time_left(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    condition = bench.person("L1").condition
    bench.wait(200.0)
    bench.do(e.ConnectionLost("L1"))
    bench.wait(60.0)
    bench.work_ended("L1", "left")
    assert bench.do(e.Readmitted("L1", "op")) == [], "still away"
    bench.ignored(e.Readmitted("L1", "op"))
    assert bench.itinerary.next_deadline == bench.now + 60.0, "a new grace"
    assert bench.do(e.SeatTaken("L1", "web"), after=50.0) == [c.EnterWork("L1", condition or "")]
    bench.do(e.WorkEntered("L1"))
    assert bench.person("L1").visit == 2
    bench.wait(240.0)
    bench.wait(159.0)
    assert bench.wait(1.0) == [c.EndWork("L1", "time")], "200 s were used"


# -- withdrawal and operators -----------------------------------------------------------------


@pytest.mark.parametrize("stage", range(CONSENT, DEBRIEF + 1))
@pytest.mark.parametrize("delete", [False, True])
def test_one_may_withdraw_at_any_moment(bench: StudyBench, stage: int, delete: bool) -> None:
    bench.to_stage(stage, "L1")
    out = bench.do(e.Withdrew("L1", delete))
    assert (c.Erase("L1") in out) == delete
    if stage == WORK:
        assert c.EndWork("L1", "withdrawn", at_once=True) in out
        bench.ignored(e.Withdrew("L1", delete))
        bench.work_ended("L1", "left")
    person = bench.person("L1")
    assert person.outcome == ("completed" if stage == DEBRIEF else "withdrawn")
    assert person.withdrawn_at == bench.now
    assert person.stage == (None if stage == CONSENT else DEBRIEF)
    bench.ignored(e.Withdrew("L1", delete))
    assert bench.erased == (["L1"] if delete else [])


def test_one_may_withdraw_after_the_end_and_ask_for_deletion_later(bench: StudyBench) -> None:
    bench.to_stage(DEBRIEF, "L1")
    bench.do(e.PageRead("L1", DEBRIEF, 0))
    assert bench.do(e.Withdrew("L1", delete=False)) == []
    assert bench.do(e.Withdrew("L1", delete=True)) == [c.Erase("L1")]
    bench.refused(e.Withdrew("L2", delete=True))


def test_who_withdrew_by_mistake_is_readmitted_unless_data_were_deleted(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1", "L2")
    bench.do(e.Withdrew("L1", delete=False))
    bench.do(e.Withdrew("L2", delete=True))
    assert bench.do(e.Readmitted("L1", "op")) == [c.ShowStage("L1")]
    assert (bench.person("L1").stage, bench.person("L1").withdrawn_at) == (QUESTIONS, None)
    bench.refused(e.Readmitted("L2", "op"))


def test_an_operator_ends_a_participant_after_the_task_in_hand(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    assert bench.do(e.ParticipantEnded("L1", "op", "ill")) == [c.EndWork("L1", "ended")]
    bench.ignored(e.ParticipantEnded("L1", "op", "ill"))
    bench.work_ended("L1")
    person = bench.person("L1")
    assert (person.outcome, person.stage, person.reason) == ("ended", DEBRIEF, "ill")
    assert bench.do(e.ParticipantEnded("L1", "op")) == [c.Conclude("L1")], "from the debrief too"
    bench.ignored(e.ParticipantEnded("L1", "op"))


def test_a_stronger_reason_to_leave_replaces_a_weaker_one(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    for number in (240.0, 360.0):
        bench.wait(number)
    assert bench.ending["L1"].reason == "time"
    bench.do(e.ParticipantEnded("L1", "op"))
    assert bench.do(e.StudyStopped("op")) == []
    bench.do(e.Withdrew("L1", delete=False))
    assert bench.ending["L1"] == c.EndWork("L1", "withdrawn", at_once=True)
    bench.work_ended("L1", "left")
    assert bench.person("L1").outcome == "withdrawn"


def test_who_was_ended_and_is_gone_is_concluded(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.do(e.ParticipantEnded("L1", "op"))
    bench.do(e.ConnectionLost("L1"))
    assert bench.wait(60.0) == [c.EndWork("L1", "ended", at_once=True)]
    assert bench.work_ended("L1", "left") == [c.Conclude("L1")]
    assert bench.person("L1").outcome == "ended"


def test_a_stopped_study_sends_all_to_the_debrief(bench: StudyBench) -> None:
    bench.to_stage(WORK, "L1")
    bench.to_stage(CONSENT, "L2")
    bench.to_stage(PAGES, "B001")
    out = bench.do(e.StudyStopped("op"))
    assert c.EndWork("L1", "ended") in out
    assert c.Conclude("L2") in out, "nobody without consent is debriefed"
    assert bench.person("B001").stage == DEBRIEF
    assert bench.do(e.Arrived("L3", "ssh")) == [c.Conclude("L3")], "late, but they came"
    bench.do(e.PageRead("B001", DEBRIEF, 0))
    bench.work_ended("L1")
    assert not bench.itinerary.finished
    bench.do(e.PageRead("L1", DEBRIEF, 0))
    assert bench.itinerary.finished
    bench.refused(e.Readmitted("L2", "op"))


@pytest.mark.parametrize("order", [e.ParticipantEnded("L1", "op"), e.StudyStopped("op")], ids=str)
@pytest.mark.parametrize("stage", [CONSENT, GATE, WORK, QUESTIONS, DEBRIEF])
def test_nobody_who_is_away_is_awaited_after_an_end(
    bench: StudyBench, stage: int, order: e.StudyEvent
) -> None:
    bench.to_stage(stage, "L1")
    bench.do(e.ConnectionLost("L1"))
    out = bench.do(order, after=5.0)
    if stage == WORK:
        assert out == [c.EndWork("L1", "ended", at_once=True)]
        out = bench.work_ended("L1", "left")
    person = bench.person("L1")
    assert c.Conclude("L1") in out
    assert (person.outcome, person.concluded) == (
        "completed" if stage == DEBRIEF else "ended",
        True,
    )
    assert bench.do(e.SeatTaken("L1", "web")) == [c.Conclude("L1")], "they see the receipt"
    assert bench.itinerary.finished == isinstance(order, e.StudyStopped)


@pytest.mark.parametrize("stage", [WORK, DEBRIEF])
def test_a_stopped_study_waits_only_a_minute_for_a_lost_connection(
    bench_of: BenchOf, stage: int
) -> None:
    bench = bench_of(grace=900.0)
    bench.to_stage(stage, "L1")
    bench.do(e.StudyStopped("op"))
    bench.do(e.ConnectionLost("L1"))
    bench.do(e.SeatTaken("L1", "web"), after=50.0)
    bench.do(e.ConnectionLost("L1"))
    bench.wait(60.0)
    if stage == WORK:
        assert bench.ending["L1"].at_once
        bench.work_ended("L1", "left")
    assert bench.itinerary.finished


def test_a_study_is_finished_when_all_guests_are_through(bench_of: BenchOf) -> None:
    bench = bench_of(guests=(Guest("L1"), Guest("L2")))
    assert not bench.itinerary.finished
    for label in ("L1", "L2"):
        assert not bench.itinerary.finished
        bench.do(e.Arrived(label, "ssh"))
        bench.do(e.Declined(label, SHA))
    assert bench.itinerary.finished


def test_an_optional_question_may_be_left_out_and_no_other(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1")
    bench.refused(e.QuestionsAnswered("L1", QUESTIONS, {"more": "00"}))
    bench.refused(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00", "shoe": "00"}))
    bench.refused(e.QuestionsAnswered("L1", DEBRIEF, {"age": "00"}))
    bench.do(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00"}))
    bench.ignored(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00"}))


def test_pay_is_added_and_handed_over_to_those_who_came(bench: StudyBench) -> None:
    bench.to_stage(QUESTIONS, "L1", "B001")
    bench.do(e.Credited("L1", "bonus", 5, "helpful", "op"))
    bench.refused(e.Credited("L1", "correction", 0, "?", "op"))
    bench.refused(e.Credited("L2", "correction", 5, "has not come", "op"))
    bench.refused(e.PaidOut("L1", 5, "op"))
    for label in ("L1", "B001"):
        bench.do(e.ParticipantEnded(label, "op"))
    bench.do(e.PaidOut("L1", 5, "op"))
    bench.do(e.PaidOut("L1", 2, "op"))
    assert bench.person("L1").paid_micros == 7
    bench.refused(e.PaidOut("B001", 5, "op"))
    bench.refused(e.PaidOut("L1", -5, "op"))


def test_messages_wait_for_those_who_are_not_here(bench: StudyBench) -> None:
    bench.do(e.MessageSent("L1", "Welcome", "op"))
    bench.do(e.CodeReissued("L1", "op"))
    bench.do(e.Arrived("L1", "ssh"))
    bench.do(e.MessageSent("L1", "Ten minutes left", "op"))
    bench.refused(e.NoticesRead("L1", 3))
    bench.do(e.NoticesRead("L1", 2))
    bench.ignored(e.NoticesRead("L1", 1))
    person = bench.person("L1")
    assert (person.messages_read, person.issue) == (2, 2)
    bench.do(e.AlarmRaised("L1", "same-key", "15 times 1"))
    assert person.alarms[0].what == "same-key"


def test_without_a_debrief_the_last_stage_is_the_end() -> None:
    bench = StudyBench(plan_with(stages=STAGES[:-1]))
    bench.to_stage(QUESTIONS, "L1")
    assert bench.do(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00"})) == [c.Conclude("L1")]
    assert bench.person("L1").outcome == "completed"


def test_where_no_consent_is_asked_all_who_come_take_part() -> None:
    plan = plan_with(stages=STAGES[1:], pages=(1,) * 7)
    bench = StudyBench(plan)
    bench.do(e.Arrived("L1", "ssh"))
    bench.do(e.Withdrew("L1", delete=False))
    assert bench.person("L1").stage == len(STAGES) - 2, "the debrief"
    bench.refused(e.Consented("L1", SHA))


def _calls(people: int) -> int:
    """Function calls for one participant's events in a study with so many others at work."""
    plan = plan_with(guests=tuple(Guest(f"L{number}") for number in range(people)))
    itinerary = Itinerary(plan)
    for number in range(people):
        itinerary.handle(e.Arrived(f"L{number}", "ssh"), float(number))
        itinerary.handle(e.Consented(f"L{number}", SHA), float(number))
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    for number in range(10):
        now = itinerary.now + 1.0
        itinerary.handle(e.ConnectionLost(f"L{number}"), now)
        itinerary.handle(e.SeatTaken(f"L{number}", "web"), now)
        itinerary.handle(e.PageRead(f"L{number}", PAGES, 0), now)
        assert itinerary.next_deadline > now
    sys.setprofile(None)
    return calls


def test_the_cost_of_an_event_does_not_grow_with_the_participants() -> None:
    assert _calls(1000) == _calls(20)
