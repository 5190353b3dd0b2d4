"""The Task Selector: which records come next (CLAMShell §5.1).

A batch's task slots are split between active selection (most uncertain first, by the latest
ranking) and passive selection (at random). The ranking may be stale: records that are labelled or
in play already are skipped, and the next ones take their place.
"""

from collections.abc import Callable

from clamshell_tui.core.ids import RecordId
from clamshell_tui.core.state import State
from clamshell_tui.core.tasks import Chosen

Split = Callable[[int, float], tuple[int, int]]
"""(task slots in the batch, active fraction r) -> (active slots k, passive slots)."""

_TRIED = 4  # records drawn for each one taken, while machines have seen some of them only
_NONE: frozenset[RecordId] = frozenset()


def passive(slots: int, r: float) -> tuple[int, int]:
    """Select at random in all slots."""
    return 0, slots


def active(slots: int, r: float) -> tuple[int, int]:
    """Use k = r p slots only, all active: this limits the parallelism of active learning."""
    return max(1, round(r * slots)), 0


def hybrid(slots: int, r: float) -> tuple[int, int]:
    """Use k = r p active slots and max(0, p - k) passive ones: no worker is without a task."""
    k = round(r * slots)
    return k, max(0, slots - k)


SELECTORS: dict[str, Split] = {"passive": passive, "active": active, "hybrid": hybrid}


class TaskSelector:
    """Takes records out of the state's pool, in groups of one task each."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ranking: tuple[RecordId, ...] = ()
        self._next = 0
        self._gold_due = 0.0
        self._gold: list[RecordId] = []

    def rank(self, ranking: tuple[RecordId, ...]) -> None:
        """Use this ranking from now on; most uncertain record first."""
        self._ranking, self._next = ranking, 0

    def choose(self, slots: int, budget: int) -> list[Chosen]:
        """Take up to ``budget`` records out of the pool for ``slots`` task slots.

        Returns fewer or smaller tasks if records run short.
        """
        k, rest = self._split(slots)
        return self._take([True] * k + [False] * rest, budget)

    def refill(self, place: int, count: int, slots: int, budget: int) -> list[Chosen]:
        """Like :meth:`choose`, for ``count`` slots from ``place`` on of a batch that grows.

        Active and passive slots alternate in the batch's proportion. There is no parallelism to
        limit here, so ``active`` fills all slots.
        """
        k, rest = self._split(slots)
        n = k + rest
        kinds = [(i + 1) * k // n > i * k // n for i in range(place, place + count)]
        return self._take(kinds, budget)

    def _split(self, slots: int) -> tuple[int, int]:
        learning = self._state.config.learning
        split = SELECTORS[learning.selector] if learning.enabled else passive
        return split(slots, learning.active_fraction)

    def _take(self, kinds: list[bool], budget: int) -> list[Chosen]:
        """Return a group of records for each slot, from the ranking where ``kinds`` is true."""
        size = self._state.config.tasks.records_per_task
        left, checks = min(budget, len(self._state.records)), self._state.checks
        chosen: list[Chosen] = []
        for active in kinds:
            if left <= 0:
                break
            short = checks.cut_short(size)
            wanted = min(size - short, left)
            group = self._ranked(wanted) if active else []
            uncertain = frozenset(group) if group else _NONE
            if len(group) < wanted:
                group += self._draw(wanted - len(group))
            left -= len(group)
            chosen.append(Chosen(tuple(self._with_gold(group)), uncertain, short))
        return chosen

    def _draw(self, count: int) -> list[RecordId]:
        """Draw records at random; with machines, rather such as they have seen."""
        state = self._state
        if state.machines is None or not state.machines.present:
            return state.records.draw(count, state.rng)
        seen = state.machines.seen
        drawn = state.records.draw(count * _TRIED, state.rng)
        drawn.sort(key=lambda record: record not in seen)
        for record in drawn[count:]:
            state.records.put_back(record)
        return drawn[:count]

    def _ranked(self, size: int) -> list[RecordId]:
        records, ranking = self._state.records, self._ranking
        group: list[RecordId] = []
        while len(group) < size and self._next < len(ranking):
            record = ranking[self._next]
            self._next += 1
            if record in records:
                records.remove(record)
                group.append(record)
        return group

    def _with_gold(self, group: list[RecordId]) -> list[RecordId]:
        """Add a gold record now and then, to check workers while they work."""
        state = self._state
        share = state.config.quality.gold_share
        known = state.gold.serving("check") if share else ()
        if not known:
            return group
        self._gold_due += len(group) * share / (1.0 - share)
        while self._gold_due >= 1.0:
            self._gold_due -= 1.0
            if not self._gold:
                self._gold = list(known)
                state.rng.shuffle(self._gold)
            group.insert(int(state.rng.random() * (len(group) + 1)), self._gold.pop())
        return group
