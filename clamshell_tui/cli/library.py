"""Finds scenarios: files by path, and the built-in ones by name."""

import re
from pathlib import Path

import clamshell_tui
from clamshell_tui.errors import ScenarioError, did_you_mean
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
    known = built_in()
    if name not in known:
        raise ScenarioError(
            f'no scenario "{show(name)}"{did_you_mean(name, known)}. Built in: '
            f"{', '.join(known)}; or give the path of a .toml file"
        )
    return known[name]


def built_in() -> dict[str, Path]:
    """The scenarios that came with the program, by name, quickstart first."""
    paths = sorted(_folder().glob("*.toml"), key=lambda path: (path.stem != "quickstart", path))
    return {path.stem: path for path in paths}


def title(path: Path) -> str:
    """The first comment line of a scenario: what it is, in one line."""
    with path.open(encoding="utf-8") as file:
        return file.readline().lstrip("# ").rstrip()


def _folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(clamshell_tui.__file__).parent
    installed = package / "scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"
