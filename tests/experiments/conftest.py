"""A kept run of workers whose parameters are known."""

from pathlib import Path

import pytest

from clamshell_tui.experiments.baseline import Basis, from_run_file
from tests.kept import simulated

STORY = """\
seed = 4
learning.enabled = false
dataset = {kind = "generated", records = 620, features = 3, classes = 3}
requester.gold = 20
qualification = {records = 4, pass_mark = 0.5}
tasks.records_per_task = 4
pool = {size = 10, reserve = 2}
maintenance.threshold = 9.0
straggler_mitigation = {routing = "fewest-active", max_duplicates = 2}
[crowd]
population = "custom"
custom = {mean = 5.0, spread = 0.5, deviation = 2.0, accuracy = 0.93}
"""


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With mitigation and evictions."""
    return simulated(tmp_path_factory.mktemp("experiments"), STORY)


@pytest.fixture(scope="session")
def basis(run_file: Path) -> Basis:
    """Of that run, for fresh people like those seen."""
    return from_run_file(run_file)
