"""What a worker is owed, as told by the coordinator and ticking on from there."""

from dataclasses import dataclass

_MINUTE = 60.0


@dataclass(frozen=True)
class Account:
    """``owed`` micro-dollars at the time ``since``, and ``rate`` per minute of the run after it.

    ``waited`` is how long the wait had lasted at ``since``, in seconds of the run, of which
    ``speed`` pass in one second of the wall.
    """

    owed: int = 0
    rate: int = 0
    since: float = 0.0
    waited: float = 0.0
    speed: float = 1.0

    def owed_at(self, now: float) -> int:
        """Micro-dollars, rounded down: never more than what will be paid."""
        return self.owed + int(self.rate * self._elapsed(now) / _MINUTE)

    def waited_at(self, now: float) -> float:
        """How long the wait has lasted, in seconds of the run."""
        return self.waited + self._elapsed(now)

    def _elapsed(self, now: float) -> float:
        return max(0.0, now - self.since) * self.speed
