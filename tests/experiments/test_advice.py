"""Advice: many settings on one crowd."""

from math import inf

import pytest
from msgspec.structs import replace

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.advice import Advice, active_batch, advise, outcomes
from clamshell_tui.experiments.advice_axes import AXES, axes, choices, current, same, settings
from clamshell_tui.experiments.advice_text import chart, kinds, sentence, table, to_csv
from clamshell_tui.experiments.baseline import Basis, changed, set_on
from clamshell_tui.experiments.fast_simulation import FastOutcome
from clamshell_tui.experiments.intervals import one_run, one_share
from clamshell_tui.report.chart_terminal import sketch

VOTED = "straggler_mitigation.vote_duplicates"
SMALL = {"pool.size": ["5", "10"], "duplicates": ["off", "2"]}


def outcome(seconds: float, dollars: float) -> FastOutcome:
    return FastOutcome(seconds, dollars, seconds / 5, 0.9, 100, 20, 0, 0, 60.0)


def advised(*points: tuple[float, float], beta: float = 0.5, now: int = 0) -> Advice:
    """Points of (hours, dollars), each of two runs around it."""
    tried = [(("pool.size", str(n + 1)),) for n in range(len(points))]
    found = [[outcome(3600 * h * factor, d * factor) for factor in (0.9, 1.1)] for h, d in points]
    return advise(tried, found, tried[now], beta=beta)


@pytest.fixture(scope="module")
def advice(basis: Basis) -> Advice:
    now = current(basis, SMALL)
    tried = choices(SMALL, now)
    return advise(tried, list(outcomes(basis, tried, 4, 1)), now, beta=0.7)


def test_best_minimises_beta_hours_and_the_rest_dollars() -> None:
    points = (1.0, 3.0), (2.0, 1.0), (4.0, 0.9), (3.0, 2.0)
    assert advised(*points, beta=0.0).best == 2
    assert advised(*points, beta=0.5).best == 1
    assert advised(*points, beta=1.0).best == 0
    assert advised(*points, beta=0.5).points[0].loss == pytest.approx(2.0)


def with_accuracy(*points: tuple[float, float], accuracy: float) -> Advice:
    """Points of (dollars, share right), each of three runs around it."""
    tried = [(("votes", str(n + 1)),) for n in range(len(points))]
    found = [
        [replace(outcome(3600, dollars), correct=right + d) for d in (-0.001, 0.0, 0.001)]
        for dollars, right in points
    ]
    return advise(tried, found, tried[0], beta=0.5, accuracy=accuracy)


def test_only_settings_that_are_right_often_enough_count() -> None:
    points = (1.0, 0.9), (2.0, 0.951), (3.0, 0.96), (4.0, 0.99)
    found = with_accuracy(*points, accuracy=0.95)
    assert (found.best, found.reached) == (2, True), "of 0.951, the interval reaches below"
    assert "at least 95.0 % of the labels right" in sentence(found)
    none = with_accuracy(*points, accuracy=0.999)
    assert (none.best, none.reached) == (3, False)
    assert sentence(none).startswith(
        "Nothing tried has 99.9 % of the labels right; the most, 99.0 %"
    )


def test_an_accuracy_to_reach_tries_votes(basis: Basis) -> None:
    found = axes(basis, accuracy=0.9)
    assert found["votes"] == ["1", "3", "5", "0.9", "0.95"]
    assert settings((("votes", "0.95"),)) == ["tasks.votes=7", "quality.confidence=0.95"]
    assert settings((("votes", "3"),)) == ["tasks.votes=3"]
    for wrong in ("0", "0.3", "2.5", "inf", "many"):
        with pytest.raises(ScenarioError, match="a number from 1, or a confidence"):
            settings((("votes", wrong),))
    assert all(int(size) >= 7 for size in found["pool.size"])


def test_more_votes_are_advised_where_labels_must_be_right(basis: Basis) -> None:
    tried = [(("votes", votes),) for votes in ("1", "0.99")]
    runs = list(outcomes(basis, tried, 4, 1))
    assert advise(tried, runs, tried[0], beta=0.0).best == 0
    assert advise(tried, runs, tried[0], beta=0.0, accuracy=0.97).best == 1


def test_the_size_of_an_active_batch_is_compared_with_the_papers(basis: Basis) -> None:
    half = replace(basis.scenario.learning, enabled=True, selector="hybrid", active_fraction=0.5)
    learning = replace(basis, scenario=replace(basis.scenario, learning=half))
    tasks = basis.scenario.tasks.records_per_task

    def size(slots: int) -> int | None:
        return active_batch(learning, (("pool.size", str(slots)), ("batches", "1")))

    assert size(2) == tasks if tasks < 10 else None
    assert size(40) == (20 * tasks if tasks > 2 else None)
    assert size(20 // tasks * 2) is None


def test_the_frontier_is_what_nothing_else_is_quicker_and_cheaper_than() -> None:
    found = advised((1.0, 3.0), (2.0, 1.0), (4.0, 0.9), (3.0, 2.0))
    assert [point.frontier for point in found.points] == [True, True, True, False]
    assert kinds(found) == ["current", "best", "frontier", "other"]


def test_axes_hold_the_settings_as_they_are_and_can_be_run(basis: Basis) -> None:
    found = axes(basis)
    assert tuple(found) == AXES
    now = current(basis, found)
    tried = choices(found, now)
    assert sum(same(each, now) for each in tried) == 1
    for each in tried[::23]:
        changed(basis, settings(each))


@pytest.mark.parametrize(
    ("told", "choice"),
    [
        ("tasks.batching=barrier", ("batches", "1")),
        ("tasks.batching=continuous", ("batches", "continuous")),
        ("straggler_mitigation.enabled=false", ("duplicates", "off")),
        ("straggler_mitigation.max_duplicates=3", ("duplicates", "3")),
        (f"tasks.votes=3 {VOTED}=unlimited", ("duplicates", "unlimited")),
    ],
)
def test_a_choice_stands_for_the_settings_of_the_run(
    basis: Basis, told: str, choice: tuple[str, str]
) -> None:
    now = current(set_on(basis, told.split()), AXES)
    assert choice in now
    assert now == current(set_on(basis, [*told.split(), *settings(now)]), AXES)


def test_without_the_barrier_a_run_that_waits_for_its_model_cannot_go(basis: Basis) -> None:
    waits = set_on(basis, ["tasks.batching=barrier", "tasks.pool_batch_ratio=3"])
    assert axes(waits)["batches"] == ["continuous", "1", "2", "3"]
    waiting = replace(waits.scenario.learning, retraining="sync")
    waits = replace(waits, scenario=replace(waits.scenario, learning=waiting))
    assert axes(waits)["batches"] == ["1", "2", "3"]


def test_a_current_setting_that_is_not_varied_over_is_tried_too(basis: Basis) -> None:
    now = current(basis, ["pool.size"])
    assert choices({"pool.size": ["3"]}, now) == [now, (("pool.size", "3"),)]


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_jobs(basis: Basis) -> None:
    tried = choices(SMALL, current(basis, SMALL))
    assert list(outcomes(basis, tried, 2, 1)) == list(outcomes(basis, tried, 2, 2))


def test_a_choice_that_cannot_be_run_is_refused_before_anything_runs(basis: Basis) -> None:
    with pytest.raises(ScenarioError, match=r"pool\.size"):
        outcomes(basis, [(("pool.size", "0"),)], 2, 1)
    with pytest.raises(ScenarioError, match="needs the records"):
        changed(basis, ["learning.selector=passive"])


def test_more_slots_are_quicker_and_duplicates_cost(advice: Advice) -> None:
    by_name = {point.name: point for point in advice.points}
    few, many = by_name["pool.size=5 duplicates=2"], by_name["pool.size=10 duplicates=2"]
    assert many.seconds.mean < few.seconds.mean
    assert by_name["pool.size=10 duplicates=off"].dollars.mean < many.dollars.mean


def test_the_sentence_says_what_to_change_and_what_that_is_worth() -> None:
    assert sentence(advised((1.0, 3.0), (2.0, 1.0))).startswith(
        "Set pool.size=2: with beta 0.5 (an hour is worth $1.00) that is best, at 2.00 "
    )
    assert sentence(advised((1.0, 1.0), (2.0, 1.0))).startswith("Stay as you are")


def test_the_sentence_names_settings_that_a_scenario_has() -> None:
    now = (("batches", "1"), ("duplicates", "2"))
    tried = [now, (("batches", "continuous"), ("duplicates", "off"))]
    found = [[outcome(2.0, 2.0), outcome(2.0, 2.1)], [outcome(1.0, 1.0), outcome(1.0, 1.1)]]
    said = sentence(advise(tried, found, now, beta=0.5))
    assert said.startswith(
        "Set tasks.batching=continuous, straggler_mitigation.enabled=false: with beta"
    )


def test_table_and_csv_have_a_row_for_each_point(advice: Advice) -> None:
    lines = table(advice, 10)
    assert lines[0].split()[:2] == ["pool", "duplicates"]
    assert sum("as it is" in line for line in lines) == 1
    assert len(to_csv(advice).splitlines()) == 1 + len(advice.points)


def test_the_chart_marks_the_best_and_the_current_point() -> None:
    found = advised((1.0, 9.0), (4.0, 1.0), (9.0, 90.0), beta=0.9, now=1)
    names = {series.name: series.xs for series in chart(found).series}
    assert names["as it is"] == (1.0,)
    assert names["best"] == (9.0,)
    assert names["other"] == (90.0,)
    lines = sketch(chart(found), 80).splitlines()
    assert lines[1].split() == ["o", "other", "+", "as", "it", "is", "*", "best"]
    assert [line.count("*") for line in lines[3:17]].count(1) == 1
    assert lines[3].endswith("o")  # the slowest and dearest: top right
    assert sketch(chart(found), 80, unicode=False).isascii()


def test_an_interval_for_one_run_is_wider_than_what_was_seen_and_never_negative() -> None:
    found = one_run([1.0, 2.0, 4.0, 8.0])
    assert 0 < found.low < 1
    assert found.high > 8
    assert one_run([3.0]).high == inf
    assert one_share([0.9, 1.0]).high == 1
