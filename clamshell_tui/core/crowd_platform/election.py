"""Elections: several answers to a task become labels, and tell who is to be believed.

With a fixed number of votes, a task has enough when it has them. With ``quality.confidence`` the
number adapts: two at first, then one more at a time until the posterior of every label is that
sure, ``tasks.votes`` at the most. Most records are easy, so that a mean of two to three votes is as
good as five.
"""

from collections.abc import Mapping

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.quality import (
    CONSENSUS,
    Agreement,
    Reliability,
    posterior,
)
from clamshell_tui.core.crowd_platform.task import Task
from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.ids import ClassIndex, WorkerId

Elected = list[tuple[ClassIndex, float]]
"""Per record of a task: the label and its support (0..1)."""


class Election:
    """``workers`` is everybody who ever joined."""

    def __init__(self, config: RunConfig, workers: Mapping[WorkerId, Worker]) -> None:
        self.agreement = Agreement(len(config.classes))
        self._workers = workers
        self._n_classes = len(config.classes)
        self._confidence = config.quality.confidence
        self.adaptive = self._confidence is not None
        self._consensus = posterior if self.adaptive else CONSENSUS[config.quality.consensus]
        self._reliability = Reliability()

    def enough(self, task: Task) -> bool:
        """True if a task with adaptive votes needs no further answer."""
        if len(task.answers) >= task.quorum:
            return True
        workers = [self._workers[answer.worker] for answer in task.answers]
        columns = list(zip(*[answer.labels for answer in task.answers], strict=True))
        elected = self._elect(workers, columns)
        return all(share >= (self._confidence or 1.0) for _, share in elected)

    def decide(self, task: Task) -> Elected:
        """The labels of a task that has its answers; everybody is judged by them."""
        workers = [self._workers[answer.worker] for answer in task.answers]
        columns = list(zip(*[answer.labels for answer in task.answers], strict=True))
        elected = self._elect(workers, columns)
        for column, (label, _) in zip(columns, elected, strict=True):
            self.agreement.add(column)
            if len(column) == 1:
                continue  # nobody to agree with
            for worker, vote in zip(workers, column, strict=True):
                worker.compared += 1
                worker.agreed += vote == label
            if self.adaptive:
                self._reliability.add(column.count(label), len(column))
        return elected

    def _elect(self, workers: list[Worker], columns: list[tuple[ClassIndex, ...]]) -> Elected:
        if self.adaptive:
            accuracies = [self.reliability(worker) for worker in workers]
        else:
            accuracies = [worker.accuracy for worker in workers]
        consensus, n_classes = self._consensus, self._n_classes
        return [
            consensus(list(zip(column, accuracies, strict=True)), n_classes) for column in columns
        ]

    def reliability(self, worker: Worker) -> float:
        """How far a worker's answers are believed where the number of votes adapts (0..1)."""
        return self._reliability.of(worker.gold_correct + worker.agreed, worker.checked)
