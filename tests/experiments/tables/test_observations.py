"""Measures of tables beyond those of any run."""

from math import inf
from pathlib import Path

import pytest

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.experiments.tables import t_age, t_mpl, t_pm, t_qc, t_term, t_thr
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import of_the_paper
from clamshell_tui.simulator.run_scenario import RunResult, run_scenario
from clamshell_tui.workforce.config import CrowdConfig, CustomConfig


def run(name: str, *settings: str) -> RunResult:
    path = of_the_paper()[name]
    return run_scenario(load_scenario(path, ["seed=5", *settings]), Path())


@pytest.fixture(scope="module")
def maintained() -> RunResult:
    """Two hundred tasks without mitigation."""
    return run("t-pm", "stop.labels=1000")


def test_the_model_of_a_pool_is_the_papers_formula() -> None:
    model = t_mpl.Model(q=0.5, mu_f=4.0, mu_s=12.0)
    assert [model.after(steps) for steps in (0, 1, 2)] == [8.0, 6.0, 5.0]
    assert model.after(60) == pytest.approx(4.0)


def test_the_model_of_a_population_is_what_it_was_made_of() -> None:
    custom = CustomConfig(mean=5.0, spread=0.0, deviation=1.0)
    crowd = CrowdConfig(population="two-class", slow_share=0.3, slow_factor=3.0, custom=custom)
    model = t_mpl.model_of(crowd, MaintenanceConfig(threshold=8.0), 5)
    left_alone = t_mpl.model_of(crowd, MaintenanceConfig(threshold=inf), 5)
    assert left_alone.q == 0.0
    assert left_alone.mu_f == pytest.approx(8.0, rel=0.05)
    assert model.q == pytest.approx(0.3, abs=0.02)
    assert (model.mu_f, model.mu_s) == pytest.approx((5.0, 15.0), rel=0.01)


def test_a_maintained_pool_becomes_as_quick_as_the_model_says() -> None:
    seen = t_mpl.observe(run("t-mpl", "crowd.population=two-class"))
    assert seen["mpl @1-2"] > 1.3 * seen["mpl @21-30"]
    assert 0.8 < seen["mpl of model @21-30"] < 1.2


def test_shares_of_the_labels_take_ever_longer(maintained: RunResult) -> None:
    seen = t_pm.observe(maintained)
    times = [seen[key] for key in seen if key.startswith("done @")]
    assert len(times) == 20
    assert times == sorted(times)
    assert times[-1] == pytest.approx(seen["seconds"])


def test_tasks_are_slow_or_not_by_their_workers_age(maintained: RunResult) -> None:
    seen = t_age.observe(maintained)
    for age in (t_age.UNDER, t_age.OVER, "2", "6"):
        assert 0.0 <= seen[f"slow @{age}"] <= 100.0
        assert (seen[f"p95 @{age}"] >= t_age.SLOW) or not seen[f"slow @{age}"] > 5.0


def test_stragglers_are_of_the_second_half_of_a_run(maintained: RunResult) -> None:
    seen = t_thr.observe(maintained)
    assert seen["p50"] < seen["p95"] < seen["p99"]
    assert seen["straggler"] != seen["p95"]


def test_replacements_an_hour_are_those_of_the_run_over_its_length(maintained: RunResult) -> None:
    seen = t_term.observe(maintained)
    assert seen["an hour"] * seen["seconds"] / 3600 == pytest.approx(seen["evictions"])


@pytest.mark.parametrize(("coupling", "least", "most"), [("decoupled", 3, 5), ("coupled", 4, 6)])
def test_assignments_are_counted_for_a_task_of_three_votes(
    coupling: str, least: int, most: int
) -> None:
    settings = (f"straggler_mitigation.coupling={coupling}", "stop.labels=200")
    seen = t_qc.observe(run("t-qc", "straggler_mitigation.vote_duplicates=1", *settings))
    assert least <= seen["assignments"] <= most
