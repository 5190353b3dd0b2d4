"""Speed and accuracy of a worker; decisions about tasks are in ``behaviour.py``."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from clamshell_tui.workforce.latency import Latency

Confusion = Sequence[Sequence[float]]
"""Shape (n_classes, n_classes): probability of each answer by true class; rows sum to 1."""


class Person:
    """Latency, accuracy (lambda_i in the paper, §6.1) and confusion of one worker.

    With a confusion matrix, ``accuracy`` is the mean of its diagonal, and the argument is ignored.
    """

    __slots__ = ("_answers", "accuracy", "latency", "n_classes")

    def __init__(
        self,
        latency: Latency,
        accuracy: float,
        n_classes: int,
        confusion: Confusion | None = None,
    ) -> None:
        self.latency = latency
        self.n_classes = n_classes
        self.accuracy = accuracy
        self._answers = None
        if confusion is not None:
            self._answers = [list(accumulate(row))[:-1] for row in confusion]
            self.accuracy = sum(row[true] for true, row in enumerate(confusion)) / n_classes

    def labels(self, truth: Sequence[int], rng: Random) -> tuple[int, ...]:
        """Draw an answer: right with probability ``accuracy``, else uniform over the others."""
        random = rng.random
        if self._answers is not None:
            answers = self._answers
            return tuple([bisect(answers[true], random()) for true in truth])
        accuracy = self.accuracy
        return tuple([true if random() < accuracy else self._wrong(true, rng) for true in truth])

    def _wrong(self, true: int, rng: Random) -> int:
        drawn = int(rng.random() * (self.n_classes - 1))
        return drawn + (drawn >= true)

    def mean_seconds_per_label(self, n_records: int) -> float:
        """Return the true mean in tasks of ``n_records``, after warm-up and without reaction."""
        return self.latency.mean_per_label(n_records)
