"""What tables keep of a run. Times in seconds, money in dollars; what it cannot tell is absent."""

from collections.abc import Iterator, Mapping

from clamshell_tui.experiments.cells import measure
from clamshell_tui.scenario.runner import RunResult

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
