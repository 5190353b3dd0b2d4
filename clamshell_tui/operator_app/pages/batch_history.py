"""The batches that ended, summed up once, so that any moment's figures are looked up."""

from array import array
from bisect import bisect_right

from clamshell_tui.replica.history import BatchNote, History


class BatchHistory:
    """Latencies of batches, in seconds from the first assignment to the last label."""

    def __init__(self) -> None:
        self._ended = array("d")
        self._latencies = array("d")
        self._sums = array("d", [0.0])

    def follow(self, history: History) -> None:
        """Take in the batches that ended since."""
        for note in history.batches[len(self._ended) :]:
            latency = latency_of(note)
            if latency is None or note.batch.ended is None:
                return
            self._ended.append(note.batch.ended)
            self._latencies.append(latency)
            self._sums.append(self._sums[-1] + latency)

    def ended_until(self, at: float) -> int:
        """How many had ended."""
        return bisect_right(self._ended, at)

    def latencies(self, count: int, most: int) -> tuple[float, ...]:
        """Of the first ``count`` batches the last ``most``."""
        return tuple(self._latencies[max(0, count - most) : count])

    def mean(self, count: int) -> float | None:
        """Mean latency of the first ``count``."""
        return self._sums[count] / count if count else None


def latency_of(note: BatchNote) -> float | None:
    """Seconds from the first assignment of a batch to its end; None while it is open."""
    batch = note.batch
    if batch.ended is None:
        return None
    return batch.ended - (batch.cut if batch.started is None else batch.started)


def decisions_until(history: History, at: float) -> int:
    """How many of ``history.waits`` were over: one for each batch that began, but the first."""
    batches = history.batches_until(at)
    begun = len(batches)
    if batches and ((started := batches[-1].batch.started) is None or started > at):
        begun -= 1
    return max(0, min(begun - 1, len(history.waits)))
