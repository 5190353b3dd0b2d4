"""The flow of participants, counted by hand."""

import pytest

from clamshell_tui.report.study_text import study_lines
from clamshell_tui.study import events as e
from clamshell_tui.study.metrics import FinishedStudy
from clamshell_tui.study.pay import Earned, statement
from clamshell_tui.study.plan import Guest, PayRules
from clamshell_tui.study.summary import Flow, summarise
from tests.study.helpers import (
    CONSENT,
    DEBRIEF,
    PAGES,
    QUALIFICATION,
    QUESTIONS,
    SHA,
    WORK,
    StudyBench,
    plan_with,
)

EURO = 1_000_000


def test_each_participant_is_counted_where_they_are() -> None:
    guests = tuple(Guest(f"L{number}", "alone" if number < 4 else None) for number in range(1, 10))
    bench = StudyBench(plan_with(guests=guests, pay=PayRules("EUR", show_up=EURO)))
    bench.to_stage(WORK, "L1", "L2", "L3", "B001")
    bench.wait(1200.0)  # the minutes of the work are over after 600 s
    for label in ("L1", "L2", "L3", "B001"):
        bench.work_ended(label, "time")
    bench.do(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00"}))
    bench.do(e.Withdrew("L2", delete=True))
    bench.do(e.ConnectionLost("L3"))
    bench.to_stage(CONSENT, "L4", "L5")
    bench.do(e.Declined("L4", SHA))
    bench.to_stage(QUALIFICATION, "L6")
    for record in ("q1", "q2"):
        bench.do(e.RecordTried("L6", QUALIFICATION, record, 1 if record == "q1" else 0))
    bench.to_stage(PAGES, "L7")
    bench.do(e.ParticipantEnded("L7", "op"))
    bench.wait(60.0)
    assert bench.person("L1").stage == DEBRIEF

    plan, people = bench.itinerary.plan, bench.itinerary.people.values()
    earned = {"L1": Earned(records=6 * EURO)}
    found = summarise(plan, people, earned, bench.now)
    none, helped, alone = found.flows
    assert found.total == Flow("", 9, 7, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1)
    assert alone == Flow("alone", 3, 3, 3, 3, 3, 1, 0, 0, 1, 1, 0, 0)
    assert helped == Flow("helped", *[0] * 12)
    assert none == Flow("", 6, 4, 2, 0, 0, 0, 1, 1, 0, 0, 1, 1)
    assert found.owed == 13 * EURO
    work = found.stages[WORK]
    assert (work.kind, work.visits, work.median) == ("work", 3, 1200.0)
    assert (found.per_hour, found.per_hour_least) == (3 * EURO, 3 * EURO), "21, 3 and 3 an hour"


def test_before_anybody_came_a_summary_has_one_line() -> None:
    bench = StudyBench(plan_with())
    found = summarise(bench.itinerary.plan, bench.itinerary.people.values(), {}, bench.now)
    invited = len(bench.itinerary.plan.guests)
    assert list(study_lines("hurry", found))[2:] == [
        f"nobody of {invited} participants has come yet"
    ]


def test_bots_are_summarised_apart_and_as_if_they_were_paid() -> None:
    bench = StudyBench(plan_with(pay=PayRules("EUR", show_up=EURO)))
    bench.to_stage(DEBRIEF, "B001", "B002")
    plan, people = bench.itinerary.plan, bench.itinerary.people.values()
    found = summarise(plan, people, {}, bench.now, bots=True)
    assert (found.total.arrived, found.total.completed, found.owed) == (2, 2, 2 * EURO)
    assert summarise(plan, people, {}, bench.now).total.arrived == 0


def test_who_declines_counts_in_no_time_and_in_no_pay_by_the_hour() -> None:
    bench = StudyBench(plan_with(pay=PayRules("EUR", show_up=EURO)))
    bench.to_stage(CONSENT, "L1")
    bench.wait(30.0)
    bench.do(e.Declined("L1", SHA))
    bench.to_stage(PAGES, "L2")
    bench.wait(3600.0)
    bench.do(e.ParticipantEnded("L2", "op"))
    plan, people = bench.itinerary.plan, bench.itinerary.people
    assert people["L1"].present_seconds > 0
    pay = {label: statement(plan, people[label], Earned(), bench.now) for label in ("L1", "L2")}
    study = FinishedStudy(plan, tuple(people.values()), pay, {})
    assert study.value("minutes.median") == people["L2"].present_seconds / 60
    assert study.value("pay.least_an_hour") == pytest.approx(1.0, rel=0.01)
    assert study.value("pay.least") == 1.0
