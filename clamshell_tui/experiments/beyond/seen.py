"""What the tables beyond the paper keep of a run, beside the paper's measures."""

from math import inf

from clamshell_tui.experiments.cells import Measures, measure
from clamshell_tui.experiments.paper import seen
from clamshell_tui.report.numbers import ratio
from clamshell_tui.scenario.runner import RunResult

WORK_DOLLARS = "dollars at work"
"""Pay from the first task on, as latency is counted: without what recruiting cost before."""
WAITED = "waited"
"""Percent of that pay that is for time without a task."""
THROUGHPUT = "labels per s"
VOTES, CORRECT, FINAL = "votes", "correct", "Dawid-Skene"
FINAL_GAIN = "points of Dawid-Skene"
"""Percentage points that the final consensus is better than the labels that were delivered."""
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
        seen.basics(result)
        | seen.known(
            {
                WORK_DOLLARS: at_work / 1e6,
                WAITED: ratio(100.0 * (cost.waiting + cost.training - cost.recruitment), at_work),
                THROUGHPUT: found.labels / found.seconds if found.seconds else None,
                VOTES: found.votes,
                CORRECT: found.correct,
                FINAL: found.final_correct,
                FINAL_GAIN: _gain(found),
                MODEL: found.accuracy,
                AT_150: found.accuracy_after(150),
                AT_300: found.accuracy_after(300),
                TO_90: found.seconds_to(0.9),
                WRONGLY: _wrongly(result),
            }
        )
        | _soon(result, found)
    )


def _soon(result: RunResult, found: Measures) -> dict[str, float]:
    """What was there at a time that is the same for all policies; nothing without a threshold."""
    state = result.engine.state
    threshold, began = state.config.maintenance.threshold, state.first_assignment
    if threshold == "auto" or threshold == inf or began is None:
        return {}
    soon = _SOON * threshold
    labels = sum(row.at - began <= soon for row in result.tables.labels.values())
    return seen.known({LABELS_SOON: labels, MODEL_SOON: found.accuracy_at(soon)})


def _gain(found: Measures) -> float | None:
    if found.final_correct is None or found.correct is None:
        return None
    return 100.0 * (found.final_correct - found.correct)


def _wrongly(result: RunResult) -> float:
    evicted = result.summary.workers.evicted
    return sum(result.true_means[each.worker] <= each.threshold for each in evicted)
