"""Our own tail probabilities against scipy.stats."""

import pytest
from scipy import stats

from clamshell_tui.core.lifeguard.tails import (
    chi_square_sf,
    normal_sf,
    student_t_critical,
    student_t_sf,
)


@pytest.mark.parametrize("z", [-3.0, -0.5, 0.0, 1.0, 1.96, 5.0, 9.0])
def test_the_normal_tail_is_exact(z: float) -> None:
    assert normal_sf(z) == pytest.approx(stats.norm.sf(z), rel=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 30, 99, 200])
@pytest.mark.parametrize("t", [-2.5, 0.0, 0.3, 1.7, 2.5, 6.0])
def test_the_tail_of_student_is_exact_up_to_200_degrees(t: float, freedom: int) -> None:
    assert student_t_sf(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("freedom", [201, 500, 5000])
@pytest.mark.parametrize("t", [-2.0, 0.0, 1.0, 1.65, 3.0])
def test_beyond_that_it_is_good_to_five_digits(t: float, freedom: int) -> None:
    assert student_t_sf(t, freedom) == pytest.approx(stats.t.sf(t, freedom), abs=1e-5)


@pytest.mark.parametrize("freedom", [1, 2, 7, 30, 150])
@pytest.mark.parametrize("significance", [0.2, 0.05, 0.01, 0.001])
def test_the_critical_value_cuts_off_the_significance(significance: float, freedom: int) -> None:
    expected = stats.t.isf(significance, freedom)
    assert student_t_critical(significance, freedom) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("freedom", [2, 3, 5, 10, 50])
@pytest.mark.parametrize("upper", [0.5, 0.1, 0.05, 0.01])
def test_the_tail_of_chi_square_is_good_to_half_a_percent(upper: float, freedom: int) -> None:
    x = float(stats.chi2.isf(upper, freedom))
    assert chi_square_sf(x, freedom) == pytest.approx(upper, abs=5e-3)


def test_nothing_is_below_zero_in_a_chi_square() -> None:
    assert chi_square_sf(0.0, 3) == 1.0
