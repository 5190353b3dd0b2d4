"""One cell of an experiment: a scenario with settings and a seed becomes a run and its measures."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from clamshell_tui.report.consensus import final_accuracy
from clamshell_tui.report.numbers import ratio
from clamshell_tui.runfile import Tables
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.runner import RunResult, run_scenario


class Measures(Struct, frozen=True):
    """What a run came to; times in seconds, money in dollars, None: not to be told.

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


def run_cell(
    text: str, settings: Sequence[str], seed: int, *, base: Path | None = None
) -> Measures:
    """Run the scenario in ``text`` with ``section.key=value`` settings and this seed.

    Raises ScenarioError or DatasetError as the run itself would.
    """
    scenario = parse_scenario(text, "scenario", [*settings, f"seed={seed}"])
    return measure(run_scenario(scenario, base or Path()))


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
