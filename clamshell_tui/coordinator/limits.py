"""Limits per client, so that no client can harm the others; and the clock of a live run."""

from collections import defaultdict, deque
from collections.abc import Callable
from ipaddress import ip_address
from time import monotonic  # noqa: TID251  # this is the driver that reads the clock

from msgspec import Struct

PER_ADDRESS = 32


class Limits(Struct, frozen=True):
    """All durations are wall-clock seconds."""

    connections: int = 200
    per_address: int | None = None  # of the connections; None: 32, any number from this machine
    per_second: float = 20.0  # messages of one connection
    burst: float = 40.0
    hello: float = 5.0  # from the connection until the first message, or an operator's token
    join: float = 20.0  # from the connection until a worker has sent a code or a token
    objection: float = 10.0  # to object when the seat's code is used at another place
    quiet: float = 60.0  # after an objection, without another question
    heartbeat: float = 3.0  # sent to workers in ``joined``
    presence: float = 2.0  # paid after the last message of a silent worker
    silence: float = 10.0  # without a message from a worker: it is disconnected
    unread: int = 1_048_576  # bytes that a client may leave unread
    wrong_codes_per_minute: int = 5  # of one address; further ones are answered slowly
    slow_answer: float = 5.0

    def most_from(self, address: str) -> int:
        """Limit of one address. A lab behind a router is one address."""
        if self.per_address is not None:
            return self.per_address
        return self.connections if on_this_machine(address) else PER_ADDRESS


class TokenBucket:
    """Allows a burst of ``burst`` messages and then ``per_second``."""

    __slots__ = ("_burst", "_clock", "_filled", "_per_second", "_tokens")

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def take(self) -> float:
        """Count one message; return the seconds to wait before reading the next, mostly 0."""
        self._fill()
        self._tokens -= 1.0
        return 0.0 if self._tokens >= 0 else -self._tokens / self._per_second

    def take_if_free(self) -> bool:
        """Count one message and return True; False, uncounted, if its sender must wait."""
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now


class LastMinute:
    """Counts what addresses did within a minute. ``clock`` is the monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)

    def note(self, address: str) -> int:
        """Count one more; return how many there were from this address."""
        now = self._clock()
        for known in [each for each, times in self._recent.items() if times[-1] <= now - 60.0]:
            del self._recent[known]
        recent = self._recent[address]
        while recent and recent[0] <= now - 60.0:
            recent.popleft()
        recent.append(now)
        return len(recent)


class WrongCodes:
    """Slows the answers to wrong codes. A right one is never refused because of them.

    Guessing is bounded by the number of codes: a million guesses find one of a hundred seats among
    2**40 with a probability of 1 in 10,000.
    """

    def __init__(
        self, limits: Limits, clock: Callable[[], float], alert: Callable[[str], None]
    ) -> None:
        self._limits = limits
        self._recent = LastMinute(clock)
        self._alert = alert

    def note(self, address: str) -> float:
        """Count a wrong code; return the seconds after which to answer it."""
        count, most = self._recent.note(address), self._limits.wrong_codes_per_minute
        if count <= most:
            return 0.0
        if count == most + 1 or not count % 100:
            self._alert(f"{count} wrong codes from {address} within a minute")
        return self._limits.slow_answer


def on_this_machine(address: str) -> bool:
    """Whether the address is a loopback address."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


class RunClock:
    """The run's time, monotonic even if the machine's date changes.

    ``offset`` is the run's time at the start, ``speed`` its seconds per wall-clock second.
    """

    def __init__(
        self, speed: float = 1.0, offset: float = 0.0, wall: Callable[[], float] = monotonic
    ) -> None:
        self.speed = speed
        self._offset = offset
        self.wall = wall
        self._began = wall()

    def leave_out(self, seconds: float) -> None:
        """Leave out wall-clock seconds in which the process stood still."""
        self._began += seconds

    def now(self) -> float:
        """Return the seconds since the run began."""
        return self._offset + (self.wall() - self._began) * self.speed

    def wall_seconds_until(self, at: float) -> float:
        """Return how long to sleep until the run's time ``at``; 0 if it has passed."""
        return max(0.0, (at - self.now()) / self.speed)
