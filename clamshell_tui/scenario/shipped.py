"""Where the scenarios that came with the program lie."""

from pathlib import Path

import clamshell_tui


def folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(clamshell_tui.__file__).parent
    installed = package / "scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def stories() -> dict[str, Path]:
    """Those that tell of one thing each, by name, quickstart first."""
    paths = sorted(folder().glob("*.toml"), key=lambda path: (path.stem != "quickstart", path))
    return {path.stem: path for path in paths}


def beyond_the_paper() -> dict[str, Path]:
    """The settings of our own experiments, likewise."""
    return {path.stem: path for path in sorted((folder() / "beyond").glob("*.toml"))}


def of_the_paper() -> dict[str, Path]:
    """The settings of the paper's experiments, by the name of the table in small letters."""
    return {path.stem: path for path in sorted((folder() / "paper").glob("*.toml"))}
