"""Quality of a latency estimator over a run: its error, and the evictions that would follow."""

from math import exp, log

from clamshell_tui.run.statistics import mean, ratio
from clamshell_tui.simulator.run_scenario import RunResult

ERROR, BIAS, AUC = "error", "bias", "area under the ROC"
CAUGHT, BLAMED = "slow ones flagged", "fast ones flagged"

_LEAST = 2  # assignments of a worker before an estimate counts


def observe(result: RunResult) -> dict[str, float]:
    """The run's own estimator at the end of it, against the true means.

    ``ERROR`` and ``BIAS`` are factors: exp of the mean of |log| and log of estimate / truth. A
    worker is slow if the true mean is above the run's threshold. Shares and area are left out where
    no worker is slow, or none fast.
    """
    state = result.engine.state
    threshold = float(state.config.maintenance.threshold)
    slow: list[float] = []
    fast: list[float] = []
    off: list[float] = []
    flagged = {True: 0, False: 0}
    for worker in state.pool.workers.values():
        estimate = state.estimator.estimate(worker.evidence)
        if worker.evidence.assignments < _LEAST or estimate is None:
            continue
        truth = result.true_means[worker.id]
        off.append(log(estimate / truth))
        (slow if truth > threshold else fast).append(estimate)
        flagged[truth > threshold] += bool(state.estimator.judge(worker.evidence, threshold, 0.0))
    found = {
        ERROR: _factor([abs(each) for each in off]),
        BIAS: _factor(off),
        AUC: _area(slow, fast),
        CAUGHT: ratio(100 * flagged[True], len(slow)),
        BLAMED: ratio(100 * flagged[False], len(fast)),
    }
    return {key: value for key, value in found.items() if value is not None}


def _factor(logs: list[float]) -> float | None:
    average = mean(logs)
    return None if average is None else exp(average)


def _area(slow: list[float], fast: list[float]) -> float | None:
    """Probability that a slow worker is estimated above a fast one; equals count half."""
    pairs = [(a > b) + 0.5 * (a == b) for a in slow for b in fast]
    return mean(pairs)
