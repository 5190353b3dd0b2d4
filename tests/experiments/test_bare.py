"""Runs without data are the same runs."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.experiments.baseline import Basis, changed, simulate
from clamshell_tui.experiments.cells import measure
from clamshell_tui.experiments.fast_simulation import FastWork, play
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from tests.experiments.conftest import STORY


@pytest.mark.parametrize("setting", ["tasks.votes=3", "crowd.population=live"])
def test_a_bare_run_takes_and_costs_what_the_whole_run_does(tmp_path: Path, setting: str) -> None:
    scenario = parse_scenario(STORY, "story.toml", [setting])
    whole = measure(run_scenario(scenario, tmp_path))
    classes = ("0", "1", "2")
    config = scenario.run_config(classes)
    work = FastWork(config, scenario.crowd, scenario.requester, scenario.simulation, 600, 20)
    bare = play(work, scenario.seed)
    assert (bare.seconds, bare.dollars) == pytest.approx((whole.seconds, whole.dollars))
    assert (bare.batch, bare.correct) == pytest.approx((whole.batch_mean, whole.correct))
    assert (bare.assignments, bare.duplicates) == (whole.assignments, whole.duplicates)
    assert (bare.labels, bare.evictions) == (whole.labels, whole.evictions)


def test_those_who_are_present_need_not_be_recruited(basis: Basis) -> None:
    work = changed(basis, ["qualification.enabled=false"])
    with_present = replace(work, present=12)
    assert simulate(with_present, basis.seen, 1, fresh=False).recruiting == 0
    assert simulate(work, basis.seen, 1, fresh=False).recruiting > 60
