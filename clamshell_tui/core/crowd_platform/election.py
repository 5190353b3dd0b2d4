"""Elections: several answers to a task become labels, and tell who is to be believed.

With a fixed number of votes, a task has enough when it has them. With ``quality.confidence`` the
number adapts: two at first, then one more at a time until the posterior of every label is that
sure, ``tasks.votes`` at the most. Most records are easy, so that a mean of two to three votes is as
good as five. The posterior knows how frequent each class is: without that, most labels of a class
of 2 % are others' errors, at a support of 0.97.
"""

from collections.abc import Container, Mapping

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.quality import (
    CONSENSUS,
    Agreement,
    ClassCounts,
    Reliability,
    likely_class,
    posterior,
)
from clamshell_tui.core.crowd_platform.work import Task, Worker
from clamshell_tui.core.ids import ClassIndex, RecordId, WorkerId

_ABOVE_GUESSING = 0.01  # how much more than a guess any vote is believed

Elected = list[tuple[ClassIndex, float]]
"""Per record of a task: the label and its support (0..1), see DeliverLabels."""


class Election:
    """``workers`` is everybody who ever joined."""

    def __init__(self, config: RunConfig, workers: Mapping[WorkerId, Worker]) -> None:
        self.agreement = Agreement(len(config.classes))
        self._workers = workers
        self._n_classes = len(config.classes)
        self._confidence = config.quality.confidence
        self.adaptive = self._confidence is not None
        self._consensus = CONSENSUS[config.quality.consensus]
        self._reliability = Reliability()
        self._classes = ClassCounts(self._n_classes)
        self._alike = ClassCounts(self._n_classes)  # never counted
        self._guess = 1.0 / len(config.classes) + _ABOVE_GUESSING

    def enough(self, task: Task) -> bool:
        """True if a task with adaptive votes needs no further answer."""
        if len(task.answers) >= task.quorum:
            return True
        workers = [self._workers[answer.worker] for answer in task.answers]
        columns = list(zip(*[answer.labels for answer in task.answers], strict=True))
        elected = self._elect(workers, columns)
        return all(share >= (self._confidence or 1.0) for _, share in elected)

    def decide(self, task: Task, gold: Container[RecordId]) -> Elected:
        """The labels of a task that has its answers, by which its workers are judged.

        Records of ``gold`` judge no worker here: their known answers have done so already.
        """
        workers = [self._workers[answer.worker] for answer in task.answers]
        columns = list(zip(*[answer.labels for answer in task.answers], strict=True))
        elected = self._elect(workers, columns)
        for record, column in zip(task.records, columns, strict=True):
            self.agreement.add(column)
            if record not in gold:
                self._judge(workers, column)
        return elected

    def _judge(self, workers: list[Worker], column: tuple[ClassIndex, ...]) -> None:
        """Compare each vote with the class that the others make likely.

        With the own vote among them, three workers who guess among two classes would each be
        right three times in four.
        """
        votes = list(zip(column, map(self._believed, workers), strict=True))
        self._classes.add(votes)
        for index, (worker, vote) in enumerate(zip(workers, column, strict=True)):
            others = likely_class([*votes[:index], *votes[index + 1 :]], self._alike)
            if others is not None:
                label, probability = others
                worker.compared += 1
                worker.agreed += vote == label
                worker.doubt += 1.0 - probability
                self._reliability.add(int(vote == label), 1)

    def _elect(self, workers: list[Worker], columns: list[tuple[ClassIndex, ...]]) -> Elected:
        if self.adaptive:
            believed = list(map(self._believed, workers))
            return [
                posterior(list(zip(column, believed, strict=True)), self._classes)
                for column in columns
            ]
        accuracies = [worker.accuracy for worker in workers]
        consensus, n_classes = self._consensus, self._n_classes
        return [
            consensus(list(zip(column, accuracies, strict=True)), n_classes) for column in columns
        ]

    def _believed(self, worker: Worker) -> float:
        """As far as a guess at least: below it, votes would speak for what they do not name.

        Without the floor, a pool that agrees on little comes to believe the opposite of each vote.
        """
        return max(self._guess, self.reliability(worker))

    def reliability(self, worker: Worker) -> float:
        """How far a worker's answers are believed (0..1)."""
        return self._reliability.of(worker.gold_correct + worker.agreed, worker.checked)
