"""Elections: several answers to a task become labels, and update the workers' reliability.

The number of votes is fixed, or adapts with ``quality.confidence``: two at first, then one more at
a time until the posterior of every label reaches that confidence, ``tasks.votes`` at most. Most
records are easy, so a mean of two to three votes is as good as five. The posterior uses the
frequency of each class: without it, most labels of a class of 2 % would be errors on other classes,
at a support of 0.97.
"""

from collections.abc import Container, Mapping

from clamshell_tui.core.config import RunConfig, votes_at_first
from clamshell_tui.core.crowd_platform.hard_records import SEES, HardShare
from clamshell_tui.core.crowd_platform.machine import Machines
from clamshell_tui.core.crowd_platform.model_voter import ModelVoter, Prediction
from clamshell_tui.core.crowd_platform.quality import (
    CONSENSUS,
    LIKELY,
    Agreement,
    ClassCounts,
    OrdinalAgreement,
    Reliability,
    Votes,
    likely_class,
    odds_of,
    posterior,
)
from clamshell_tui.core.crowd_platform.work import Task, Vote, Worker
from clamshell_tui.core.ids import ClassIndex, RecordId, WorkerId

_ABOVE_GUESSING = (
    0.01  # added to the probability of a right guess: the least that a vote is believed
)

_TOO_HARD = 0.3  # probability of being hard: such a record says nothing about its workers

Elected = list[tuple[ClassIndex, float]]
"""Per voted record of a task: the label and its support (0..1), see DeliverLabels."""

Column = tuple[ClassIndex, ...]
"""The votes on one record, in the order of the answers."""


def unskipped(task: Task) -> tuple[RecordId, ...]:
    """Return a task's records that no answer skipped."""
    for answer in task.answers:
        if None in answer.labels:
            columns = zip(*[answer.labels for answer in task.answers], strict=True)
            pairs = zip(task.records, columns, strict=True)
            return tuple([record for record, column in pairs if None not in column])
    return task.records


def voted(task: Task) -> tuple[tuple[RecordId, ...], list[Column]]:
    """Return a task's records that no answer skipped, and the votes on each."""
    columns = list(zip(*[answer.labels for answer in task.answers], strict=True))
    records = unskipped(task)
    if records is not task.records:
        columns = [column for column in columns if None not in column]
    return records, columns


class Election:
    """``workers`` holds all workers that ever joined, ``machines`` those programs that vote."""

    def __init__(
        self,
        config: RunConfig,
        workers: Mapping[WorkerId, Worker],
        machines: Machines | None = None,
    ) -> None:
        kind = OrdinalAgreement if config.question.kind == "rating" else Agreement
        self.agreement: Agreement | OrdinalAgreement = kind(len(config.classes))
        self._workers = workers
        self._machines = machines
        self._n_classes = len(config.classes)
        self._confidence = config.quality.confidence
        self.adaptive = self._confidence is not None
        self._consensus = CONSENSUS[config.quality.consensus]
        self._reliability = Reliability()
        self._classes = ClassCounts(self._n_classes)
        self._alike = ClassCounts(self._n_classes)  # never counted
        self._guess = 1.0 / len(config.classes) + _ABOVE_GUESSING
        self.hard = HardShare() if config.quality.hard_records else None
        self.voter = ModelVoter(self._n_classes) if config.quality.model_votes else None
        self.predictions: dict[RecordId, Prediction] = {}
        """The model's prediction for records in play."""

    @property
    def machines_vote(self) -> bool:
        """Whether machines vote beside people."""
        return self._machines is not None

    def machine_votes(self, records: tuple[RecordId, ...], most: int) -> list[Vote]:
        """Return the votes with which a new task begins."""
        return [] if self._machines is None else self._machines.votes(records, most)

    def _voters(self, task: Task) -> list[Worker]:
        """Return the voters of a task; the sources of machines are first."""
        if self._machines is None:
            return [self._workers[answer.worker] for answer in task.answers]
        voters = self._machines.voters
        return [voters.get(each.worker) or self._workers[each.worker] for each in task.answers]

    def _people(self, workers: list[Worker], column: Column) -> Column:
        """Return the votes of people: machines do not count for the agreement of the crowd."""
        if self._machines is None:
            return column
        return column[sum(worker.id in self._machines.voters for worker in workers) :]

    def votes_at_first(self, config: RunConfig) -> int:
        """Return how many answers a new task asks for."""
        return 1 if self.voter is not None and self.voter.leads else votes_at_first(config)

    def enough(self, task: Task) -> bool:
        """Return whether a task with adaptive votes needs no further answer."""
        if len(task.answers) >= task.quorum:
            return True
        workers = self._voters(task)
        records, columns = voted(task)
        elected = self._elect(workers, columns, records)
        return all(share >= (self._confidence or 1.0) for _, share in elected)

    def decide(self, task: Task, gold: Container[RecordId]) -> Elected:
        """Return the labels of a task's voted records; judge its workers by them.

        Records of ``gold`` are left out of the judgement: their known answers were used already.
        """
        workers = self._voters(task)
        records, columns = voted(task)
        elected = self._elect(workers, columns, records)
        for record, column in zip(records, columns, strict=True):
            self.agreement.add(self._people(workers, column))
            prediction = self.predictions.pop(record, None)
            if record not in gold:
                self._judge(workers, column, prediction)
        return elected

    def _judge(self, workers: list[Worker], column: Column, prediction: Prediction | None) -> None:
        """Compare each vote with the class that the other votes make likely.

        With the own vote among them, each of three workers guessing among two classes would be
        right three times in four. A worker is believed as much as a guess at least. Below it, a
        vote would be evidence for the classes that it does not name: a pool with little agreement
        would end up with the opposite of each vote.
        """
        accuracies = self._reliability.of_each(workers, self._guess)
        if self.hard is not None or prediction is not None:
            votes = list(zip(column, accuracies, strict=True))
            if self.voter is not None and prediction is not None:
                self._judge_model(self.voter, prediction, votes)
            if self.hard is not None and self._misleads(self.hard, votes):
                self._classes.add(votes)
                return
        if column.count(column[0]) == len(column):
            self._judge_unanimous(workers, accuracies, column[0])
            return
        votes = list(zip(column, accuracies, strict=True))
        self._classes.add(votes)
        for index, (worker, vote) in enumerate(zip(workers, column, strict=True)):
            others = likely_class([*votes[:index], *votes[index + 1 :]], self._alike)
            if others is not None:
                label, probability = others
                worker.compared += 1
                worker.agreed += vote == label
                worker.doubt += 1.0 - probability
                if not self._is_machine(worker):
                    self._reliability.add(int(vote == label), 1)

    def _judge_unanimous(
        self, workers: list[Worker], accuracies: list[float], label: ClassIndex
    ) -> None:
        """Judge votes that all name one class, as most do: the same numbers in less time."""
        self._classes.add_unanimous(label, accuracies)
        if len(workers) == 1:
            return
        before, against = self._alike.counts[label], self._n_classes - 1
        unnamed = self._alike.total - before
        judged = 0
        for worker in workers:
            odds = before
            for other, accuracy in zip(workers, accuracies, strict=True):
                if other is not worker:
                    odds = odds * accuracy * against / (1.0 - accuracy)
            probability = odds / (odds + unnamed)
            if probability >= LIKELY:
                judged += not self._is_machine(worker)
                worker.compared += 1
                worker.agreed += 1
                worker.doubt += 1.0 - probability
        self._reliability.add(judged, judged)

    def _is_machine(self, worker: Worker) -> bool:
        """Whether a voter stands for a source: the accuracy of the pool is that of people."""
        return self._machines is not None and worker.id in self._machines.voters

    def _judge_model(self, voter: ModelVoter, prediction: Prediction, votes: Votes) -> None:
        """Compare the model's prediction for a record with the workers' votes alone."""
        label = prediction[0]
        odds, unnamed = self._odds(votes)
        share = odds.get(label, 0.0)
        if label not in odds:  # its part of the classes not named
            named = sum(self._classes.counts[each] for each in odds)
            share = unnamed * self._classes.counts[label] / max(1e-9, self._classes.total - named)
        rest = max(1e-9, sum(odds.values()) + unnamed - share)
        prior = self._classes.counts[label] / (self._classes.total - self._classes.counts[label])
        first, accuracy = votes[0]
        if self.hard is not None:
            accuracy += self.hard.value * (SEES - accuracy)
        voter.observe(prediction, share / rest / prior, first == label, accuracy)

    def _misleads(self, hard: HardShare, votes: Votes) -> bool:
        """Count a record by its probability of being hard; return whether it may well be."""
        probability = hard.odds(votes, self._classes)[2]
        hard.add(probability)
        return probability > _TOO_HARD

    def _odds(self, votes: Votes) -> tuple[dict[ClassIndex, float], float]:
        if self.hard is None:
            return odds_of(votes, self._classes)
        odds, unnamed, _ = self.hard.odds(votes, self._classes)
        return odds, unnamed

    def _elect(
        self,
        workers: list[Worker],
        columns: list[Column],
        records: tuple[RecordId, ...],
    ) -> Elected:
        if self.adaptive:
            believed = self._reliability.of_each(workers, self._guess)
            ballots = [list(zip(column, believed, strict=True)) for column in columns]
            if self.hard is None and self.voter is None:
                return [posterior(votes, self._classes) for votes in ballots]
            return [
                self._likeliest(votes, self.predictions.get(record))
                for votes, record in zip(ballots, records, strict=True)
            ]
        accuracies = [worker.accuracy for worker in workers]
        return [
            (column[0], 1.0)  # what any consensus says of unanimous votes
            if column.count(column[0]) == len(column)
            else self._consensus(list(zip(column, accuracies, strict=True)), self._n_classes)
            for column in columns
        ]

    def _likeliest(self, votes: Votes, prediction: Prediction | None) -> tuple[ClassIndex, float]:
        """Return the likeliest class and its probability, the model's prediction as the prior."""
        odds, unnamed = self._odds(votes)
        if self.voter is not None and prediction is not None:
            label, _ = prediction
            believed, counts = self.voter.believed(prediction), self._classes.counts
            share = counts[label] / self._classes.total
            if label not in odds:
                named = sum(counts[each] for each in odds)
                odds[label] = unnamed * counts[label] / max(1e-9, self._classes.total - named)
                unnamed = max(0.0, unnamed - odds[label])
            against = (1.0 - believed) / (1.0 - share)
            odds = {each: value * against for each, value in odds.items()}
            odds[label] *= believed / share / against
            unnamed *= against
        best = max(odds, key=odds.__getitem__)
        return best, odds[best] / (sum(odds.values()) + unnamed)

    def reliability(self, worker: Worker) -> float:
        """Return the probability (0..1) that a worker's answer is right."""
        return self._reliability.of_each([worker], 0.0)[0]
