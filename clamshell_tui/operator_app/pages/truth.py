"""The crowd's labels against the truth, counted label by label, forwards and back."""

from array import array
from collections.abc import Mapping

from clamshell_tui.replica.history import History
from clamshell_tui.replica.run_file import RecordName

_AT_ONCE = 10_000  # labels counted in one go, so that a jump never holds up the screen
_PATIENCE = 1_000  # labels behind the last one, for the names that a coordinator still sends
_UNKNOWN = -1


class TruthCount:
    """``confusion[truth][label]`` of the first :attr:`counted` labels whose truth is known."""

    def __init__(self, classes: int) -> None:
        self.confusion = [[0] * classes for _ in range(classes)]
        self.counted = 0
        self.right = 0
        self.known = 0
        self._truths = array("h")  # by label, as they were when first counted

    def go_to(self, history: History, names: Mapping[int, RecordName], count: int) -> None:
        """Count up or down to the first ``count`` labels, or as far as goes at once."""
        if count >= self.counted:
            last = min(count, self.counted + _AT_ONCE)
            for label in history.labels(self.counted, last):
                if not self._learn(label.record, names, count):
                    return
                self._count(label.label, self._truths[self.counted], 1)
                self.counted += 1
            return
        first = max(count, self.counted - _AT_ONCE)
        for place, label in enumerate(history.labels(first, self.counted), first):
            self._count(label.label, self._truths[place], -1)
        self.counted = first

    @property
    def accuracy(self) -> float | None:
        """The share that is right; None if no truth is known."""
        return self.right / self.known if self.known else None

    def _learn(self, record: int, names: Mapping[int, RecordName], count: int) -> bool:
        """Whether the next label's truth is known, or known to stay unknown."""
        if self.counted < len(self._truths):
            return True
        name = names.get(record)
        if name is None and count - self.counted <= _PATIENCE:
            return False
        truth = None if name is None else name.truth
        self._truths.append(_UNKNOWN if truth is None else truth)
        return True

    def _count(self, label: int, truth: int, by: int) -> None:
        if truth == _UNKNOWN:
            return
        self.confusion[truth][label] += by
        self.known += by
        self.right += by * (truth == label)
