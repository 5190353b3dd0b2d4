"""Finished simulated runs that pages are shown, at moments fixed by the test."""

from pathlib import Path

import pytest

from clamshell_tui.operator_app.source import FileSource
from clamshell_tui.replica.run_file import KeptRun
from clamshell_tui.runfile import open_run
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.runner import run_scenario

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
maintenance.threshold = 6.0
stop.labels = 300
"""
_VOTES = """\
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
def source(tmp_path_factory: pytest.TempPathFactory) -> FileSource:
    """With batches, duplicates, evictions and models."""
    return _kept(_LEARNING, tmp_path_factory.mktemp("learning"))


@pytest.fixture(scope="session")
def voted(tmp_path_factory: pytest.TempPathFactory) -> FileSource:
    """Three votes a record, and no model."""
    return _kept(_VOTES, tmp_path_factory.mktemp("votes"))


def _kept(story: str, folder: Path) -> FileSource:
    path = folder / "run.db"
    run_scenario(parse_scenario(story, "story.toml", default_name="story"), folder, out=path)
    with open_run(path) as file:
        run = KeptRun(file)
        for _ in run.load():
            pass
    return FileSource(run)
