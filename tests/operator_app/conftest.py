"""A simulated run, loaded once from its file: every test looks at moments of it."""

from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension

from clamshell_tui.runfile.file_run import FileRun
from tests.kept import loaded, simulated
from tests.unpainted import leave_unpainted

SVGImageExtension.file_extension = "svg"  # syrupy 5 calls it so; the plugin has the old name

STORY = """\
description = "Six workers, some slow, with learning"
seed = 5
dataset = {kind = "generated", records = 400, features = 4, difficulty = 0.2}
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


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With batches, duplicates, evictions and models."""
    return simulated(tmp_path_factory.mktemp("screens"), STORY)


@pytest.fixture(scope="session")
def kept(run_file: Path) -> FileRun:
    """Fully loaded."""
    return loaded(run_file)


@pytest.fixture(autouse=True)
def a_terminal_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore the terminal that the tests run in: it may be light or without colours."""
    for name in ("COLORFGBG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("clamshell_tui.operator_app.app.FRAME", 3600.0)  # drawn when looked at
    monkeypatch.setattr("clamshell_tui.operator_app.app._settle_memory", lambda: None)  # else kept


@pytest.fixture(autouse=True)
def unpainted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint no screen until a test looks at it; tests of widgets are about what is painted."""
    if request.path.parent.name != "widgets":
        leave_unpainted(monkeypatch)


@pytest.fixture(autouse=True)
def no_estimates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take another process seconds of CPU; a test that wants them is marked so."""
    if "estimates" not in request.fixturenames:
        monkeypatch.setattr("clamshell_tui.operator_app.pages.forecasts.Forecasts.due", _never)


@pytest.fixture
def estimates() -> None:
    """Let the Costs page make forecasts."""


def _never(_self: object, _view: object) -> bool:
    return False
