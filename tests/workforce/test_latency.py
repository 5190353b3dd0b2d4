"""The distributions of a worker's latency have the means and deviations that were asked for."""

from math import exp
from random import Random
from statistics import fmean, pstdev

import pytest

from clamshell_tui.workforce.draws import beta, normal_expectation
from clamshell_tui.workforce.latency import latency_of
from clamshell_tui.workforce.person import Person


def draws(distribution: str, mean: float, deviation: float, n_records: int = 1) -> list[float]:
    rng = Random(f"{distribution} {mean}")
    latency = latency_of(distribution, mean, deviation)
    return [latency.seconds(n_records, 0, rng) for _ in range(20_000)]


@pytest.mark.parametrize("distribution", ["lognormal", "gamma", "normal"])
def test_draws_have_the_mean_and_deviation_asked_for(distribution: str) -> None:
    drawn = draws(distribution, 10.0, 2.0)
    assert fmean(drawn) == pytest.approx(10.0, rel=0.01)
    assert pstdev(drawn) == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("distribution", ["lognormal", "gamma", "normal"])
def test_very_variable_draws_are_positive_and_have_the_stated_mean(distribution: str) -> None:
    drawn = draws(distribution, 4.0, 8.0)
    stated = latency_of(distribution, 4.0, 8.0).mean_per_label(1)
    assert min(drawn) > 0
    assert fmean(drawn) == pytest.approx(stated, rel=0.06)


@pytest.mark.parametrize("distribution", ["lognormal", "gamma", "normal"])
def test_even_the_widest_deviation_allowed_gives_positive_draws(distribution: str) -> None:
    assert min(draws(distribution, 0.001, 0.02)) > 0


def test_truncation_raises_the_mean_of_a_wide_normal() -> None:
    """4 + 8 pdf(1/2) / cdf(1/2) of the standard normal."""
    assert latency_of("normal", 4.0, 8.0).mean_per_label(1) == pytest.approx(8.0732, abs=1e-3)


def test_one_draw_decides_the_pace_of_a_whole_task() -> None:
    drawn = draws("lognormal", 10.0, 2.0, n_records=5)
    assert fmean(drawn) == pytest.approx(50.0, rel=0.01)
    assert pstdev(drawn) == pytest.approx(10.0, rel=0.03)


@pytest.mark.parametrize(("distribution", "deviation"), [("fixed", 3.0), ("normal", 0.0)])
def test_without_deviation_every_task_takes_as_long(distribution: str, deviation: float) -> None:
    assert set(draws(distribution, 2.5, deviation, n_records=4)) == {10.0}
    assert latency_of(distribution, 2.5, deviation).mean_per_label(4) == 2.5


def test_normal_expectations_are_exact_to_six_digits() -> None:
    assert normal_expectation(lambda z: z**4) == pytest.approx(3.0, abs=1e-6)
    assert normal_expectation(lambda z: exp(1.5 * z)) == pytest.approx(exp(1.125), rel=1e-6)


def test_a_beta_without_deviation_is_its_mean() -> None:
    assert beta(Random(1), 0.8, 0.0) == 0.8


def test_wrong_answers_are_uniform_over_the_other_classes() -> None:
    person = Person(latency_of("fixed", 1, 0), accuracy=0.7, n_classes=4)
    answers = person.labels([2] * 40_000, Random(3))
    shares = [answers.count(label) / 40_000 for label in range(4)]
    assert shares == pytest.approx([0.1, 0.1, 0.7, 0.1], abs=0.01)


@pytest.mark.parametrize(("accuracy", "expected"), [(1.0, {1}), (0.0, {0})])
def test_certain_accuracies_leave_nothing_to_chance(accuracy: float, expected: set[int]) -> None:
    person = Person(latency_of("fixed", 1, 0), accuracy, n_classes=2)
    assert set(person.labels([1] * 1000, Random(3))) == expected


def test_a_confusion_matrix_decides_the_answers_class_by_class() -> None:
    confusion = [[0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]]
    person = Person(latency_of("fixed", 1, 0), accuracy=0.1, n_classes=3, confusion=confusion)
    assert person.accuracy == pytest.approx(0.8)
    for true, row in enumerate(confusion):
        answers = person.labels([true] * 20_000, Random(true))
        assert [answers.count(label) / 20_000 for label in range(3)] == pytest.approx(
            row, abs=0.012
        )
