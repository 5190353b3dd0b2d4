"""Options of a coordinator with submitted records, so that it starts immediately."""

from pathlib import Path

import pytest

from clamshell_tui.coordinator.assemble import Options
from tests.coordinator.wire import PETS, options_for


@pytest.fixture
def pets(tmp_path: Path) -> Options:
    """Cats and dogs, without qualification: no record has a known answer."""
    return options_for(tmp_path, PETS)
