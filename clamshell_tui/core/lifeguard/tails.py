"""Tail probabilities for the maintainer's tests, without a numerical library.

Checked against scipy.stats in the tests.
"""

from functools import lru_cache
from math import atan, cos, erfc, pi, sin, sqrt

_NORMAL_ABOVE = 200  # degrees of freedom from which Student's t is taken as normal


def normal_sf(z: float) -> float:
    """P(Z > z) for a standard normal Z."""
    return 0.5 * erfc(z / sqrt(2.0))


def student_t_sf(t: float, freedom: int) -> float:
    """P(T > t) for Student's t with an integer number of degrees of freedom >= 1.

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
    """The t that P(T > t) = ``significance``, by bisection."""
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
    """P(X > x) for chi-square, by the cube-root approximation (Wilson and Hilferty 1931)."""
    if x <= 0:
        return 1.0
    spread = 2.0 / (9.0 * freedom)
    return normal_sf(((x / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / sqrt(spread))
