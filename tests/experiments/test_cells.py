"""One cell of an experiment, and trials made of cells."""

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.beyond import TRIALS
from clamshell_tui.experiments.cells import run_cell
from clamshell_tui.experiments.trials import POPULATIONS, Measure, Trial, render, run_trial
from clamshell_tui.scenario.load import parse_scenario

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


def trial(**arms: tuple[str, ...]) -> Trial:
    seconds = Measure("time", lambda m: m.seconds)
    never = Measure("never", lambda m: m.seconds_to(2.0))
    duplicates = Measure("duplicates", lambda m: m.duplicates, ratio=False)
    return Trial("title", SMALL, arms, (seconds, never, duplicates), ("fast-local-test",))


@pytest.fixture(autouse=True)
def _population(monkeypatch: pytest.MonkeyPatch) -> None:
    """``fast-local`` is quick to simulate; the name shows where settings of a population go."""
    monkeypatch.setattr(
        "clamshell_tui.experiments.trials.POPULATIONS",
        {**POPULATIONS, "fast-local-test": ("crowd.population=fast-local", "tasks.lease=600")},
    )


def test_a_trial_compares_each_arm_with_the_first_by_seed() -> None:
    rows = run_trial(trial(base=tuple(OFF), same=tuple(OFF)), range(1, 4))
    assert [row.arm for row in rows] == ["base", "same"]
    for row in rows:
        seconds, never, duplicates = row.cells
        assert seconds == (1.0, 1.0, 1.0)
        assert never is None
        assert duplicates is not None


def test_a_ratio_above_one_is_more_than_the_first_arm() -> None:
    rows = run_trial(trial(base=tuple(OFF), slow=(*OFF, "pool.size=2")), range(1, 3))
    slower = rows[1].cells[0]
    assert slower is not None
    assert slower.mean > 1.2


def test_a_table_names_population_arm_and_measure() -> None:
    table = render(trial(base=()), run_trial(trial(base=tuple(OFF)), range(1, 3)))
    assert "fast-local-test" in table
    assert "duplicates (value)" in table


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_every_arm_of_every_trial_is_a_valid_scenario(name: str) -> None:
    each = TRIALS[name]
    for population in each.populations:
        for arm in each.arms.values():
            settings = [f"crowd.population={population}", *POPULATIONS[population], *arm]
            parse_scenario(each.scenario, name, settings)
