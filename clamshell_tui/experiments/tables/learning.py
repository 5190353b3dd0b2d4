"""Learning measures of a run: accuracy over time, and the moment when it was good enough."""

from collections.abc import Sequence

from msgspec.structs import replace

from clamshell_tui.experiments.cells import Measures, known, measure
from clamshell_tui.experiments.table import KNOWN
from clamshell_tui.simulator.run_scenario import RunResult

ACCURACY, SO_FAR, TO_TARGET = "accuracy", "accuracy so far", "to target"
TO, USED = "to", "accuracy of labels"


def since(result: RunResult, posted: float) -> Measures:
    """The measures of a run, times counted from ``posted`` and not from the first assignment."""
    measures = measure(result)
    late = min(row.started_at for row in result.tables.assignments.values()) - posted
    curve = tuple((at + late, used, accuracy) for at, used, accuracy in measures.curve)
    return replace(measures, seconds=measures.seconds + late, curve=curve)


def over_time(measures: Measures, data: str, times: Sequence[float]) -> dict[str, float]:
    """``ACCURACY``: of the last model, and at these times; without a model, one can only guess."""
    guessed = 1 / KNOWN[data].classes
    at = {f"{ACCURACY} @{time:g}": _accuracy_at(measures, time, guessed) for time in times}
    return at | known({ACCURACY: measures.accuracy})


def so_far(seen: dict[str, float], times: Sequence[float]) -> dict[str, float]:
    """``SO_FAR``: the mean of the accuracy at these times."""
    return {SO_FAR: sum(seen[f"{ACCURACY} @{time:g}"] for time in times) / len(times)}


def to_target(measures: Measures, data: str) -> dict[str, float]:
    """``TO_TARGET``: when the first model was so good, if one ever was."""
    return known({TO_TARGET: measures.seconds_to(KNOWN[data].target)})


def reached(measures: Measures, accuracies: Sequence[float]) -> dict[str, float]:
    """``TO``: when the first model was so good; those that none was are left out."""
    return known({f"{TO} @{each:g}": measures.seconds_to(each) for each in accuracies})


def by_labels(measures: Measures, counts: Sequence[int]) -> dict[str, float]:
    """``USED``: the accuracy of the last model of at most so many labels, where there is one."""
    return known({f"{USED} @{count}": measures.accuracy_after(count) for count in counts})


def _accuracy_at(measures: Measures, time: float, guessed: float) -> float:
    trained = [accuracy for at, _, accuracy in measures.curve if at <= time]
    return trained[-1] if trained else guessed
