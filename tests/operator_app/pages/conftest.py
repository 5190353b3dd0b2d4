"""Finished simulated runs that pages are shown, at moments fixed by the test."""

import pytest

from clamshell_tui.runfile.file_run import FileRun
from tests.kept import loaded, simulated

_LEARNING = """\
seed = 5
dataset = {kind = "generated", records = 400, features = 4, classes = 3, difficulty = 0.2}
requester.gold = 10
crowd.population = "live"
pool = {size = 6, reserve = 3}
recruitment.every = 20.0
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 2, batching = "barrier"}
straggler_mitigation = {routing = "fewest-active", max_duplicates = 2}
learning.uncertainty = "entropy"
learning.active_fraction = 0.5
maintenance.threshold = 6.0
stop.labels = 300
"""
VOTED = """\
seed = 3
dataset = {kind = "generated", records = 60, features = 4, classes = 3}
crowd.population = "live"
pool = {size = 5, reserve = 1}
recruitment.every = 20.0
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 2, votes = 3}
learning.enabled = false
"""


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> FileRun:
    """With batches, duplicates, evictions and models."""
    return loaded(simulated(tmp_path_factory.mktemp("learning"), _LEARNING))


@pytest.fixture(scope="session")
def voted(tmp_path_factory: pytest.TempPathFactory) -> FileRun:
    """Three votes a record, and no model."""
    return loaded(simulated(tmp_path_factory.mktemp("votes"), VOTED))
