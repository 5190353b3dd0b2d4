"""``--set dataset.KEY=VALUE`` for commands that read a file without a scenario."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clamshell_tui.datasets.config import DatasetConfig, TableConfig
from clamshell_tui.datasets.kinds import kind_of
from clamshell_tui.errors import DatasetError, InputError
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.toml_text import to_toml
from clamshell_tui.text import show

_SECTION = "dataset."
_SETTING = re.compile(r'[Ss]et dataset\.(\w+) (?:=|to) ("[^"]*"|\[[^]]*\]|true|false)')


def repair_of(error: DatasetError) -> str:
    """Return the option with the setting that an error names; empty if it names none."""
    found = _SETTING.search(str(error))
    return f"--set {shlex.quote(f'dataset.{found[1]}={found[2]}')}" if found else ""


def dataset_config(given: Mapping[str, Any], settings: Sequence[str]) -> DatasetConfig:
    """Return ``[dataset]`` with the keys ``given``, changed by ``dataset.KEY=VALUE`` settings."""
    for setting in settings:
        if not setting.strip().startswith(_SECTION):
            raise InputError(
                f"setting {show(setting)}: only those of the file can be set here. "
                "Write dataset.KEY=VALUE"
            )
    text = to_toml({"dataset": dict(given)})
    return parse_scenario(text, "--set", settings, check_sense=False).dataset


def table_config(file: Path, given: Mapping[str, Any], settings: Sequence[str]) -> TableConfig:
    """Return the settings of a file of rows, its kind found out from its first bytes."""
    path = str(file)
    config = dataset_config({"kind": kind_of(file, path), "path": path, **given}, settings)
    if not isinstance(config, TableConfig):
        raise InputError(
            f'{show(path)} is not a file of rows. Set dataset.kind to "csv" or "jsonl"'
        )
    return config
