"""The Task Selector: which records come next (CLAMShell §5.1).

The batch's task slots are split between active selection (most uncertain first, by the latest
ranking) and passive (at random). Records that are labelled or in play are read from the cache,
that is, skipped and replaced by others.
"""

from collections.abc import Callable

from clamshell_tui.core.ids import RecordId
from clamshell_tui.core.state import State

Split = Callable[[int, float], tuple[int, int]]
"""(task slots in the batch, active fraction r) -> (active slots k, passive slots)."""

Chosen = tuple[tuple[RecordId, ...], frozenset[RecordId]]
"""The records of one task, and which of them were selected by uncertainty."""

_NONE: frozenset[RecordId] = frozenset()


def passive(slots: int, r: float) -> tuple[int, int]:
    """All slots at random."""
    return 0, slots


def active(slots: int, r: float) -> tuple[int, int]:
    """Only k = r p slots, all active: what limits the parallelism of active learning."""
    return max(1, round(r * slots)), 0


def hybrid(slots: int, r: float) -> tuple[int, int]:
    """k = r p active slots and max(0, p - k) passive ones: every worker has at least one."""
    k = round(r * slots)
    return k, max(0, slots - k)


SELECTORS: dict[str, Split] = {"passive": passive, "active": active, "hybrid": hybrid}


class TaskSelector:
    """Draws records out of the state's pool, in groups of one task each."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ranking: tuple[RecordId, ...] = ()
        self._next = 0
        self._gold_due = 0.0
        self._gold: list[RecordId] = []
        self.cached = 0  # ranked records that were labelled or in play already

    def rank(self, ranking: tuple[RecordId, ...]) -> None:
        """Use this ranking from now on; most uncertain record first."""
        self._ranking, self._next = ranking, 0

    def choose(self, slots: int, budget: int | None) -> list[Chosen]:
        """Take up to ``budget`` records out of the pool for ``slots`` task slots.

        Fewer or smaller tasks when records run short.
        """
        config = self._state.config
        split = SELECTORS[config.learning.selector] if config.learning.enabled else passive
        k, rest = split(slots, config.learning.active_fraction)
        if not self._ranking:
            k, rest = 0, k + rest
        size = config.tasks.records_per_task
        left = len(self._state.records) if budget is None else budget
        chosen: list[Chosen] = []
        for slot in range(k + rest):
            if left <= 0 or not len(self._state.records):
                break
            wanted = min(size, left)
            group = self._ranked(wanted) if slot < k else []
            uncertain = frozenset(group) if group else _NONE
            if len(group) < wanted:
                group += self._state.records.draw(wanted - len(group), self._state.rng)
            left -= len(group)
            chosen.append((tuple(self._with_gold(group)), uncertain))
        return chosen

    def _ranked(self, size: int) -> list[RecordId]:
        records, ranking = self._state.records, self._ranking
        group: list[RecordId] = []
        while len(group) < size and self._next < len(ranking):
            record = ranking[self._next]
            self._next += 1
            if record in records:
                records.remove(record)
                group.append(record)
            else:
                self.cached += 1
        return group

    def _with_gold(self, group: list[RecordId]) -> list[RecordId]:
        """Slip in a record with a known answer now and then, to check workers while they work."""
        state = self._state
        share = state.config.quality.gold_share
        if not share or not state.gold:
            return group
        self._gold_due += len(group) * share / (1.0 - share)
        while self._gold_due >= 1.0:
            self._gold_due -= 1.0
            if not self._gold:
                self._gold = list(state.gold)
                state.rng.shuffle(self._gold)
            group.insert(int(state.rng.random() * (len(group) + 1)), self._gold.pop())
        return group
