"""Finds scenarios: files by path, and the built-in ones by name."""

import re
from pathlib import Path

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.text import show

_NAME = re.compile(r"[\w-]+")


def folder() -> Path:
    """Return the built-in scenarios: in the package if installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def stories() -> dict[str, Path]:
    """Return the scenarios that show one technique or fault each, by name, quickstart first."""
    paths = sorted(folder().glob("*.toml"), key=lambda path: (path.stem != "quickstart", path))
    return {path.stem: path for path in paths}


def studies() -> dict[str, Path]:
    """Return the built-in studies by name."""
    return {path.stem: path for path in sorted((folder() / "study").glob("*.toml"))}


def beyond_the_paper() -> dict[str, Path]:
    """Return the scenarios of our own experiments, by the table's name in small letters."""
    return {path.stem: path for path in sorted((folder() / "beyond").glob("*.toml"))}


def of_the_paper() -> dict[str, Path]:
    """Return the scenarios of the paper's experiments, by the table's name in small letters."""
    return {path.stem: path for path in sorted((folder() / "paper").glob("*.toml"))}


def find(name: str) -> Path:
    """Return the file that ``name`` stands for: a path, or else a built-in scenario.

    A path is returned unchecked; reading it reports a missing file.
    """
    path = Path(name)
    return path if not _NAME.fullmatch(name) or path.is_file() else find_built_in(name)


def find_built_in(name: str) -> Path:
    """Return the built-in scenario of this name; ScenarioError if there is none."""
    known = stories() | studies()
    found = {**beyond_the_paper(), **of_the_paper(), **known}.get(name)
    if found is None:
        raise ScenarioError(
            f'no scenario "{show(name)}"{did_you_mean(name, known)}. Built in: '
            f"{', '.join(known)}; or give the path of a .toml file"
        )
    return found


def title(path: Path) -> str:
    """Return the first comment line of a scenario."""
    with path.open(encoding="utf-8") as file:
        return file.readline().lstrip("# ").rstrip()
