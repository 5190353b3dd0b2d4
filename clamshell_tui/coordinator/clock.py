"""The clock of a live run: seconds since it began, faster than the wall's if so wished."""

from collections.abc import Callable
from time import monotonic  # noqa: TID251  # this is the driver that reads the clock


class RunClock:
    """Never runs backwards, whatever happens to the machine's date.

    ``offset`` is the time of the run at which it goes on, ``speed`` how many of its seconds pass in
    one of the wall's.
    """

    def __init__(
        self, speed: float = 1.0, offset: float = 0.0, wall: Callable[[], float] = monotonic
    ) -> None:
        self.speed = speed
        self._offset = offset
        self._wall = wall
        self._began = wall()

    def now(self) -> float:
        """Seconds since the run began."""
        return self._offset + (self._wall() - self._began) * self.speed

    def wall_seconds_until(self, at: float) -> float:
        """How long to sleep until the run's time ``at``; 0 if it has passed."""
        return max(0.0, (at - self.now()) / self.speed)
