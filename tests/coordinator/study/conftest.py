"""Records are read in this process, and not in one of their own for each study."""

from contextlib import AsyncExitStack

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.study import opening
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.coordinator.trainer_process import RequestServer
from clamshell_tui.scenario.load import as_toml


@pytest.fixture(autouse=True)
def _records_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async def load(options: Options, stack: AsyncExitStack) -> tuple[None, Loaded]:
        request = Load(as_toml(options.scenario), str(options.base.absolute()))
        loaded = RequestServer().reply(request)
        assert isinstance(loaded, Loaded), loaded
        return None, loaded

    monkeypatch.setattr(opening, "load_records", load)
