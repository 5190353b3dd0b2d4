"""Tail probabilities for the maintainer's tests, without a numerical library.

Checked against scipy.stats in the tests.
"""

from functools import lru_cache
from math import atan, cos, erfc, exp, lgamma, log, pi, sin, sqrt

_NORMAL_ABOVE = 200  # degrees of freedom from which Student's t is taken as normal


def normal_sf(z: float) -> float:
    """Return P(Z > z) for a standard normal Z."""
    return 0.5 * erfc(z / sqrt(2.0))


def student_t_sf(t: float, freedom: int) -> float:
    """Return P(T > t) for Student's t with an integer number of degrees of freedom >= 1.

    The finite trigonometric series (Abramowitz and Stegun, 26.7.3 and 26.7.4); above 200 degrees
    of freedom the normal approximation of their 26.7.8, good to 1e-5.
    """
    if t < 0:
        return 1.0 - student_t_sf(-t, freedom)
    if freedom > _NORMAL_ABOVE:
        z = t * (1.0 - 1.0 / (4.0 * freedom)) / sqrt(1.0 + t * t / (2.0 * freedom))
        return normal_sf(z)
    angle = atan(t / sqrt(freedom))
    square = cos(angle) ** 2
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    within = 2.0 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
    return max(0.0, 0.5 * (1.0 - within))


@lru_cache(maxsize=1024)
def student_t_critical(significance: float, freedom: int) -> float:
    """Return t with P(T > t) = ``significance``, by bisection."""
    low, high = 0.0, 1.0
    while student_t_sf(high, freedom) > significance:
        high *= 2.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if student_t_sf(middle, freedom) > significance:
            low = middle
        else:
            high = middle
    return high


def chi_square_sf(x: float, freedom: int) -> float:
    """Return P(X > x) for chi-square, by the cube-root approximation (Wilson, Hilferty 1931)."""
    if x <= 0:
        return 1.0
    spread = 2.0 / (9.0 * freedom)
    return normal_sf(((x / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / sqrt(spread))


def binomial_cdf(right: int, n: int, chance: float) -> float:
    """Return P(X <= right) for X right answers of ``n``, each with probability ``chance``; exact.

    Adds the terms of the shorter tail, largest first, until they no longer count: some sqrt(n).
    """
    if right < 0:
        return 0.0
    if right >= n or chance <= 0.0:
        return 1.0
    if chance >= 1.0:
        return 0.0
    if right >= chance * n:  # the upper tail is the shorter one
        return 1.0 - _lower_tail(n - right - 1, n, 1.0 - chance)
    return _lower_tail(right, n, chance)


def _lower_tail(right: int, n: int, chance: float) -> float:
    choices = lgamma(n + 1) - lgamma(right + 1) - lgamma(n - right + 1)
    term = exp(choices + right * log(chance) + (n - right) * log(1.0 - chance))
    total = 0.0
    while term > total * 1e-17:
        total += term
        term *= right * (1.0 - chance) / ((n - right + 1) * chance)
        right -= 1
    return total
