"""One cell of an experiment."""

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.cells import run_cell

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


def test_a_mistake_in_a_setting_is_told_as_ever() -> None:
    with pytest.raises(ScenarioError, match="did you mean"):
        run_cell(SMALL, ["pool.sise=3"], 1)
