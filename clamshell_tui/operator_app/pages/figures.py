"""Running figures of the pages: labels against the truth, and latencies of batches.

Both are updated step by step in either direction of time, so that seeking in a long run does not
block the screen.
"""

from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from clamshell_tui.run.history import History
from clamshell_tui.run.names import RecordName
from clamshell_tui.run.tables import BatchRow

_MOST_PER_CALL = 10_000  # labels per call, so that a jump does not block the screen
_PATIENCE = 1_000  # labels behind the last one, for the names that a coordinator still sends
_UNKNOWN = -1


class TruthCount:
    """``confusion[truth][label]`` of the first :attr:`counted` labels whose truth is known."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.confusion = [[0] * len(classes) for _ in classes]
        self.counted = 0
        self.right = 0
        self.known = 0
        self._places = {name: place for place, name in enumerate(classes)}
        self._truths = array("h")  # by label, as they were when first counted

    def go_to(self, history: History, names: Mapping[int, RecordName], count: int) -> None:
        """Count up or down towards the first ``count`` labels, ``_MOST_PER_CALL`` at most."""
        if count >= self.counted:
            last = min(count, self.counted + _MOST_PER_CALL)
            for label in history.labels[self.counted : last]:
                if not self._learn(label.record, names, count):
                    return
                self._count(self._places[label.label], self._truths[self.counted], 1)
                self.counted += 1
            return
        first = max(count, self.counted - _MOST_PER_CALL)
        for place, label in enumerate(history.labels[first : self.counted], first):
            self._count(self._places[label.label], self._truths[place], -1)
        self.counted = first

    @property
    def accuracy(self) -> float | None:
        """Share of right labels; None if no truth is known."""
        return self.right / self.known if self.known else None

    def _learn(self, record: int, names: Mapping[int, RecordName], count: int) -> bool:
        """True if the truth of the next label is known, or will never be."""
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


class BatchHistory:
    """Latencies of ended batches, in seconds from the first assignment to the last label."""

    def __init__(self) -> None:
        self._ended = array("d")
        self._latencies = array("d")
        self._sums = array("d", [0.0])

    def follow(self, history: History) -> None:
        """Add the batches that have ended since the last call."""
        for note in history.batches[len(self._ended) :]:
            latency = latency_of(note.row)
            if latency is None or note.row.ended_at is None:
                return
            self._ended.append(note.row.ended_at)
            self._latencies.append(latency)
            self._sums.append(self._sums[-1] + latency)

    def ended_until(self, at: float) -> int:
        return bisect_right(self._ended, at)

    def latencies(self, count: int, most: int) -> tuple[float, ...]:
        """The last ``most`` of the first ``count`` batches."""
        return tuple(self._latencies[max(0, count - most) : count])

    def mean(self, count: int) -> float | None:
        return self._sums[count] / count if count else None


def latency_of(row: BatchRow) -> float | None:
    """Seconds from the first assignment of a batch to its end; None while it is open."""
    if row.ended_at is None:
        return None
    return row.ended_at - (row.cut_at if row.started_at is None else row.started_at)


def decisions_until(history: History, at: float) -> int:
    """Number of ``history.waits`` until ``at``: one for each batch that began, except the first."""
    batches = history.batches_until(at)
    begun = len(batches)
    if batches and ((started := batches[-1].row.started_at) is None or started > at):
        begun -= 1
    return max(0, min(begun - 1, len(history.waits)))
