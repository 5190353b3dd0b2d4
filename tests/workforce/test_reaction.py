"""Reaction to new work after a wait, and the termination notice."""

from random import Random
from statistics import fmean, median

import pytest

from clamshell_tui.workforce.reaction import (
    away_probability,
    notice_seconds,
    reaction_seconds,
)


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0.5, 0.12), (1, 0.12), (2, 0.20), (5, 0.24), (10, 0.42), (30, 0.60)]
)
def test_attention_wanders_as_the_table_says(minutes: float, expected: float) -> None:
    assert away_probability(60 * minutes) == pytest.approx(expected)


def test_attention_is_interpolated_in_log_time() -> None:
    assert away_probability(60 * (10 * 30) ** 0.5) == pytest.approx(0.51)


@pytest.mark.parametrize(("waited", "expected"), [(1e-9, 0.12), (3.0, 0.12), (1e6, 0.60)])
def test_attention_stays_level_outside_the_table(waited: float, expected: float) -> None:
    assert away_probability(waited) == expected


def test_nobody_needs_to_react_straight_after_an_answer() -> None:
    assert reaction_seconds(0.0, Random(1)) == 0.0


@pytest.mark.parametrize(("waited", "low", "high"), [(20.0, 1.8, 2.1), (1800.0, 4.0, 6.5)])
def test_the_longer_the_wait_the_slower_the_reaction(
    waited: float, low: float, high: float
) -> None:
    rng = Random(2)
    reactions = [reaction_seconds(waited, rng) for _ in range(10_000)]
    assert low < median(reactions) < high
    assert min(reactions) > 0


def test_a_termination_notice_costs_about_two_seconds() -> None:
    rng = Random(3)
    notices = [notice_seconds(rng) for _ in range(10_000)]
    assert median(notices) == pytest.approx(2.0, rel=0.03)
    assert fmean(notices) == pytest.approx(2.266, rel=0.03)  # 2 exp(0.5**2 / 2)
