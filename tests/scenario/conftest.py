"""A scenario small enough to run in a fraction of a second, with every technique switched on."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario

TINY = """\
# A tiny run.
seed = 3

[dataset]
kind = "generated"
records = 120
features = 4

[requester]
gold = 10

[crowd]
population = "fast-local"

[pool]
size = 4
reserve = 1

[tasks]
records_per_task = 3

[stop]
labels = 45
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def scenario(tiny: Path) -> Callable[..., Scenario]:
    """``scenario("pool.size=3")``: the tiny one with settings changed."""

    def load(*overrides: str) -> Scenario:
        return load_scenario(tiny, overrides)

    return load


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """``refused(text, overrides)``: the message that a scenario of this text is refused with."""
    from clamshell_tui.errors import ScenarioError

    def load(text: str, overrides: Sequence[str] = ()) -> str:
        path = tmp_path / "bad.toml"
        path.write_text(text)
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path, overrides)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return load
