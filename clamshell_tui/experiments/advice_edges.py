"""Where the best of what was tried lies at an edge: values beyond it, which may be better still."""

from collections.abc import Iterable
from contextlib import suppress
from math import inf

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.advice import Advice, settings
from clamshell_tui.experiments.basis import Basis, changed

_LOWER, _HIGHER = (0.5, 0.75), (1.5, 2.0)  # as far beyond as the axes of advise reach by themselves
_NUMBERS = {"off": 0.0, "unlimited": inf}


def beyond(advice: Advice, basis: Basis) -> dict[str, list[str]]:
    """By axis, the best value and those to try beyond it; only axes with an edge and a beyond."""
    found = {}
    for place, (key, best) in enumerate(advice.points[advice.best].choice):
        tried = {point.choice[place][1] for point in advice.points}
        texts = {_possible(basis, key, step) for step in _steps(best, tried)} - {None, best}
        further = [text for text in texts if text is not None]
        if further:
            found[key] = sorted([best, *further], key=float)
    return found


def _steps(best: str, tried: Iterable[str]) -> list[float]:
    """Numbers beyond ``best`` if it is the lowest or the highest of several."""
    numbers = sorted({each for each in map(_number, tried) if each is not None})
    value = _number(best)
    if value is None or len(numbers) < 2 or not 0.0 < value < inf:
        return []
    if value not in (numbers[0], numbers[-1]):
        return []
    factors = _LOWER if value == numbers[0] else _HIGHER
    return [value * factor for factor in factors]


def _number(value: str) -> float | None:
    try:
        return _NUMBERS[value] if value in _NUMBERS else float(value)
    except ValueError:
        return None


def _possible(basis: Basis, key: str, step: float) -> str | None:
    """The step as a value of the key, rounded if it must be whole; None if it cannot be one."""
    for text in (f"{step:g}", str(round(step))):
        with suppress(ScenarioError):
            changed(basis, settings(((key, text),)))
            return text
    return None
