"""Finds the scenarios among TOML files, and loads them with their variants."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import LARGEST, load_scenario
from clamshell_tui.testing.case import Case
from clamshell_tui.text import show

_TABLE = re.compile(rb"^\s*(\[\[\s*expect\s*\]\]|\[\[?\s*crowd\s*[.\]]|crowd\s*[.=])", re.MULTILINE)
_OTHERS = ("pyproject.toml",)  # tools write tables of any name into it


def looks_like_scenario(path: Path) -> bool:
    """Return whether a file has ``[[expect]]`` or ``[crowd]``, or mostly keys of a scenario.

    False for an unreadable file.
    """
    if path.suffix != ".toml" or path.name in _OTHERS:
        return False
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST)
    except OSError:
        return False
    return _TABLE.search(content) is not None or _names_sections(content)


def _names_sections(content: bytes) -> bool:
    """Return whether it has ``dataset.kind`` or two known sections, and mostly known names.

    With one misspelt section, it still counts as a scenario, so that the mistake is reported.
    """
    try:
        names = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    known = [name for name in names if name in Scenario.__struct_fields__]
    sections = [name for name in known if isinstance(names[name], dict)]
    enough = len(sections) > 1 or (sections == ["dataset"] and "kind" in names["dataset"])
    return enough and 2 * len(known) > len(names)


def scenario_files(path: Path) -> list[Path]:
    """Return the file itself, or the scenarios directly in a directory, sorted by name."""
    if not path.is_dir():
        return [path]
    found = [each for each in sorted(path.iterdir()) if looks_like_scenario(each)]
    if not found:
        raise ScenarioError(
            f"no scenario in {show(str(path))}. It would be a .toml file with [[expect]], [crowd] "
            "or other sections of a scenario"
        )
    return found


def load_case(path: Path, overrides: Sequence[str] = ()) -> Case:
    """Return a scenario with every variant that its expectations compare it with.

    Raises ScenarioError.
    """
    scenario = load_scenario(path, overrides)
    variants: dict[tuple[str, ...], Scenario] = {(): scenario}
    for expectation in scenario.expect:
        if expectation.changes not in variants:
            changed = load_scenario(path, [*overrides, *expectation.changes])
            variants[expectation.changes] = changed
    return Case(scenario.name, str(path), variants, tuple(overrides))
