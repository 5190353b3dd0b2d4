"""Scenarios as the Python API takes them: a path, a built-in name, or a mapping."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from clamshell_tui.errors import InputError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario, parse_scenario
from clamshell_tui.scenario.shipped import find
from clamshell_tui.scenario.toml_text import to_toml, written
from clamshell_tui.text import show

ScenarioLike: TypeAlias = str | Path | Mapping[str, object]
"""Path of a TOML file, name of a built-in scenario, or the tables of a scenario as a mapping."""


class LoadedScenario(NamedTuple):
    """``base`` is the folder that relative paths in the scenario start from."""

    scenario: Scenario
    base: Path


def loaded(
    source: ScenarioLike, settings: Mapping[str, object], seed: int | None = None
) -> LoadedScenario:
    """Return the scenario with changed settings; ScenarioError for the first mistake."""
    changes = overrides(settings if seed is None else {**settings, "seed": seed})
    if isinstance(source, Mapping):
        text = to_toml(_plain(source))
        return LoadedScenario(parse_scenario(text, "the scenario", changes), Path.cwd())
    path = find(str(source))
    return LoadedScenario(load_scenario(path, changes), path.parent)


def overrides(settings: Mapping[str, object]) -> Sequence[str]:
    """Return settings as ``clamshell run --set`` takes them."""
    return [f"{key}={_written(key, value)}" for key, value in settings.items()]


def _written(key: str, value: object) -> str:
    try:
        return written(_plain(value))
    except TypeError:
        raise InputError(
            f"{show(key)}: {show(repr(value), 40)} is no value of a setting. Give a string, a "
            "number, true or false, or a list or a dictionary of those"
        ) from None


def _plain(value: Any) -> Any:
    """Replace arrays and scalars of numpy by Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if callable(to_list := getattr(value, "tolist", None)):
        return to_list()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
