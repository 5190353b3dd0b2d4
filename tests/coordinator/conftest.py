"""Options of a coordinator whose records come over the wire, so that it starts at once."""

from pathlib import Path

import pytest

from clamshell_tui.coordinator.assemble import Options
from tests.coordinator.wire import PETS, options_for


@pytest.fixture
def pets(tmp_path: Path) -> Options:
    """Cats and dogs; nobody has to qualify, for no record has a known answer."""
    return options_for(tmp_path, PETS)
