"""A small sweep, and its plan."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clamshell_tui.experiments.sweep.plan import SweepPlan, axes, plan

STORY = """\
dataset = {kind = "csv", path = "data.csv", label = "label", features = "f"}
requester.gold = 10
crowd.population = "fast-local"
pool = {size = 4, reserve = 1}
learning.enabled = false
stop.labels = 20
"""

MakePlan = Callable[..., SweepPlan]


@pytest.fixture
def make_plan(tmp_path: Path) -> MakePlan:
    """``make_plan("pool.size=2,4", seeds=2, settings=["stop.labels=10"])``."""
    rows = "".join(f"{n},{'yes' if n % 2 else 'no'}\n" for n in range(60))
    (tmp_path / "data.csv").write_text(f"f,label\n{rows}")
    (tmp_path / "story.toml").write_text(STORY)

    def make(*vary: str, seeds: int = 2, settings: tuple[str, ...] = ()) -> SweepPlan:
        return plan(tmp_path / "story.toml", settings, axes(vary), seeds)

    return make
