"""Records that are hard for everybody: most workers give the same wrong answer.

Independent errors, the usual assumption, vanish with further votes. These do not: five workers who
fall for the same thing agree. (Whitehill et al. 2009, "Whose vote should count more", has the
difficulty of a record; the common wrong class is ours.)
"""

from collections.abc import Sequence
from functools import lru_cache
from random import Random


class HardRecords:
    """Decides by id which records are hard, and what each worker takes them for.

    ``share`` of the records is hard. A worker sees the true class of such a record with the chance
    ``accuracy``, else the wrong class that it has for all workers.
    """

    def __init__(self, share: float, accuracy: float, n_classes: int, seed: int) -> None:
        self._accuracy = accuracy
        self._seed = seed

        @lru_cache(maxsize=100_000)
        def offset(name: str) -> int:
            rng = Random(f"{seed}/hard/{name}")
            return 1 + rng.randrange(n_classes - 1) if rng.random() < share else 0

        self._offset = offset
        self._n_classes = n_classes

    def seen(self, names: Sequence[str], truth: Sequence[int], worker: int) -> list[int]:
        """Return the classes that a worker takes records for; the same at each call.

        ``names`` are the ids of the records and ``truth`` their classes.
        """
        return [
            self._taken_for(name, true, offset, worker) if (offset := self._offset(name)) else true
            for name, true in zip(names, truth, strict=True)
        ]

    def _taken_for(self, name: str, true: int, offset: int, worker: int) -> int:
        if Random(f"{self._seed}/hard/{name}/{worker}").random() < self._accuracy:
            return true
        return (true + offset) % self._n_classes
