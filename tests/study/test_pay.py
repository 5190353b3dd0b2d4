"""Pay: hand-computed cases, and any case against a second implementation in exact fractions."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from clamshell_tui.study import events as e
from clamshell_tui.study.config import (
    BonusConfig,
    GateStage,
    PaymentConfig,
    QuestionnaireStage,
    WorkStage,
)
from clamshell_tui.study.pay import KINDS, Earned, in_coins, so_far, statement
from clamshell_tui.study.people import Credit, Person, StageVisit, WorkFigures
from clamshell_tui.study.plan import Plan, pay_rules
from tests.study.helpers import (
    DEBRIEF,
    GATE,
    QUESTIONS,
    SHA,
    STAGES,
    TRAINING,
    WORK,
    StudyBench,
    plan_with,
)

EURO = 1_000_000
HOUR = 3600.0


@dataclass
class Case:
    """One participant in euros, and the amounts that were computed by hand."""

    name: str
    expected: dict[str, float]
    payment: dict[str, Any]
    hours: float | None = 1.0  # from consent to the end, without absence; None: no consent
    records: float = 0.0
    waiting: float = 0.0
    gate_minutes: float = 0.0
    checks: tuple[int, int] = (0, 0)
    added: tuple[tuple[str, float], ...] = ()
    bot: bool = False


FULL: dict[str, Any] = {
    "show_up": 5.0, "hourly_floor": 12.0, "minimum": 7.0, "maximum": 20.0, "round_up_to": 0.5
}  # fmt: skip
BONUS = (BonusConfig(amount=2.0, condition="checks.accuracy >= 0.9"),)

CASES = [
    Case(
        "a decliner gets the show-up fee and nothing that tops it up",
        {"show_up": 5, "total": 5},
        FULL,
        hours=None,
    ),
    Case(
        "an eviction costs nothing that was earned",
        {"show_up": 5, "records": 9.25, "waiting": 1, "rounding": 0.25, "total": 15.5},
        FULL | {"bonus": BONUS},
        hours=0.5,
        records=9.25,
        waiting=1.0,
        checks=(10, 2),
    ),
    Case(
        "a drop-out after ten minutes gets the minimum",
        {"show_up": 5, "records": 0.4, "top_up": 1.6, "total": 7},
        FULL,
        hours=1 / 6,
        records=0.4,
    ),
    Case(
        "the hourly floor lifts slow work",
        {"show_up": 5, "records": 4, "top_up": 15, "total": 24},
        FULL | {"maximum": None},
        hours=2.0,
        records=4.0,
    ),
    Case(
        "the floor comes after the maximum, which must not undo it",
        {"show_up": 5, "records": 15, "top_up": 16, "total": 36},
        FULL,
        hours=3.0,
        records=15.0,
        waiting=8.0,
    ),
    Case(
        "the maximum shortens the bonus before the waiting",
        {"show_up": 5, "records": 10, "waiting": 4.5, "bonus": 0.5, "total": 20},
        FULL | {"bonus": BONUS},
        records=10.0,
        waiting=4.5,
        checks=(10, 9),
    ),
    Case(
        "... then the waiting before the stages",
        {"show_up": 5, "records": 13, "waiting": 1.0, "stages": 1, "total": 20},
        FULL | {"bonus": BONUS},
        records=13.0,
        waiting=4.0,
        gate_minutes=20.0,
        checks=(10, 9),
    ),
    Case(
        "... and never the records",
        {"show_up": 5, "records": 30, "total": 35},
        FULL | {"bonus": BONUS},
        records=30.0,
        waiting=4.0,
        gate_minutes=20.0,
        checks=(10, 9),
    ),
    Case(
        "the total is rounded up once, not its parts",
        {"show_up": 5, "records": 6.01, "waiting": 1.01, "rounding": 0.48, "total": 12.5},
        FULL,
        records=6.01,
        waiting=1.01,
    ),
    Case(
        "without a step the total is rounded up to the cent",
        {"records": 0.123456, "rounding": 0.006544, "total": 0.13},
        {},
        records=0.123456,
    ),
    Case(
        "there are no cents of a yen",
        {"records": 12.3, "rounding": 0.7, "total": 13},
        {"currency": "JPY"},
        records=12.3,
    ),
    Case(
        "nothing is rounded up to a coin",
        {"total": 0},
        {"round_up_to": 0.5},
        hours=None,
    ),
    Case(
        "a bonus needs its share of the checks",
        {"records": 3, "total": 3},
        {"bonus": BONUS},
        records=3.0,
        checks=(10, 8),
    ),
    Case(
        "a bonus for checks needs checks",
        {"records": 3, "total": 3},
        {"bonus": BONUS},
        records=3.0,
    ),
    Case(
        "the gate is paid, like waiting",
        {"stages": 0.5, "total": 0.5},
        {},
        gate_minutes=10.0,
    ),
    Case(
        "what an operator adds comes on top of maximum and floor",
        {"show_up": 5, "records": 15, "bonus": 3, "correction": 1.5, "total": 24.5},
        FULL,
        records=15.0,
        added=(("bonus", 3.0), ("correction", 1.0), ("correction", 0.5)),
    ),
    Case("a bot is never paid", {"total": 0}, FULL, records=3.0, bot=True),
]


def _plan(payment: dict[str, Any]) -> Plan:
    rules = pay_rules(PaymentConfig(**({"currency": "EUR"} | payment)), per_minute=0.05)
    return plan_with(pay=rules)


def _person(case: Case) -> Person:
    ended = 10_000.0
    return Person(
        label="L1",
        bot=case.bot,
        arrived_at=0.0,
        consented_at=None if case.hours is None else 60.0,
        present_seconds=(case.hours or 0.0) * HOUR,
        stages=[StageVisit(GATE, 1, 100.0, ended, "open", case.gate_minutes * 60)],
        work=WorkFigures(100, *case.checks),
        outcome="completed",
        ended_at=ended,
        credits=[Credit(0.0, kind, round(x * EURO), "?", "op") for kind, x in case.added],  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_rule_by_hand(case: Case) -> None:
    earned = Earned(round(case.records * EURO), round(case.waiting * EURO))
    found = statement(_plan(case.payment), _person(case), earned, 20_000.0)
    amounts = {kind: found.of(kind) for kind in KINDS} | {"total": found.total}
    expected = {kind: round(amount * EURO) for kind, amount in case.expected.items()}
    assert {kind: amount for kind, amount in amounts.items() if amount} == {
        kind: amount for kind, amount in expected.items() if amount
    }
    assert sum(row.micros for row in found.rows) == found.total
    assert {row.kind for row in found.rows} <= set(KINDS)


def test_a_rehearsal_sees_what_people_would_get() -> None:
    case = CASES[-1]
    found = statement(_plan(case.payment), _person(case), Earned(3 * EURO), 0.0, bots_too=True)
    assert found.total == 12 * EURO


def _oracle(case: Case) -> Fraction:
    """The rules once more, in exact euros, written from the specification."""
    pay = PaymentConfig(**case.payment)
    euro = {"show_up": Fraction(str(pay.show_up)), "records": Fraction(str(case.records))}
    stages = Fraction(str(case.gate_minutes)) * Fraction("0.05")
    waiting = Fraction(str(case.waiting))
    asked, right = case.checks
    bonus = sum(
        (Fraction(str(each.amount)) for each in pay.bonus if asked and right / asked >= 0.9),
        Fraction(),
    )
    total = sum(euro.values()) + stages + waiting + bonus
    if pay.maximum is not None:
        total = max(min(total, Fraction(str(pay.maximum))), sum(euro.values(), Fraction()))
    if case.hours is not None:
        floor = Fraction(str(pay.hourly_floor)) * Fraction(str(case.hours))
        total = max(total, floor, Fraction(str(pay.minimum)))
    total += sum(Fraction(str(amount)) for _, amount in case.added)
    step = max(Fraction(str(pay.round_up_to)), Fraction("0.01"))
    return ceil(total / step) * step


def test_any_case_equals_the_sum_of_a_second_implementation() -> None:
    rng = Random(3)
    for _ in range(400):
        case = Case(
            "",
            {},
            {
                "show_up": rng.choice([0.0, 5.0]),
                "hourly_floor": rng.choice([0.0, 12.0]),
                "minimum": rng.choice([0.0, 6.0]),
                "maximum": rng.choice([None, 8.0, 20.0]),
                "round_up_to": rng.choice([0.0, 0.5, 1.0]),
                "bonus": rng.choice([(), BONUS, (*BONUS, *BONUS)]),
            },
            hours=rng.choice([None, 0.25, 1.5]),
            records=rng.randrange(2000) / 100,
            waiting=rng.randrange(500) / 100,
            gate_minutes=float(rng.randrange(40)),
            checks=rng.choice([(0, 0), (10, 9), (10, 8)]),
            added=rng.choice([(), (("bonus", 1.25),), (("correction", 0.01),)]),
        )
        earned = Earned(round(case.records * EURO), round(case.waiting * EURO))
        found = statement(_plan(case.payment), _person(case), earned, 0.0)
        assert found.total == _oracle(case) * EURO, case
        assert all(row.micros > 0 for row in found.rows), "nothing is deducted"
        assert sum(row.micros for row in in_coins(found).rows) == found.total


def test_the_rows_that_people_read_are_in_coins_and_add_up() -> None:
    case = Case("", {}, {"show_up": 5.0, "round_up_to": 0.5}, records=3.126, waiting=0.412345)
    earned = Earned(round(case.records * EURO), round(case.waiting * EURO))
    found = in_coins(statement(_plan(case.payment), _person(case), earned, 0.0))
    cents = {row.kind: row.micros / 10_000 for row in found.rows}
    assert cents == {"show_up": 500, "records": 312, "waiting": 41, "rounding": 47}
    assert (sum(cents.values()), found.total) == (900, 9 * EURO)


# -- from the events --------------------------------------------------------------------------


@pytest.fixture
def bench() -> StudyBench:
    stages = list(STAGES)
    stages[GATE] = GateStage(people=3, timeout=600.0, otherwise="wait")
    questions = STAGES[QUESTIONS]
    assert isinstance(questions, QuestionnaireStage)
    stages[QUESTIONS] = replace(questions, paid=True)
    payment = PaymentConfig(show_up=1.0, hourly_floor=24.0)
    return StudyBench(plan_with(stages=tuple(stages), pay=pay_rules(payment, 0.06)))


def test_absence_is_neither_paid_nor_in_the_hourly_floor(bench: StudyBench) -> None:
    bench.do(e.Arrived("L1", "ssh"))
    bench.do(e.Consented("L1", SHA), after=500.0)  # reading the consent is before the clock
    bench.to_stage_from(GATE, "L1")
    bench.wait(300.0)
    bench.do(e.ConnectionLost("L1", bench.now), after=30.0)
    bench.do(e.SeatTaken("L1", "web"), after=20.0)
    bench.wait(60.0)
    person = bench.person("L1")
    found = statement(bench.itinerary.plan, person, Earned(), bench.now)
    assert found.of("stages") == round(0.06 * 6 * EURO)  # 300 s and 60 s
    assert person.present(bench.now) == 360.0
    assert found.total == round(24.0 * 360 / 3600 * EURO) + found.of("rounding")


def test_pay_stands_still_after_the_end(bench: StudyBench) -> None:
    bench.to_stage(DEBRIEF, "L1")
    earned = Earned(2 * EURO, 1 * EURO)
    before = statement(bench.itinerary.plan, bench.person("L1"), earned, bench.now)
    bench.wait(1000.0)
    bench.do(e.PageRead("L1", DEBRIEF, 0))
    assert bench.person("L1").concluded
    after = statement(bench.itinerary.plan, bench.person("L1"), earned, bench.now + 1e6)
    assert after == before


def test_only_gates_and_paid_stages_are_paid_by_the_minute(bench: StudyBench) -> None:
    plan = bench.itinerary.plan
    bench.to_stage(TRAINING, "L1")
    bench.wait(60.0)
    assert statement(plan, bench.person("L1"), Earned(), bench.now).of("stages") == 0
    bench.to_stage(WORK, "L2")
    bench.wait(60.0)
    assert statement(plan, bench.person("L2"), Earned(), bench.now).of("stages") == 0
    bench.work_ended("L2")
    bench.wait(120.0)
    assert statement(plan, bench.person("L2"), Earned(), bench.now).of("stages") == 120_000


@pytest.mark.parametrize(
    "payment",
    [
        {"show_up": 5.0, "round_up_to": 0.5},
        {"minimum": 1.5, "round_up_to": 0.5},
        {"hourly_floor": 2.0},
        {"hourly_floor": 9.0},
        {"maximum": 0.4, "round_up_to": 0.1},
        {"bonus": (BonusConfig(amount=2.0, condition="minutes < 0.5"),)},
    ],
    ids=str,
)
def test_the_pay_that_is_shown_never_falls_from_one_look_to_the_next(
    payment: dict[str, Any],
) -> None:
    stages = list(STAGES)
    stages[GATE], stages[WORK] = GateStage(people=3, timeout=5000.0), WorkStage(minutes=100.0)
    pay = pay_rules(PaymentConfig(**payment), 0.06)
    bench = StudyBench(plan_with(stages=tuple(stages), pay=pay))
    plan, rng, shown, grows = bench.itinerary.plan, Random(1), 0.0, 0
    bench.to_stage(GATE, "L1")
    for at_work in (False, True):
        if at_work:
            bench.do(e.StartRequested(GATE, "op"))
            bench.do(e.WorkEntered("L1"))
        waited = 0
        for _ in range(12):
            seconds = rng.randrange(1, 90)
            bench.wait(seconds)
            waited += seconds * at_work
            looked = shown + grows * seconds / 60
            earned = Earned(waiting=1000 * waited)
            rate = 60_000 if at_work else 0
            shown, grows = so_far(plan, bench.person("L1"), earned, bench.now, rate)
            assert shown >= int(looked), bench.now
        grows = 0
    bench.work_ended("L1", records=3)
    bench.do(e.QuestionsAnswered("L1", QUESTIONS, {"age": "00"}))
    total = statement(plan, bench.person("L1"), earned, bench.now).total
    assert total >= shown
    assert so_far(plan, bench.person("L1"), earned, bench.now, 0) == (total, 0)
