"""Finds the scenarios among TOML files, and loads them with their variants."""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from clamshell_tui.datasets.config import DatasetConfig
from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import LARGEST, parse_scenario, scenario_text
from clamshell_tui.scenario.shipped import find
from clamshell_tui.scenario.toml_text import line_of
from clamshell_tui.study.config import StudyParts
from clamshell_tui.study.load import is_study, load_study
from clamshell_tui.testing.case import Case, UnusableFile
from clamshell_tui.text import show
from clamshell_tui.workforce.config import CrowdConfig

_TABLE = re.compile(rb"^\s*(\[\[\s*expect\s*\]\]|\[\[?\s*crowd\s*[.\]]|crowd\s*[.=])", re.MULTILINE)
_STAGES = re.compile(rb"^\s*(\[\[\s*stage\s*\]\]|stage\s*=\s*\[)", re.MULTILINE)  # a study
_EXPECT = re.compile(rb"^\s*\[\[\s*expect\s*\]\]\s*\n\s*metric\s*=", re.MULTILINE)
_KEYS = {*Scenario.__struct_fields__, *StudyParts.__struct_fields__}
_OTHERS = ("pyproject.toml",)  # tools write tables of any name into it


def looks_like_scenario(path: Path) -> bool:
    """Return whether a file has ``[[expect]]`` or ``[crowd]``, or mostly keys of a scenario.

    False for an unreadable file, and for a study that expects nothing: it is rehearsed.
    """
    content = _content(path)
    return _TABLE.search(content) is not None or _names_sections(content)


def is_surely_scenario(path: Path) -> bool:
    """Return whether a file cannot be another program's, for use in a folder of any kind.

    It has mostly keys of a scenario, and an ``[[expect]]`` with a metric, a ``[dataset]`` that we
    can read, or a ``[crowd]`` of ours. A torn file needs the first of these.
    """
    content = _content(path)
    try:
        names = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return _EXPECT.search(content) is not None
    known = [name for name in names if name in _KEYS]
    return 2 * len(known) > len(names) and any(
        is_ours(names[name]) for name, is_ours in _SIGNS.items() if name in names
    )


def _content(path: Path) -> bytes:
    if path.suffix != ".toml" or path.name in _OTHERS:
        return b""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST)
    except OSError:
        return b""
    return b"" if _STAGES.search(content) and not _EXPECT.search(content) else content


def _expects(found: Any) -> bool:
    listed = isinstance(found, list) and bool(found)
    return listed and all(isinstance(each, dict) and "metric" in each for each in found)


def _is_dataset(found: Any) -> bool:
    try:
        msgspec.convert(found, DatasetConfig)
    except msgspec.ValidationError:
        return False
    return True


def _is_crowd(found: Any) -> bool:
    if not isinstance(found, dict) or found.keys() - set(CrowdConfig.__struct_fields__):
        return False
    return bool(found.keys() & {"population", "worker", "custom"})


_SIGNS: dict[str, Callable[[Any], bool]] = {
    "expect": _expects,
    "dataset": _is_dataset,
    "crowd": _is_crowd,
}


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
    if is_study(path):
        return _load_study(path, overrides)
    text = scenario_text(path)

    def loaded(*changes: str) -> Scenario:
        settings = [*overrides, *changes]
        return parse_scenario(text, show(path.name), settings, default_name=path.stem)

    scenario = loaded()
    variants: dict[tuple[str, ...], Scenario] = {(): scenario}
    for expectation in scenario.expect:
        if expectation.changes not in variants:
            variants[expectation.changes] = loaded(*expectation.changes)

    return Case(
        scenario.name,
        str(path),
        variants,
        tuple(overrides),
        lines=_lines(text, "expect", len(scenario.expect)),
        track_lines=_lines(text, "track", len(scenario.track)),
    )


def _lines(text: str, table: str, count: int) -> tuple[int, ...]:
    return tuple(line_of(text, (table, number)) or 1 for number in range(count))


def _load_study(path: Path, overrides: Sequence[str]) -> Case:
    study = load_study(path, overrides)
    stands = replace(study.conditions[0].scenario, expect=study.expect, track=(), step=())
    variants: dict[tuple[str, ...], Scenario] = {(): stands}
    for number, each in enumerate(study.expect):
        if each.changes not in variants:
            try:
                changed = load_study(path, [*overrides, *each.changes])
            except ScenarioError as error:
                where = f"{show(path.name)}: expect {number + 1}: compared_with"
                raise ScenarioError(f"{where}: {error}") from error
            variants[each.changes] = changed.conditions[0].scenario
    return Case(
        study.name,
        str(path),
        variants,
        tuple(overrides),
        study=True,
        lines=_lines(study.text, "expect", len(study.expect)),
    )


def load_cases(paths: Sequence[str], overrides: Sequence[str]) -> list[Case | UnusableFile]:
    """Return the scenarios of all paths in order; a path may also be the name of a built-in one.

    A mistake in one does not hide the others.
    """
    found: list[Case | UnusableFile] = []
    for path in paths:
        try:
            files = scenario_files(_place(path))
        except InputError as error:
            found.append(UnusableFile(path, str(error)))
            continue
        found += [_loaded(file, overrides) for file in files]
    return found


def _place(name: str) -> Path:
    """Prefer a directory to a built-in scenario of the same name."""
    return Path(name) if Path(name).is_dir() else find(name)


def _loaded(path: Path, overrides: Sequence[str]) -> Case | UnusableFile:
    try:
        return load_case(path, overrides)
    except InputError as error:
        return UnusableFile(str(path), str(error))
