"""One cell of an experiment."""

from pathlib import Path

from clamshell_tui.experiments.cells import Measures, measure
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario

SMALL = """
[dataset]
kind = "generated"
records = 80
[crowd]
population = "fast-local"
[pool]
size = 4
[stop]
labels = 40
"""
OFF = ["learning.enabled=false"]


def run_cell(text: str, settings: list[str], seed: int) -> Measures:
    scenario = parse_scenario(text, "scenario", [*settings, f"seed={seed}"])
    return measure(run_scenario(scenario, Path()))


def test_a_cell_is_a_run_in_figures() -> None:
    found = run_cell(SMALL, [*OFF, "straggler_mitigation.enabled=false"], 1)
    assert (found.labels, found.duplicates, found.votes, found.accuracy) == (40, 0, 1.0, None)
    assert 0.8 < (found.correct or 0) <= 1
    assert found.seconds > 0
    assert found.dollars > 40 * 0.02


def test_the_same_seed_is_the_same_cell_and_another_is_not() -> None:
    assert run_cell(SMALL, OFF, 1) == run_cell(SMALL, OFF, 1)
    assert run_cell(SMALL, OFF, 1) != run_cell(SMALL, OFF, 2)


def test_the_learning_curve_can_be_asked_when_and_how_good() -> None:
    found = run_cell(SMALL, [], 1)
    at, labels, accuracy = found.curve[-1]
    assert found.accuracy == accuracy
    assert found.accuracy_after(labels) == accuracy
    assert found.accuracy_after(0) is None
    assert found.seconds_to(0.0) == found.curve[0][0] <= at
    assert found.seconds_to(1.01) is None
