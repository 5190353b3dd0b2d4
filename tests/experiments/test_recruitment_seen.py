"""Recruitment is recognised from the times of joining."""

from pathlib import Path

import pytest

from clamshell_tui.experiments.baseline import from_run_file
from clamshell_tui.workforce.config import RecruitmentModel
from tests.experiments.conftest import STORY
from tests.kept import simulated


def model_of(folder: Path, model: str) -> RecruitmentModel:
    path = simulated(folder, STORY, f"crowd.recruitment={model}", "pool.size=30")
    seen = from_run_file(path).seen
    assert seen is not None
    assert seen.recruitment is not None
    return seen.recruitment.model


def test_a_stream_of_joiners_is_recognised(tmp_path: Path) -> None:
    found = model_of(tmp_path, '{distribution = "exponential", mean = 12.0}')
    assert found.distribution == "exponential"
    assert found.mean == pytest.approx(12, rel=0.4)


def test_places_that_are_each_taken_on_their_own_are_recognised(tmp_path: Path) -> None:
    found = model_of(tmp_path, '{distribution = "lognormal", mean = 100.0, spread = 0.4}')
    assert found.distribution == "lognormal"
    assert found.mean == pytest.approx(100, rel=0.25)
    assert found.spread == pytest.approx(0.4, rel=0.4)
