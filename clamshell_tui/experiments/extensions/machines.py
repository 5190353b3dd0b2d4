"""A machine beside people, good or bad and sure or too sure (B-MACHINE)."""

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, SECONDS
from clamshell_tui.experiments.table import PaperColumn
from clamshell_tui.experiments.verdicts import at_least, at_most, comparison, share
from clamshell_tui.simulator.run_scenario import RunResult

OF_MACHINE, MACHINE_RIGHT = "labels of the machine", "right of the machine's labels"
"""Percent of the labels that are the machine's answers, and the share of those that is right."""

_ACCURACIES = (0.7, 0.8, 0.9)


def _arm(accuracy: float, confidence: str) -> tuple[str, ...]:
    return (f'crowd.machine=[{{name="llm", accuracy={accuracy}, confidence="{confidence}"}}]',)


_CALIBRATED = {f"{each}, calibrated": _arm(each, "calibrated") for each in _ACCURACIES}
_TOO_SURE = {f"{each}, overconfident": _arm(each, "overconfident") for each in _ACCURACIES}


def observe(result: RunResult) -> dict[str, float]:
    """The measures of any run, and what the machine did."""
    found, labels = result.summary.machine, result.summary.labels.delivered
    kept = seen.observe(result)
    if found is None:
        return kept | {OF_MACHINE: 0.0}
    shares = {OF_MACHINE: 100.0 * found.labels / labels if labels else None}
    return kept | seen.known(shares | {MACHINE_RIGHT: found.accuracy})


MACHINE = comparison(
    "B-MACHINE",
    "A machine before people: 1,000 digits with three votes, against people alone",
    "time and cost saved by a machine that knows when it is right; nothing lost by one that does "
    "not; its labels as good as machine.accept",
    {"people": ("machine.policy=off",), **_CALIBRATED, **_TOO_SURE},
    (
        PaperColumn("by the machine", OF_MACHINE, "%"),
        PaperColumn(
            "of those right",
            MACHINE_RIGHT,
            paper={name: at_least(0.9, ">= 0.9") for name in _CALIBRATED},
        ),
        PaperColumn("right", seen.CORRECT),
        share("time", SECONDS, {name: at_most(1.0) for name in _CALIBRATED}),
        share(
            "cost",
            DOLLARS,
            {name: at_most(1.0) for name in _CALIBRATED}
            | {name: at_most(1.05) for name in _TOO_SURE},
        ),
    ),
    observe=observe,
)
