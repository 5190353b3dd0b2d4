"""Our own tail probabilities against scipy.stats."""

import pytest
from scipy import stats

from clamshell_tui.core.lifeguard.tails import (
    binomial_cdf,
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


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [1, 5, 6, 20, 137, 20_000])
def test_the_tail_of_the_binomial_is_exact(n: int, chance: float) -> None:
    middle = round(n * chance)
    rights = {0, 1, n // 2, middle - 1, middle, middle + 1, n - 1, n, middle - round(n**0.5)}
    for right in rights & set(range(n + 1)):
        expected = stats.binomtest(right, n, chance, alternative="less").pvalue
        assert binomial_cdf(right, n, chance) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_a_chance_of_nothing_or_of_all_has_no_tail() -> None:
    assert [binomial_cdf(right, 5, 0.0) for right in (0, 3, 5)] == [1.0, 1.0, 1.0]
    assert [binomial_cdf(right, 5, 1.0) for right in (0, 4, 5)] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("freedom", [2, 3, 5, 10, 50])
@pytest.mark.parametrize("upper", [0.5, 0.1, 0.05, 0.01])
def test_the_tail_of_chi_square_is_good_to_half_a_percent(upper: float, freedom: int) -> None:
    x = float(stats.chi2.isf(upper, freedom))
    assert chi_square_sf(x, freedom) == pytest.approx(upper, abs=5e-3)


def test_nothing_is_below_zero_in_a_chi_square() -> None:
    assert chi_square_sf(0.0, 3) == 1.0
