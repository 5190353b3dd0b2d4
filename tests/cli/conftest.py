"""The command line, called in this process: exit code, stdout and stderr of one command."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from clamshell_tui.cli import main

TINY = """\
# A tiny run.
seed = 3
dataset = {kind = "generated", records = 120, features = 4}
requester.gold = 10
crowd.population = "fast-local"
pool = {size = 4, reserve = 1}
tasks.records_per_task = 3
stop.labels = 45
"""


class Done(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario file, in the current directory and alone there."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def clamshell(tiny: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """``clamshell("run", "tiny.toml")`` in the directory of the tiny scenario."""

    def call(*args: str) -> Done:
        capsys.readouterr()
        code = main(args)
        return Done(code, *capsys.readouterr())

    return call
