"""Numbers and times as people write them on axes: short, and no finer than they are known."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_TIMES = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 14_400, 21_600, 43_200, 86_400),
)


def nice_step(span: float, count: int) -> float:
    """1, 2 or 5 times a power of ten, so that at most ``count`` steps lie in ``span``."""
    raw = max(span, 1e-300) / max(1, count)
    power = 10.0 ** floor(log10(raw))
    for factor in (1, 2, 5):
        if raw <= factor * power * (1 + 1e-9):
            return factor * power
    return 10 * power


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from ``low`` to ``high``, about ``count`` of them and never none in vain."""
    if not isfinite(high - low) or high <= low:
        return [low] if isfinite(low) else []
    step = nice_step(high - low, count)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Powers of ten within, with their doubles and fives where there is room."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(found) <= max(2, count):
            return found
    return found[:: ceil(len(found) / max(1, count))]


def number(value: float, step: float = 0.0) -> str:
    """``value`` with as many decimals as ``step`` has: 0.25, 12, 1.5k, 3M."""
    for size, suffix in _SUFFIXES:
        if abs(value) >= 10 * size or (abs(value) >= size and not step % (size / 10)):
            return f"{value / size:.4g}{suffix}"
    if step <= 0:
        return f"{value:.4g}"
    decimals = max(0, -floor(log10(step) + 1e-9))
    return f"{value:.{decimals}f}" if decimals <= 6 else f"{value:.3g}"


def numbers(values: Sequence[float]) -> list[str]:
    """Labels of ticks, all with the same decimals."""
    step = values[1] - values[0] if len(values) > 1 else 0.0
    return [number(value, abs(step)) for value in values]


def time_step(least: float) -> float:
    """The smallest customary span of time of ``least`` seconds or more."""
    return next((step for step in _TIMES if step >= least), ceil(least / 86_400) * 86_400.0)


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds as 0:07.5, 12:30 or 1:02:03; parts of a second only where ``step`` has them."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    tenths = round(seconds * 10) if step < 1 else round(seconds) * 10
    whole, part = divmod(tenths, 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f".{part}" if step < 1 else ""
    if hours:
        return f"{sign}{hours}:{minutes:02}:{rest:02}{tail}"
    return f"{sign}{minutes}:{rest:02}{tail}"
