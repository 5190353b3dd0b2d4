"""A finished simulated run, kept in a file, and its replica."""

from pathlib import Path

import pytest

from clamshell_tui.runfile.file_run import FileRun
from tests.kept import loaded, simulated

STORY = """\
seed = 5
dataset = {kind = "generated", records = 400, features = 4, difficulty = 0.2}
requester.gold = 10
crowd.population = "live"
pool = {size = 6, reserve = 3}
recruitment.every = 20.0
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 2, batching = "barrier"}
maintenance.threshold = 6.0
stop.labels = 300
"""


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With batches, duplicates, evictions and models."""
    return simulated(tmp_path_factory.mktemp("replica"), STORY)


@pytest.fixture(scope="session")
def kept(run_file: Path) -> FileRun:
    """Fully loaded."""
    return loaded(run_file)
