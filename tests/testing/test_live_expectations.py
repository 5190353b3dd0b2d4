"""Expectations of a live run: the same, with the slack that an expectation itself allows."""

import pytest

from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.testing.case import SeedResult
from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.live.conformance import Conformance, ConformanceRow, Tolerance, drawn
from clamshell_tui.testing.live.trial import live_case
from clamshell_tui.testing.verdict import judge
from tests.testing.conftest import Write


@pytest.mark.parametrize(
    ("limits", "live", "holds", "fails"),
    [
        ({"is_": 40.0}, 0.1, [36.0, 44.0], [35.9, 44.1]),
        ({"at_most": 40.0}, 0.1, [1.0, 44.0], [44.1]),
        ({"below": 40.0}, 0.1, [43.9], [44.0]),
        ({"at_least": 40.0, "at_most": 50.0}, 0.1, [36.0, 55.0], [35.0, 56.0]),
        ({"above": 40.0}, True, [40.1], [40.0]),
    ],
)
def test_a_number_may_miss_its_limit_by_the_slack(
    limits: dict[str, float], live: bool | float, holds: list[float], fails: list[float]
) -> None:
    expectation = Expectation(metric="seconds", live=live, **limits)  # type: ignore[arg-type]
    assert all(expectation.holds_live(value) for value in holds)
    assert not any(expectation.holds_live(value) for value in [*fails, None])


def test_slack_is_for_live_runs_only() -> None:
    expectation = Expectation(metric="seconds", at_most=40.0, live=0.1)
    assert expectation.holds_live(43.0)
    assert not expectation.holds(43.0)


def test_what_makes_sense_in_virtual_time_only_is_left_out_with_its_runs(write: Write) -> None:
    virtual = 'metric = "seconds"\ncompared_with = "pool.size=2"\nis = 1\nlive = false'
    case = live_case(load_case(write('metric = "labels.delivered"\nis = 45', virtual)))
    assert [each.metric for each in case.expectations] == ["labels.delivered"]
    assert list(case.variants) == [()]


def test_of_three_seeds_two_are_enough_for_what_need_not_always_hold(write: Write) -> None:
    often = Expectation(metric="seconds", below=1.0, in_="18 of 20")
    assert [often.required(seeds) for seeds in (1, 3, 20)] == [1, 2, 18]


def test_the_replay_of_a_live_failure_is_live(write: Write) -> None:
    case = live_case(load_case(write('metric = "labels.delivered"\nis = 45')))
    verdict = judge(case, [SeedResult(0, broken="died")])
    assert verdict.replay(0).startswith("clamshell test --live ")


def test_the_larger_of_share_and_amount_is_tolerated() -> None:
    row = ConformanceRow("work.duplicates", 8.0, (11.0,), Tolerance(0.25, 3))
    assert row.agrees(11.0)
    assert not row.agrees(12.0)
    assert row._replace(simulated=100.0).agrees(125.0)
    assert not row.agrees(None)
    assert str(row.tolerance) == "25% or 3"


def test_the_comparison_of_three_clocks_fits_a_terminal_and_keeps_its_heads() -> None:
    row = ConformanceRow("work.over_assignments", 1234.0, (1300.0, 2000.0), Tolerance(0.25, 3))
    lines = drawn(Conformance("three-clocks", (30.0, 1.0), (row,)), 80).splitlines()
    assert lines == [
        "three-clocks           simulated  live 30x   live 1x  tolerance",
        "work.over_assignments      1,234     1,300  2,000 NO   25% or 3",
        "1 of 2 are too far off",
    ]
    lines = drawn(Conformance("three-clocks", (30.0, 1.0), (row,)), 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[3:5] == [
        "three-clocks           tolerance",
        "work.over_assignments   25% or 3",
    ]
