"""Records are read in this process, and not in one of their own for each study."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.study import opening
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.coordinator.trainer_process import RequestServer
from clamshell_tui.scenario.load import as_toml
from tests.coordinator.study.finished import finish


async def _load(options: Options, stack: AsyncExitStack) -> tuple[None, Loaded]:
    request = Load(as_toml(options.scenario), str(options.base.absolute()))
    loaded = RequestServer().reply(request)
    assert isinstance(loaded, Loaded), loaded
    return None, loaded


@pytest.fixture(autouse=True)
def _records_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "load_records", _load)


class FinishedStudy(NamedTuple):
    """The folder of the files, that of the study in it, and all codes and tokens."""

    files: Path
    folder: Path
    secrets: list[str]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedStudy:
    """A study that is over; tests that change it take a copy."""
    files = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "load_records", _load)
        return FinishedStudy(files, files / "run", asyncio.run(finish(files)))
