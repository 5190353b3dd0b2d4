"""Finds scenarios: files by path, and the built-in ones by name."""

import re
from pathlib import Path

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.scenario.shipped import beyond_the_paper, of_the_paper, stories
from clamshell_tui.text import show

_NAME = re.compile(r"[\w-]+")


def find(name: str) -> Path:
    """The file that ``name`` stands for: a path, or else a built-in scenario.

    A path is returned as it is; whether there is such a file is for the reader to say.
    """
    path = Path(name)
    return path if not _NAME.fullmatch(name) or path.is_file() else find_built_in(name)


def find_built_in(name: str) -> Path:
    """The scenario of this name that came with the program."""
    known = stories()
    found = {**beyond_the_paper(), **of_the_paper(), **known}.get(name)
    if found is None:
        raise ScenarioError(
            f'no scenario "{show(name)}"{did_you_mean(name, known)}. Built in: '
            f"{', '.join(known)}; or give the path of a .toml file"
        )
    return found


def title(path: Path) -> str:
    """The first comment line of a scenario: what it is, in one line."""
    with path.open(encoding="utf-8") as file:
        return file.readline().lstrip("# ").rstrip()
