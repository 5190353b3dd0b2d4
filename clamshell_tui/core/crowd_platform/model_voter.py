"""The trained model as a voter: how far its prediction for a record is to be believed.

A model's own probabilities are not to be trusted: it may be overconfident, and it changes with each
training. So a prediction counts by the *measured* share of right predictions of its kind, by the
predicted class and ten steps of its probability. What is right is not known; each vote of a worker
gives evidence, as in the expectation step of an EM estimate. The model's own prediction is no
evidence for itself: labels that it decided would confirm it for ever.

Switched off for the rest of the run when workers agree with it less often than expected: the model
got worse faster than the shares follow.
"""

from collections import deque
from math import sqrt
from typing import NamedTuple

from clamshell_tui.core.ids import ClassIndex

Prediction = tuple[ClassIndex, float]
"""The likeliest class of a record, and the model's probability for it (0..1)."""

_STEPS = 10  # of the probability
_STEP_WEIGHT = 10.0  # records by which a step is pulled towards a guess
_CLASS_WEIGHT = 10.0  # records by which a class's step is pulled towards the step
_CEILING = 0.98  # nothing that is estimated from votes is surer than that
_WINDOW = 200  # records of the test for a model that got worse
_FEWEST = 50
_SURE = 3.5  # standard deviations: one false alarm in some 4,000 independent tests
_WORTH = 0.75  # believed on average from this on, one vote is asked for at first


class _Compared(NamedTuple):
    believed: float
    expected: float  # probability that a worker's vote is the prediction
    agreed: bool


class ModelVoter:
    """Shares of right predictions, and whether they still hold."""

    def __init__(self, n_classes: int) -> None:
        self._n_classes = n_classes
        self._guess = 1.0 / n_classes
        self._steps = [[self._guess * _STEP_WEIGHT, _STEP_WEIGHT] for _ in range(_STEPS)]
        self._classes: dict[tuple[ClassIndex, int], list[float]] = {}
        self._window: deque[_Compared] = deque(maxlen=_WINDOW)
        self._off = False

    @property
    def failed(self) -> bool:
        """Whether workers disagreed with the model more often than its shares allow."""
        return self._off

    @property
    def leads(self) -> bool:
        """Whether it is believed so often that one vote is enough for most records."""
        if self._off or len(self._window) < _FEWEST:
            return False
        return sum(each.believed for each in self._window) / len(self._window) >= _WORTH

    def believed(self, prediction: Prediction) -> float:
        """Return the probability that a prediction is right, at least that of a guess."""
        if self._off:
            return self._guess
        label, probability = prediction
        step = _step(probability)
        right, total = self._steps[step]
        share = right / total
        found = self._classes.get((label, step))
        if found is not None:
            share = (found[0] + _CLASS_WEIGHT * share) / (found[1] + _CLASS_WEIGHT)
        return min(_CEILING, max(self._guess, share))

    def observe(self, prediction: Prediction, ratio: float, agreed: bool, accuracy: float) -> None:
        """Take the votes of a record whose label was decided as evidence.

        ``ratio`` is how many times likelier the votes are if the prediction is right; ``agreed``
        says whether the first vote was the prediction, by a worker right with ``accuracy``.
        """
        if self._off:
            return
        believed = self.believed(prediction)
        self._test(believed, agreed, accuracy)
        label, probability = prediction
        step = _step(probability)
        right = believed * ratio / (believed * ratio + 1.0 - believed)
        counts = self._classes.setdefault((label, step), [0.0, 0.0])
        for each in (self._steps[step], counts):
            each[0] += right
            each[1] += 1.0

    def _test(self, believed: float, agreed: bool, accuracy: float) -> None:
        wrong = (1.0 - accuracy) / (self._n_classes - 1)
        expected = believed * accuracy + (1.0 - believed) * wrong
        self._window.append(_Compared(believed, expected, agreed))
        if len(self._window) < _FEWEST:
            return
        missing = sum(each.expected - each.agreed for each in self._window)
        variance = sum(each.expected * (1.0 - each.expected) for each in self._window)
        self._off = missing > _SURE * sqrt(variance)


def _step(probability: float) -> int:
    return min(_STEPS - 1, max(0, int(probability * _STEPS)))
