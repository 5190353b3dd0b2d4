"""Records that may still be asked, for random samples without a scan of all records."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Candidates:
    """A set of record indices: removing one is O(1), a uniform sample of k is O(k).

    ``_order[:_size]`` holds the members in any order, ``_place`` where each one stands. Rejection
    against a mask would need no bookkeeping, but slows down as the last records are labelled.
    """

    def __init__(self, n_records: int) -> None:
        self._order: Indices = np.arange(n_records)
        self._place: Indices = np.arange(n_records)
        self._size = n_records

    def remove(self, records: Iterable[int]) -> None:
        """Take records out; those that are out already stay out."""
        for record in records:
            place = self._place[record]
            if place >= self._size:
                continue
            self._size -= 1
            last = self._order[self._size]
            self._order[place], self._place[last] = last, place
            self._order[self._size], self._place[record] = record, self._size

    def members(self) -> Indices:
        """Return all of them, ``(n_left,)``, in no particular order."""
        return self._order[: self._size]

    def sample(self, count: int, rng: np.random.Generator) -> Indices:
        """Return ``count`` distinct members drawn uniformly, or all when there are not as many."""
        if count >= self._size:
            return self.members()
        return self.members()[rng.choice(self._size, count, replace=False, shuffle=False)]
