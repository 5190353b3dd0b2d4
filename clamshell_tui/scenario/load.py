"""Reads a scenario file strictly: unknown keys and bad values are errors with a suggestion.

Loading imports neither numpy nor scikit-learn, so that a mistake is reported immediately.
"""

import re
import stat
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from clamshell_tui.core.config import QuestionConfig
from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.participant_texts.load import built_in, load_texts
from clamshell_tui.plugins import put_options_into_names
from clamshell_tui.scenario.classes import question_problem, with_asked_classes
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.contradictions import (
    contradictions,
    expectation_faults,
    textual_in,
    tracking_faults,
)
from clamshell_tui.scenario.presets import preset_settings
from clamshell_tui.scenario.toml_text import line_of, to_toml
from clamshell_tui.scenario.validate import Fault, Key, faults
from clamshell_tui.text import show

LARGEST = 2**20  # bytes; a scenario is written by hand
_WORD = re.compile(r"[^\s\"'\[\]{},=#]+")
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_SYNTAX_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def load_scenario(
    path: Path, overrides: Sequence[str] = (), *, check_changes: bool = True
) -> Scenario:
    """Return the scenario in ``path``, changed by ``section.key=value`` overrides.

    Raises ScenarioError for the first mistake, with its line or override.
    """
    text, source = scenario_text(path), show(path.name)
    scenario = parse_scenario(
        text, source, overrides, default_name=path.stem, check_changes=check_changes
    )
    try:
        scenario_texts(scenario, path.parent)
    except InputError as error:
        line = line_of(text, ("texts",))
        where = f"{source} line {line}" if line is not None else source
        raise ScenarioError(f"{where}: texts: {error}") from error
    return scenario


def scenario_texts(scenario: Scenario, base: Path) -> Texts:
    """Return the participants' sentences; InputError if a file that replaces them is incomplete.

    ``base`` is the folder of the scenario file.
    """
    if not scenario.texts:
        return ENGLISH_TEXTS
    return Texts(load_texts(built_in().get(scenario.texts, base / scenario.texts)))


class ScenarioPart(NamedTuple):
    """A scenario within the file of a study: one of its conditions."""

    model: type  # of the whole file
    apart: Collection[str]  # tables that are not the scenario's
    settings: Sequence[str]  # section.key=value, for this scenario only
    where: str  # the place of these settings, for errors


def parse_scenario(
    text: str,
    source: str,
    overrides: Sequence[str] = (),
    *,
    default_name: str = "",
    absent: Mapping[str, Any] = MappingProxyType({}),
    part: ScenarioPart | None = None,
    check_changes: bool = True,
    check_sense: bool = True,
) -> Scenario:
    """Return the scenario in ``text``, or the ``part`` of it; errors name it ``source``.

    ``absent`` has values, by ``section.key``, for keys that the text does not set. With
    ``check_changes``, the variants of its expectations are checked too; with ``check_sense``,
    contradicting settings are errors.
    """
    data, origin = checked_tables(text, source, overrides, Scenario if part is None else part.model)
    if part is not None:
        for name in part.apart:
            data.pop(name, None)
        origin.override(data, part.settings, part.where)
        _prepare(data, origin, Scenario)
    data["name"] = data.get("name") or default_name
    _put_absent(data, absent)
    if (data.get("question") or {}).get("kind") == "rating":
        _put_absent(data, {"quality.consensus": "median"})
    try:
        scenario = msgspec.convert(data, Scenario)
    except (msgspec.ValidationError, OverflowError) as error:  # an integer of 400 digits
        raise ScenarioError(f"{source}: {error}") from error
    if problem := question_problem(scenario):
        raise origin.error(Fault(("question",), problem))
    scenario = with_asked_classes(scenario)

    def check_variant(changes: Sequence[str]) -> None:
        parse_scenario(
            text,
            source,
            overrides if part else [*overrides, *changes],
            part=part and part._replace(settings=[*part.settings, *changes]),
            absent=absent,
            check_changes=False,
        )

    for fault in contradictions(scenario) if check_sense else ():
        raise origin.error(fault)
    for number, expectation in enumerate(scenario.expect if check_sense else ()):
        for fault in expectation_faults(number, expectation, textual_in(scenario)):
            raise origin.error(fault)
        if expectation.changes and check_changes:
            try:
                check_variant(expectation.changes)
            except ScenarioError as error:
                where = f"{source}: expect {number + 1}: compared_with"
                raise ScenarioError(f"{where}: {error}") from error
    for number, tracked in enumerate(scenario.track if check_sense else ()):
        for fault in tracking_faults(number, tracked, textual_in(scenario)):
            raise origin.error(fault)
    return scenario


def checked_tables(
    text: str, source: str, overrides: Sequence[str], model: type
) -> "tuple[dict[str, Any], Origin]":
    """Return the tables in ``text``, changed by the overrides and checked to be a ``model``.

    Presets are put in. Raises ScenarioError for the first mistake.
    """
    data = _parsed(text, source)
    origin = Origin(source, text)
    if model is Scenario and isinstance(data.get("stage"), list):
        raise ScenarioError(
            f"{source} is a study, since it has stages. Try it with clamshell rehearse, or run it "
            "with clamshell serve"
        )
    origin.override(data, overrides)
    _prepare(data, origin, model)
    return data, origin


def _prepare(data: dict[str, Any], origin: "Origin", model: type) -> None:
    """Put in presets and options of plugins, then refuse what is no ``model``."""
    _put_preset(data, origin)
    try:
        put_options_into_names(data)
    except ScenarioError as error:
        raise origin.error(Fault(("plugins",), str(error))) from None
    for fault in faults(data, model):
        raise origin.error(fault)


def as_toml(scenario: Scenario) -> str:
    """Return the scenario as TOML with every default; loading it gives an equal scenario."""
    data = msgspec.to_builtins(scenario)
    if not scenario.track:  # younger than the run files of these rules, whose text must stay
        del data["track"]
    if not scenario.texts:
        del data["texts"]
    if scenario.question == QuestionConfig():
        del data["question"]
    return to_toml(data)


class Origin:
    """Finds the line, or the override, of a key."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self._text = text
        self._overridden: dict[Key, str] = {}

    def override(self, data: dict[str, Any], settings: Iterable[str], where: str = "") -> None:
        """Put each ``section.key=value`` into ``data``; ``where`` begins errors about them."""
        for setting in settings:
            try:
                key = _override(data, setting)
                self._overridden[key] = f"{where}setting {show(setting)}"
                if key == ("preset",):
                    for inner in _settings_of_preset(data, self):
                        self._overridden[_override(data, inner)] = self._overridden[key]
            except ScenarioError as error:
                raise ScenarioError(f"{where}{error}") if where else error from None

    def error(self, fault: Fault) -> ScenarioError:
        for key, override in self._overridden.items():
            if fault.key and fault.key[: len(key)] == key:
                return ScenarioError(f"{override}: {fault.text}")
        if fault.key and line_of(self._text, fault.key) is None:  # a table that an override made
            for key, override in self._overridden.items():
                if key[: len(fault.key)] == fault.key:
                    return ScenarioError(f"{override}: {fault.text}")
        return ScenarioError(f"{self.place(fault.key)}: {fault.text}")

    def place(self, key: Key) -> str:
        """Return ``file line 7``, or ``file`` if nothing there has to do with the key."""
        line = line_of(self._text, key)
        return self.source if line is None else f"{self.source} line {line}"


# The file


def scenario_text(path: Path) -> str:
    """Return the text of a scenario file; ScenarioError if it cannot be one."""
    try:
        _refuse_device(path)
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ScenarioError(
            f"no such file: {show(str(path))}. clamshell scenarios lists the built-in ones"
        ) from None
    except IsADirectoryError:
        raise ScenarioError(
            f"{show(str(path))} is a directory, not a scenario. Name a .toml file in it"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"cannot read {show(str(path))}: {reason}") from error
    name = show(path.name)
    if len(raw) > LARGEST:
        raise ScenarioError(f"{name} is larger than 1 MiB. Is this a scenario?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        utf16 = " (looks like UTF-16)" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise ScenarioError(f"{name}: not UTF-8 at line {line}{utf16}. Convert it") from error


def _refuse_device(path: Path) -> None:
    """Reading a FIFO may wait for ever, and an empty device would be a scenario of defaults.

    A pipe that the shell has opened (``/dev/fd/63``, ``/dev/stdin``) is read.
    """
    mode = path.stat().st_mode
    piped = stat.S_ISFIFO(mode) and path.is_relative_to("/dev")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or piped):
        raise ScenarioError(f"{show(str(path))} is no file, so no scenario. Name a .toml file")


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        message = str(error)
        place = _SYNTAX_PLACE.search(message)
        what = message[: place.start()] if place else message
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        raise ScenarioError(f"{source} line {line}: not TOML: {show(what)}") from error
    except RecursionError:
        raise ScenarioError(f"{source}: nested too deeply. Is this a scenario?") from None


# Overrides


def _override(data: dict[str, Any], override: str) -> Key:
    """Put ``section.key=value`` into ``data``; returns the key."""
    name, equals, text = override.partition("=")
    name, text = name.strip(), text.strip()
    if not equals or not _KEY.fullmatch(name):
        raise ScenarioError(
            f'"{show(override)}" is not a setting. Write KEY=VALUE, such as pool.size=20'
        )
    *tables, last = name.split(".")
    table = data
    for part in tables:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ScenarioError(f"setting {show(override)}: {part} is not a table of keys")
        table = inner
    table[last] = _override_value(text, override)
    return tuple(name.split("."))


def _settings_of_preset(data: dict[str, Any], origin: "Origin") -> Sequence[str]:
    """Return the settings of the preset that ``data`` names, if any."""
    name = data.get("preset")
    if not name or not isinstance(name, str):
        return ()
    try:
        return preset_settings(name)
    except ScenarioError as error:
        raise origin.error(Fault(("preset",), str(error))) from None


def _put_preset(data: dict[str, Any], origin: "Origin") -> None:
    """Add the settings of the preset for keys that the scenario does not set."""
    for setting in _settings_of_preset(data, origin):
        key, _, value = setting.partition("=")
        section, last = key.split(".")
        table = data.setdefault(section, {})
        if isinstance(table, dict):  # another type is reported later
            table.setdefault(last, _override_value(value, setting))


def _put_absent(data: dict[str, Any], absent: Mapping[str, Any]) -> None:
    """Add values for keys that ``data`` does not have; see ``scenario.rules``."""
    for name, value in absent.items():
        *tables, last = name.split(".")
        table: Any = data.setdefault(tables[0], {}) if tables else data
        for each in tables[1:]:
            table = table.get(each) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.setdefault(last, value)


def _override_value(text: str, override: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        if _WORD.fullmatch(text):
            return text
        raise ScenarioError(
            f'setting {show(override)}: not a TOML value; write a number, true, or "text"'
        ) from None
    if list(parsed) != ["value"]:  # a newline smuggled in more than one assignment
        raise ScenarioError(f"setting {show(override)}: write one value")
    return parsed["value"]
