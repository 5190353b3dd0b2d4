"""Means, ratios, and how sure they are."""

from math import inf

import pytest
from scipy import stats

from clamshell_tui.experiments.intervals import interval, paired_ratio, ratio_of_means


def test_an_interval_is_students_t() -> None:
    values = [3.0, 4.5, 5.0, 7.5, 6.0]
    expected = stats.t.interval(0.95, 4, loc=5.2, scale=stats.sem(values))
    found = interval(values)
    assert found.mean == pytest.approx(5.2)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-6)
    assert found.half == pytest.approx((expected[1] - expected[0]) / 2)


def test_one_value_is_sure_of_nothing() -> None:
    assert interval([2.0]) == (2.0, -inf, inf)
    ratio = paired_ratio([2.0], [4.0])
    assert ratio.mean == pytest.approx(0.5)
    assert (ratio.low, ratio.high) == (0.0, inf)


def test_pairs_cancel_what_they_share() -> None:
    """A policy that always takes 0.8 of the time is known exactly, however the crowds differ."""
    base = [10.0, 500.0, 3.0, 70.0]
    found = paired_ratio([0.8 * value for value in base], base)
    assert found == pytest.approx((0.8, 0.8, 0.8))


def test_a_ratio_and_its_inverse_tell_the_same() -> None:
    a, b = [1.0, 2.0, 4.0], [2.0, 1.0, 1.0]
    there, back = paired_ratio(a, b), paired_ratio(b, a)
    assert there.mean == pytest.approx(1 / back.mean)
    assert there.low == pytest.approx(1 / back.high)


def test_nothing_has_no_mean_and_zero_no_ratio() -> None:
    with pytest.raises(ValueError, match="no values"):
        interval([])
    with pytest.raises(ValueError, match="positive"):
        paired_ratio([1.0], [0.0])
    with pytest.raises(ValueError, match="longer"):
        paired_ratio([1.0], [1.0, 2.0])


def test_a_ratio_of_means_takes_zeros_and_is_about_as_sure_as_its_values() -> None:
    found = ratio_of_means([0.0, 4.0, 2.0, 2.0], [4.0, 4.0, 4.0, 4.0])
    plain = interval([0.0, 1.0, 0.5, 0.5])
    assert found == pytest.approx(plain)


def test_a_ratio_of_means_of_proportional_values_is_certain() -> None:
    assert ratio_of_means([1.0, 2.0, 5.0], [2.0, 4.0, 10.0]) == pytest.approx((0.5, 0.5, 0.5))


def test_a_ratio_of_means_over_nothing_is_open() -> None:
    found = ratio_of_means([1.0, 2.0], [0.0, 0.0])
    assert found == (inf, -inf, inf)
    with pytest.raises(ValueError, match="no values"):
        ratio_of_means([], [])
