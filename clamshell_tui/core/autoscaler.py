"""The Autoscaler: as many slots as the stream of records needs, Np at the most.

Offered load, in workers: rho = w (arrived lately + waiting) / window, where w is the time that
workers spend on a label, measured. What waits is counted beside what arrives, so that a backlog is
worked off within another window. Square-root staffing makes it rho + beta sqrt(rho) slots: the
deviation of a random number of people at work is about sqrt(rho) (Halfin and Whitt 1981).

The pool grows at once, through recruitment. It shrinks to the most that was needed in the last
``pool.hold`` seconds, twice the window, because letting somebody go is quickly done and finding
somebody takes minutes. Who goes sits in the last slots, and finishes the task in hand. Switched on
in the middle of a run, it takes the slots that there are for needed: it has not looked before.
"""

from collections import deque
from math import ceil, inf, sqrt

from clamshell_tui.core.commands import Command, ResizePool
from clamshell_tui.core.config import PoolConfig, slots_at_first, votes_at_first
from clamshell_tui.core.presence import Presence
from clamshell_tui.core.state import State

LOOK_EVERY = 30.0  # seconds: people are found in minutes
BETA = 2.0  # waiting costs a fraction of work, a late label all that it was wanted for
_GUESS = 5.0  # seconds per answer before anything is known: the paper's 4-7 s
_GUESS_WORTH = 20  # labels


class Autoscaler:
    """Looks at the load when :attr:`next_look` is due; never, with a pool of fixed size."""

    def __init__(self, state: State, presence: Presence) -> None:
        self._state = state
        self._presence = presence
        self._arrived: deque[tuple[float, int]] = deque()
        self._lately = 0  # records in there
        self._needed: deque[tuple[float, int]] = deque()  # falling: what later looks surpass is out
        self._enabled = state.config.pool.autoscale
        self._hold = state.config.pool.hold
        self._window = self._hold / 2.0
        self.next_look = 0.0 if self._enabled else inf

    def configure(self, pool: PoolConfig, now: float) -> None:
        """An operator changed a setting."""
        if pool.autoscale and not self._enabled:
            self._needed.clear()
            self._needed.append((now, self._state.pool.size))
        self._enabled = pool.autoscale
        self.next_look = 0.0 if self._enabled else inf

    def arrived(self, count: int, now: float) -> None:
        """The requester submitted so many records to be labelled; whoever looks later counts it."""
        self._arrived.append((now, count))
        self._lately += count
        self._forget(now)

    def act(self, now: float, out: list[Command]) -> None:
        """A look is due: as many slots as are needed, or were needed lately."""
        self.next_look = now + LOOK_EVERY
        slots = self._most_lately(self._slots_needed(now), now)
        if slots != self._state.pool.size:
            out.append(ResizePool(slots))
            self._presence.resize(slots, now, out)

    def _slots_needed(self, now: float) -> int:
        self._forget(now)
        load = self._to_label() / self._window * self._seconds_per_label()
        return max(slots_at_first(self._state.config), ceil(load + BETA * sqrt(load)))

    def _forget(self, now: float) -> None:
        """What arrived longer ago than the window."""
        arrived = self._arrived
        while arrived and arrived[0][0] <= now - self._window:
            self._lately -= arrived.popleft()[1]

    def _to_label(self) -> int:
        """Records that arrived lately and those that wait, as far as labels of them are wanted."""
        state = self._state
        lately, waiting, limit = self._lately, len(state.records), state.config.stop.labels
        if limit is None:
            return lately + waiting
        wanted = max(0, limit - len(state.labels) - state.records_in_play)
        return min(lately, limit) + min(waiting, wanted)

    def _seconds_per_label(self) -> float:
        """Of all answers that a label takes."""
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
