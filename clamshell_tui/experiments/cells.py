"""Measures of one run, a cell of an experiment.

The functions below pick those that tables keep: times in seconds, money in dollars; a
measure that the run does not have is absent.
"""

from collections.abc import Iterator, Mapping
from math import inf

from msgspec import Struct

from clamshell_tui.report.consensus import final_accuracy
from clamshell_tui.run.statistics import mean, ratio
from clamshell_tui.run.tables import Tables
from clamshell_tui.simulator.run_scenario import RunResult


class Measures(Struct, frozen=True):
    """Measures of a run; times in seconds, money in dollars, None: the run does not have it.

    ``seconds`` run from the first assignment to the last label. ``curve`` holds, for each measured
    model, (seconds after the first assignment, labels used, accuracy).
    """

    seconds: float
    labels: int
    correct: float | None  # share of the labels that are right
    final_correct: float | None  # the same by Dawid-Skene; None without several votes
    dollars: float
    batch_mean: float | None
    batch_deviation: float | None
    task_deviation: float | None
    assignments: int
    duplicates: int
    votes: float  # counted answers per labelled task
    evictions: int
    accuracy: float | None  # of the last model
    curve: tuple[tuple[float, int, float], ...]

    def seconds_to(self, accuracy: float) -> float | None:
        """When the model first was this accurate; None if it never was."""
        return next((at for at, _, reached in self.curve if reached >= accuracy), None)

    def accuracy_after(self, labels: int) -> float | None:
        """Accuracy of the last model that was trained on at most this many labels."""
        found = [reached for _, used, reached in self.curve if used <= labels]
        return found[-1] if found else None

    def accuracy_at(self, seconds: float) -> float | None:
        """Accuracy of the model that there was so long after the first assignment."""
        found = [reached for at, _, reached in self.curve if at <= seconds]
        return found[-1] if found else None


def measure(result: RunResult) -> Measures:
    """The measures of a run that is over."""
    summary, tables = result.summary, result.tables
    completed = sum(row.state == "complete" for row in tables.tasks.values())
    return Measures(
        seconds=summary.seconds or 0.0,
        labels=summary.labels.delivered,
        correct=summary.labels.accuracy,
        final_correct=final_accuracy(tables) if summary.work.completed > completed else None,
        dollars=summary.cost.total / 1e6,
        batch_mean=summary.batches.mean,
        batch_deviation=summary.batches.deviation,
        task_deviation=summary.batches.task_deviation,
        assignments=summary.work.assignments,
        duplicates=summary.work.duplicates,
        votes=ratio(summary.work.completed, completed) or 0.0,
        evictions=len(summary.workers.evicted),
        accuracy=summary.model.accuracy,
        curve=_curve(tables),
    )


def _curve(tables: Tables) -> tuple[tuple[float, int, float], ...]:
    started = min((row.started_at for row in tables.assignments.values()), default=0.0)
    return tuple(
        [
            (row.trained_at - started, row.labels_used, row.accuracy)
            for row in tables.models
            if row.accuracy is not None
        ]
    )


SECONDS, DOLLARS, LABELS = "seconds", "dollars", "labels"
BATCH, BATCH_STD, TASK_STD = "batch latency", "batch std", "task std"
EVICTIONS, DUPLICATES = "evictions", "duplicates"


def basics(result: RunResult) -> dict[str, float]:
    """The measures of any run."""
    found = measure(result)
    return known(
        {
            SECONDS: found.seconds,
            DOLLARS: found.dollars,
            LABELS: found.labels,
            BATCH: found.batch_mean,
            BATCH_STD: found.batch_deviation,
            TASK_STD: found.task_deviation,
            EVICTIONS: found.evictions,
            DUPLICATES: found.duplicates,
        }
    )


def known(values: Mapping[str, float | None]) -> dict[str, float]:
    """Without what is None."""
    return {key: value for key, value in values.items() if value is not None}


def task_latencies(result: RunResult) -> Iterator[float]:
    """Of every completed task, from its first assignment to its label, in seconds."""
    for task in result.tables.tasks.values():
        if task.started_at is not None and task.completed_at is not None:
            yield task.completed_at - task.started_at


WORK_DOLLARS = "dollars at work"
"""Pay from the first task on, as latency is counted: without what recruiting cost before."""
WAITED = "waited"
"""Percent of that pay that is for time without a task."""
THROUGHPUT = "labels per s"
VOTES, CORRECT, FINAL = "votes", "correct", "Dawid-Skene"
FINAL_GAIN = "points of Dawid-Skene"
"""Percentage points that the final consensus is better than the labels that were delivered."""
OVERCLAIMED = "points claimed too much"
"""Percentage points that the labels' mean support is above the share of them that is right."""
MODEL, AT_150, AT_300, TO_90 = "accuracy", "accuracy at 150", "accuracy at 300", "seconds to 0.9"
LABELS_SOON, MODEL_SOON = "labels soon", "accuracy soon"
"""At 15 PM_l after the first assignment: so many seconds as 15 labels may take a worker."""
WRONGLY = "evicted wrongly"
"""Workers sent away although their true mean is below the threshold."""


_SOON = 15


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run."""
    found, cost = measure(result), result.summary.cost
    at_work = cost.total - cost.recruitment
    return (
        basics(result)
        | known(
            {
                WORK_DOLLARS: at_work / 1e6,
                WAITED: ratio(100.0 * (cost.waiting + cost.training - cost.recruitment), at_work),
                THROUGHPUT: found.labels / found.seconds if found.seconds else None,
                VOTES: found.votes,
                CORRECT: found.correct,
                FINAL: found.final_correct,
                FINAL_GAIN: _gain(found),
                OVERCLAIMED: _overclaimed(result.tables, found.correct),
                MODEL: found.accuracy,
                AT_150: found.accuracy_after(150),
                AT_300: found.accuracy_after(300),
                TO_90: found.seconds_to(0.9),
                WRONGLY: _wrongly(result),
            }
        )
        | _soon(result, found)
    )


def _overclaimed(tables: Tables, correct: float | None) -> float | None:
    support = mean([row.support for row in tables.labels.values()])
    return None if correct is None or support is None else 100.0 * (support - correct)


def _soon(result: RunResult, found: Measures) -> dict[str, float]:
    """Values at a time that is the same for all policies; empty without a threshold."""
    state = result.engine.state
    threshold, began = state.config.maintenance.threshold, state.first_assignment
    if threshold == "auto" or threshold == inf or began is None:
        return {}
    soon = _SOON * threshold
    labels = sum(row.at - began <= soon for row in result.tables.labels.values())
    return known({LABELS_SOON: labels, MODEL_SOON: found.accuracy_at(soon)})


def _gain(found: Measures) -> float | None:
    if found.final_correct is None or found.correct is None:
        return None
    return 100.0 * (found.final_correct - found.correct)


def _wrongly(result: RunResult) -> float:
    evicted = result.summary.workers.evicted
    return sum(result.true_means[each.worker] <= each.threshold for each in evicted)
