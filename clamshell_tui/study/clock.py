"""Dates of a study's times, from the entries of its journal."""

from bisect import bisect_right
from collections.abc import Iterable

from clamshell_tui.study.events import ClockSet, StudyEvent


class StudyClock:
    """Dates of times by the entries ``ClockSet``; ``began`` is the date of the start without any.

    A date follows from the last of them by then; before the first one, from the first.
    """

    def __init__(self, began: float, entries: Iterable[tuple[int, float, StudyEvent]]) -> None:
        self._began = began
        self._clocks = [(at, event) for _, at, event in entries if isinstance(event, ClockSet)]

    @property
    def speed(self) -> float:
        """How many seconds of the study passed in a second at last."""
        return self._clocks[-1][1].speed if self._clocks else 1.0

    def utc(self, at: float) -> float:
        """Return the date of a time in seconds since 1970."""
        if not self._clocks:
            return self._began + at
        place = bisect_right(self._clocks, at, key=lambda each: each[0])
        since, clock = self._clocks[max(0, place - 1)]
        return clock.utc + (at - since) / clock.speed

    def milliseconds(self, at: float | None) -> int | None:
        """Return the date in milliseconds since 1970; None for None."""
        return None if at is None else round(self.utc(at) * 1000)
