"""When something happens without an event: a heap of moments, some of them out of date.

An entry is valid while the object that it concerns still has this moment; so a deadline is moved by
setting another moment there, and the old entry is skipped when it is met.
"""

from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from math import inf
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """``moment`` returns the present moment of a key, None for none."""

    def __init__(self, moment: Callable[[Key], float | None]) -> None:
        self._moment = moment
        self._heap: list[tuple[float, int, Key]] = []
        self._pushed = 0

    def push(self, at: float, key: Key) -> None:
        """Add a moment; of equal ones, the one that was added first comes first."""
        self._pushed += 1
        heappush(self._heap, (at, self._pushed, key))

    @property
    def next(self) -> float:
        """The earliest valid moment; ``inf`` without one."""
        while self._heap and self._moment(self._heap[0][2]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else inf

    def pop(self, now: float) -> Key | None:
        """Remove and return the earliest key whose moment has come."""
        return heappop(self._heap)[2] if self.next <= now else None
