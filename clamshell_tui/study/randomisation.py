"""Random assignment to conditions, in permuted blocks of random size.

A block holds each condition 2 or 3 times its weight, in random order. So the conditions stay
balanced all the time, and nobody can know the next one by counting (Efird 2011, "Blocked
randomization with randomly selected block sizes").
"""

from collections.abc import Iterable
from random import Random

from clamshell_tui.study.plan import Arm

MULTIPLES = (2, 3)
"""Sizes of a block, as multiples of the sum of the weights."""


class Blocks:
    """One stream of assignments. The same seed and name give the same assignments."""

    def __init__(self, seed: int, name: str, arms: Iterable[Arm]) -> None:
        self._rng = Random(f"{seed}/{name}")
        self._names = [arm.name for arm in arms for _ in range(arm.weight)]
        self._left: list[str] = []
        self._block = 0

    def next(self) -> tuple[str, int]:
        """Return the next condition, and the number of its block, from 1."""
        if not self._left:
            self._left = self._names * self._rng.choice(MULTIPLES)
            self._rng.shuffle(self._left)
            self._block += 1
        return self._left.pop(), self._block
