"""Our own policies pass the checks that those of other packages must pass."""

import pickle
from collections.abc import Collection
from pathlib import Path

import pytest

from clamshell_tui.core.crowd_platform.quality import CONSENSUS
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.objectives import OBJECTIVES
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.learner.names import ESTIMATORS
from clamshell_tui.learner.uncertainty import UNCERTAINTY
from clamshell_tui.report.export_formats import FORMATS
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.testing.checks import Check, parametrize_with_checks
from clamshell_tui.workforce.behaviour import BEHAVIOURS
from clamshell_tui.workforce.populations import POPULATIONS

OURS: dict[str, Collection[str]] = {
    "routing": ROUTINGS,
    "objective": OBJECTIVES,
    "latency_estimator": LATENCY_ESTIMATORS,
    "consensus": CONSENSUS,
    "uncertainty": UNCERTAINTY,
    "estimator": ESTIMATORS,
    "behaviour": BEHAVIOURS,
    "population": POPULATIONS,
    "exporter": FORMATS,
}
# A median needs a rating, and a rating needs records of a file: it has a test of its own.
ALL = [(kind, name) for kind, names in OURS.items() for name in names if name != "median"]
RATING = """
seed = 1
dataset = {kind = "csv", path = "d.csv", text = "text", label = "label"}
question = {kind = "rating", steps = 3}
quality.consensus = "median"
tasks.votes = 3
learning.enabled = false
pool.size = 5
requester.gold = 0
qualification.enabled = false
simulation.check = true
"""


@pytest.mark.slow
@parametrize_with_checks(ALL)
def test_each_of_ours(check: Check) -> None:
    check()


def test_the_median_of_ratings(tmp_path: Path) -> None:
    rows = [f"text {n},{n % 3 + 1}" for n in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    scenario = parse_scenario(RATING, "r.toml")
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    first, second = (run_scenario(scenario, tmp_path) for _ in range(2))
    assert first.summary.labels.delivered == 60
    assert first.digest == second.digest
