"""The Autoscaler: as many slots as the stream of records needs, Np at most.

The offered load in workers is rho = w (arrived lately + waiting) / window, where w is the measured
working time per label. Waiting records count beside new ones, so that a backlog is worked off
within another window. Square-root staffing gives rho + beta sqrt(rho) slots: the standard deviation
of the number of busy workers is about sqrt(rho) (Halfin and Whitt 1981).

The pool grows immediately, through recruitment. It shrinks to the maximum needed in the last
``pool.hold`` seconds, twice the window, because releasing a worker takes a moment and recruiting
one takes minutes. Workers in the last slots go first, after the task in hand. When switched on
during a run, the autoscaler treats the present slots as needed, because it has no measurements yet.
"""

from collections import deque
from math import ceil, inf, sqrt

from clamshell_tui.core.commands import Command, ResizePool
from clamshell_tui.core.config import PoolConfig, slots_at_first, votes_at_first
from clamshell_tui.core.presence import Presence
from clamshell_tui.core.state import State

CHECK_EVERY = 30.0  # seconds: recruitment takes minutes
BETA = 2.0  # generous: an idle worker costs a fraction of one at work, a late label its whole use
_GUESS = 5.0  # seconds per answer before the first measurement: the paper's 4-7 s
_GUESS_WORTH = 20  # labels


class Autoscaler:
    """Measures the load when :attr:`next_check` is due; never with a pool of fixed size."""

    def __init__(self, state: State, presence: Presence) -> None:
        self._state = state
        self._presence = presence
        self._arrived: deque[tuple[float, int]] = deque()
        self._lately = 0  # records in ``_arrived``
        self._needed: deque[tuple[float, int]] = (
            deque()
        )  # decreasing: a maximum over a moving window
        self._enabled = state.config.pool.autoscale
        self._hold = state.config.pool.hold
        self._window = self._hold / 2.0
        self.next_check = 0.0 if self._enabled else inf

    def configure(self, pool: PoolConfig, now: float) -> None:
        if pool.autoscale and not self._enabled:
            self._needed.clear()
            self._needed.append((now, self._state.pool.size))
        self._enabled = pool.autoscale
        self.next_check = 0.0 if self._enabled else inf

    def arrived(self, count: int, now: float) -> None:
        """Count newly submitted records."""
        self._arrived.append((now, count))
        self._lately += count
        self._forget(now)

    def act(self, now: float, out: list[Command]) -> None:
        """Resize to the slots needed now or lately."""
        self.next_check = now + CHECK_EVERY
        slots = self._most_lately(self._slots_needed(now), now)
        if slots != self._state.pool.size:
            out.append(ResizePool(slots))
            self._presence.resize(slots, now, out)

    def _slots_needed(self, now: float) -> int:
        self._forget(now)
        load = self._to_label() / self._window * self._seconds_per_label()
        return max(slots_at_first(self._state.config), ceil(load + BETA * sqrt(load)))

    def _forget(self, now: float) -> None:
        arrived = self._arrived
        while arrived and arrived[0][0] <= now - self._window:
            self._lately -= arrived.popleft()[1]

    def _to_label(self) -> int:
        """Return the records that arrived lately or wait, up to the number of labels wanted."""
        state = self._state
        lately, waiting, limit = self._lately, len(state.records), state.config.stop.labels
        if limit is None:
            return lately + waiting
        wanted = max(0, limit - len(state.labels) - state.records_in_play)
        return min(lately, limit) + min(waiting, wanted)

    def _seconds_per_label(self) -> float:
        """Return the working time per label, over all its answers."""
        state = self._state
        guess = _GUESS * votes_at_first(state.config)
        return (state.seconds_worked + _GUESS_WORTH * guess) / (len(state.labels) + _GUESS_WORTH)

    def _most_lately(self, slots: int, now: float) -> int:
        needed = self._needed
        while needed and needed[-1][1] <= slots:
            needed.pop()
        needed.append((now, slots))
        while needed[0][0] <= now - self._hold:
            needed.popleft()
        return min(needed[0][1], self._state.config.pool.size)
