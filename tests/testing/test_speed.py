"""The speed that is chosen for a live run."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.simulator.run_scenario import RunResult, run_scenario
from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.live.speed import FASTEST, planned
from tests.testing.conftest import Write


@pytest.fixture
def result(write: Write) -> RunResult:
    case = load_case(write())
    return run_scenario(replace(case.variants[()], seed=0), Path())


def load(monkeypatch: pytest.MonkeyPatch, per_core: float) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (2 * per_core, 0.0, 0.0))


def test_a_busy_machine_runs_slower(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, 0.2)
    free = planned(result, None)
    assert 1.0 < free.speed <= FASTEST
    load(monkeypatch, 3.0)
    busy = planned(result, None)
    assert busy.speed == pytest.approx(max(1.0, free.speed / 3.0), rel=0.06)  # two digits are kept
    assert busy.seconds == free.seconds
    load(monkeypatch, 1000.0)
    assert planned(result, None).speed == 1.0


def test_a_speed_that_is_given_is_kept(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, 3.0)
    assert planned(result, 40.0).speed == 40.0
