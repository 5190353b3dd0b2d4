"""Which part of a timeline is seen: from when, and how much time a cell is."""

from dataclasses import dataclass
from math import floor

_SERIES = ("1", "1.5", "2", "3", "5", "7")
_STEPS = tuple(float(f"{factor}e{power}") for power in range(-2, 5) for factor in _SERIES)
_AHEAD = 0.06  # share of the width that is left free after now


@dataclass(frozen=True, slots=True)
class Window:
    """``first`` counts cells from time 0, so that scrolling never moves things within a cell."""

    first: int = 0
    step: float = 1.0  # seconds in a cell

    def time(self, column: float) -> float:
        """When a column begins."""
        return (self.first + column) * self.step

    def column(self, time: float) -> float:
        """Where a time lies; within a cell it is a fraction."""
        return time / self.step - self.first

    def scrolled(self, cells: int) -> "Window":
        """So many cells later."""
        return Window(self.first + cells, self.step)

    def zoomed(self, by: int, column: int) -> "Window":
        """``by`` steps further in; what is in this column stays there."""
        at = min(range(len(_STEPS)), key=lambda n: abs(_STEPS[n] - self.step))
        step = _STEPS[max(0, min(len(_STEPS) - 1, at - by))]
        return Window(round(self.time(column) / step) - column, step)

    def following(self, now: float, width: int) -> "Window":
        """With now near the right edge; nothing before time 0 as long as all fits."""
        ahead = round(width * _AHEAD) + 1
        return Window(max(0, floor(now / self.step) + ahead - width), self.step)


def fitted(start: float, end: float, width: int) -> Window:
    """The finest step that shows this much time in so many cells."""
    room = max(1, width - 2)
    step = next((s for s in _STEPS if (end - start) <= s * room), _STEPS[-1])
    return Window(floor(start / step), step)
