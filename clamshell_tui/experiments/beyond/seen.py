"""What the tables beyond the paper keep of a run, beside the paper's measures."""

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
WRONGLY = "evicted wrongly"
"""Workers sent away although their true mean is below the threshold."""


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run."""
    found, cost = measure(result), result.summary.cost
    at_work = cost.total - cost.recruitment
    return seen.basics(result) | seen.known(
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


def _gain(found: Measures) -> float | None:
    if found.final_correct is None or found.correct is None:
        return None
    return 100.0 * (found.final_correct - found.correct)


def _wrongly(result: RunResult) -> float:
    evicted = result.summary.workers.evicted
    return sum(result.true_means[each.worker] <= each.threshold for each in evicted)
