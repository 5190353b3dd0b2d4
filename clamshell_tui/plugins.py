"""Policies of other packages, found by their entry points.

The group of an entry point is ``clamshell.KIND``, its name ``prefix:name``. Nothing is looked for
until a scenario names it: a scan of all installed packages takes 80 ms.

An object without ``Config`` is the policy. One with ``Config``, a msgspec Struct, takes options: it
is called with an instance, made of the table ``[plugins."prefix:name"]`` of the scenario, and
returns the policy.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from clamshell_tui import policies
from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.text import show

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

KINDS = (
    "routing",
    "objective",
    "latency_estimator",
    "consensus",
    "uncertainty",
    "estimator",
    "behaviour",
    "population",
    "dataset",
    "exporter",
)
_NAME = re.compile(r"([A-Za-z0-9_-]+:[A-Za-z0-9_.-]+)(\{.*\})?", re.DOTALL)
_SHOWN = 80  # characters of a name or a reason


class PluginMissingError(ScenarioError):
    """No installed package offers an object of this kind and name."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f'no {kind} "{show(name, _SHOWN)}" is installed{_hint(kind, name)}')
        self.kind = kind
        self.name = name


class PluginInfo(Struct, frozen=True):
    """An installed object; ``hash`` is SHA-256 of its module's source, in hex, empty if unknown."""

    kind: str
    name: str
    distribution: str
    version: str
    hash: str


def split(name: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a policy and its options; ScenarioError for a malformed name."""
    found = _NAME.fullmatch(name)
    try:
        options = msgspec.json.decode(found[2] or "{}") if found else None
    except msgspec.DecodeError:
        options = None
    if found is None or not isinstance(options, dict):
        raise ScenarioError(
            f'"{show(name, _SHOWN)}" is no name of another package\'s policy. Write prefix:name'
        )
    return found[1], options


def with_options(name: str, options: Mapping[str, Any]) -> str:
    """Return the name that stands for a policy with these options."""
    return f"{name}{json.dumps(dict(options), sort_keys=True)}" if options else name


def load(kind: str, name: str) -> Any:
    """Return the object for a name with options, configured.

    Raises PluginMissingError if none is installed, ScenarioError if it cannot be loaded or refuses
    the options.
    """
    plain, options = split(name)
    found = _loaded(kind, plain)
    config_type = getattr(found, "Config", None)
    if config_type is None:
        if options:
            raise ScenarioError(f'plugins."{show(plain)}": {kind} "{show(plain)}" takes no options')
        return found
    try:
        config = msgspec.convert(options, config_type)
        unknown = [key for key in options if key not in config_type.__struct_fields__]
        if unknown:
            hint = did_you_mean(unknown[0], config_type.__struct_fields__)
            raise ScenarioError(f'plugins."{plain}": unknown option "{show(unknown[0])}"{hint}')
    except msgspec.ValidationError as error:
        raise ScenarioError(f'plugins."{plain}": {error}') from error
    return found(config)


@cache
def _loaded(kind: str, name: str) -> Any:
    entry = _entry(kind, name)
    try:
        return entry.load()
    except Exception as error:  # another package's code
        reason = show(f"{type(error).__name__}: {error}".partition("\n")[0], _SHOWN)
        raise ScenarioError(f'plugin "{name}" ({_origin(entry)}) cannot be loaded: {reason}') from (
            error
        )


def _entries(kind: str) -> "Iterable[EntryPoint]":
    from importlib.metadata import entry_points  # 15 ms

    return entry_points(group=f"clamshell.{kind}")


def _entry(kind: str, name: str) -> "EntryPoint":
    for entry in _entries(kind):
        if entry.name == name:
            return entry
    raise PluginMissingError(kind, name)


def _origin(entry: "EntryPoint") -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _hint(kind: str, name: str) -> str:
    return did_you_mean(name, [entry.name for entry in _entries(kind)])


def info(kind: str, name: str) -> PluginInfo:
    """Describe the installed object; PluginMissingError if there is none."""
    return _described(kind, _entry(kind, split(name)[0]))


def installed() -> Iterator[PluginInfo]:
    """Yield every object that installed packages offer, by kind and name."""
    for kind in KINDS:
        found = sorted(_entries(kind), key=lambda entry: entry.name)
        yield from [_described(kind, entry) for entry in found]


def _described(kind: str, entry: "EntryPoint") -> PluginInfo:
    origin = entry.dist
    name, version = (origin.name, origin.version) if origin is not None else ("", "")
    return PluginInfo(kind, entry.name, name, version, _source_hash(entry.module))


def _source_hash(module: str) -> str:
    try:
        spec = find_spec(module)
        return sha256(Path(spec.origin or "").read_bytes()).hexdigest() if spec else ""
    except (ImportError, OSError, ValueError):
        return ""


def put_options_into_names(data: dict[str, Any]) -> None:
    """Move the tables ``[plugins."prefix:name"]`` of a scenario into the names that use them.

    ``dataset.kind = "prefix:name"`` becomes the kind ``plugin``; its other keys are options.
    """
    tables = data.pop("plugins", {})
    if not isinstance(tables, dict) or not all(isinstance(each, dict) for each in tables.values()):
        raise ScenarioError('plugins: write a table for each, such as [plugins."acme:newest"]')
    dataset = data.get("dataset")
    if isinstance(dataset, dict) and ":" in str(kind := dataset.get("kind", "")):
        options = {key: value for key, value in dataset.items() if key != "kind"}
        options |= tables.pop(kind, {})
        data["dataset"] = {"kind": "plugin", "source": with_options(kind, options)}
    used: set[str] = set()
    for section in [name for name, value in data.items() if isinstance(value, dict | list)]:
        data[section] = _renamed(data[section], tables, used)
    for name in tables:
        if name not in used:
            raise ScenarioError(f'plugins."{show(name)}": no setting names it. Remove the table')


def _renamed(value: Any, tables: Mapping[str, Mapping[str, Any]], used: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            _renamed(key, tables, used): _renamed(each, tables, used) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_renamed(each, tables, used) for each in value]
    if isinstance(value, str) and value in tables:
        used.add(value)
        return with_options(value, tables[value])
    return value


policies.load = load
