"""Which files are scenarios: a ``.toml`` with a table only they have, or mostly their sections."""

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
    """True for a TOML file with ``[[expect]]`` or ``[crowd]``, or most of whose names are ours.

    What is not readable is not one.
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
    """Whether it has a dataset of a kind or two sections, and more names that we know than others.

    So a ``[dataset]`` and a ``[stop]`` are a scenario, also with a section misspelt beside them.
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
    """The file itself, or the scenarios that lie directly in a directory, by name."""
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
    """A scenario with every variant that its expectations compare it with.

    Raises ScenarioError for what cannot be used.
    """
    scenario = load_scenario(path, overrides)
    variants: dict[tuple[str, ...], Scenario] = {(): scenario}
    for expectation in scenario.expect:
        if expectation.changes not in variants:
            changed = load_scenario(path, [*overrides, *expectation.changes])
            variants[expectation.changes] = changed
    return Case(scenario.name, str(path), variants, tuple(overrides))
