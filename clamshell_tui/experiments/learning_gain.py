"""How many labels passive learning needs for each one of the run's own selection.

Measured on the run's records by whole simulated runs with the learner, a few seconds each: the
accuracy that passive learning has after all labels, and after how many the other has it.
"""

from collections.abc import Sequence
from math import exp, log
from pathlib import Path

from msgspec.structs import replace

from clamshell_tui.core.config import StopConfig
from clamshell_tui.errors import ClamshellError
from clamshell_tui.experiments.cells import Measures, measure
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.workforce.config import CrowdConfig, CustomConfig

_SEEDS = (1, 2)
_TRAINING = 5.0  # virtual seconds between two models: a tenth of the fits, nearly the same curve
_LAST = 3  # models that the final accuracy is averaged over: single ones jump


def passive_labels(text: str, base: str, labels: int, accuracy: float) -> float | None:
    """At least 1; None where passive learning is what the run does, or the data cannot be had.

    ``text`` is the scenario as TOML, ``accuracy`` the mean one of its workers.
    """
    scenario = parse_scenario(text, "the run's scenario")
    learning = scenario.learning
    if not learning.enabled or learning.selector == "passive":
        return None
    passive = replace(scenario, learning=replace(learning, selector="passive"))
    try:
        gains = [
            _gain(
                _measured(scenario, base, labels, accuracy, seed),
                _measured(passive, base, labels, accuracy, seed),
            )
            for seed in _SEEDS
        ]
    except ClamshellError:  # records that came over the wire, or a file that has moved
        return None
    return exp(sum(map(log, gains)) / len(gains))


def _measured(scenario: Scenario, base: str, labels: int, accuracy: float, seed: int) -> Measures:
    from clamshell_tui.simulator.run_scenario import run_scenario  # seconds: scikit-learn

    crowd = CrowdConfig(population="custom", custom=CustomConfig(accuracy=accuracy))
    stop = StopConfig(labels=labels)
    simulation = replace(scenario.simulation, training_seconds=_TRAINING)
    changed = replace(scenario, crowd=crowd, stop=stop, simulation=simulation, seed=seed)
    return measure(run_scenario(changed, Path(base)))


def _gain(own: Measures, passive: Measures) -> float:
    reached = _final(passive.curve)
    for _, used, accuracy in own.curve:
        if accuracy >= reached:
            return max(1.0, passive.labels / max(1, used))
    return 1.0


def _final(curve: Sequence[tuple[float, int, float]]) -> float:
    last = [accuracy for _, _, accuracy in curve[-_LAST:]]
    return sum(last) / len(last) if last else 1.0
