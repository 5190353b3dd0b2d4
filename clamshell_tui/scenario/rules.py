"""Run files of other engine rules: refuse to replay them, and read their scenarios correctly.

A journal holds events, and a replay runs the current engine. So ``meta.rules`` of a run file has
the number of the rules that made it (:data:`~clamshell_tui.core.config.RULES`). A file of other
rules is never replayed: :func:`require_rules` names the version to install.

A stored scenario has every setting whose value was not None. A missing setting has the value of
that time: :data:`FORMER_DEFAULTS`.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from clamshell_tui.core.config import RULES
from clamshell_tui.errors import EnvironmentFaultError, RunFileError, ScenarioError
from clamshell_tui.plugins import PluginInfo, PluginMissingError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.text import show

SCENARIO: Final = "scenario_toml"
"""Key of ``meta``: the scenario as run."""

PLUGINS: Final = "plugins"
"""Key of ``meta``: the policies of other packages that the run used, as JSON."""

_UNLIMITED: Final = 1_000_000

FORMER_DEFAULTS: Mapping[int, Mapping[str, Any]] = MappingProxyType(
    {
        1: {
            "maintenance.shrink": False,
            "conduct.max_skips": _UNLIMITED,
            "conduct.max_expired": _UNLIMITED,
            "conduct.max_late": _UNLIMITED,
            "conduct.max_share": 1.0,
            "conduct.fastest": 0.0,
            "conduct.warn_set_aside": _UNLIMITED,
        }
    }
)
"""By rules: values of settings that a scenario stored under those rules does not have.

Add ``"section.key": value`` under the number of the last rules without the setting, if

- the default of a **new setting** changes a run: ``value`` is the behaviour without the setting;
- a **default that was None changes**: ``value`` is None.

Any other changed default needs no entry, since the stored scenario has the old one. Keys are those
of ``--set``. A missing section is added; a missing table within a section (``crowd.custom``) is
not, since most of those are absent on purpose.
"""

_LONGEST = 2**22  # characters: a scenario of 1 MiB with every default written out
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_plugins = msgspec.json.Decoder(list[PluginInfo])
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
_VERSION = re.compile(r"[0-9]+(\.[0-9a-z]+){1,5}", re.ASCII)


def rules_of(meta: Mapping[str, str]) -> int:
    """Return the rules that made a run; the first version did not store them."""
    number = meta.get("rules", "1")
    if not _NUMBER.fullmatch(number):
        raise RunFileError(f'"{show(number, 20)}" is not a number of rules. Restore the run file')
    return int(number)


def require_rules(meta: Mapping[str, str], name: str, proven: str = "") -> None:
    """Raise EnvironmentFaultError unless the run called ``name`` can be replayed by this program.

    ``proven`` is put first, and states the checks that passed.
    """
    rules = rules_of(meta)
    if rules != RULES:
        raise EnvironmentFaultError(
            f"{name}: {proven}made by rules {rules}, this program has {RULES}, not replayed. "
            f"{_remedy(meta)}"
        )


def _remedy(meta: Mapping[str, str]) -> str:
    version = meta.get("version", "")
    if _VERSION.fullmatch(version[:40]):
        return f"Install clamshell-tui {version} for that: pip install clamshell-tui=={version}"
    return "Install the version of clamshell-tui that made it"


def stored_scenario(meta: Mapping[str, str], name: str) -> Scenario:
    """Return the scenario of a run; errors name the run ``name``.

    Raises RunFileError if ``meta`` has none, ScenarioError if it cannot be read.
    """
    try:
        text = meta[SCENARIO]
    except KeyError:
        raise RunFileError(f"{name} does not say which scenario it is a run of") from None
    if len(text) > _LONGEST:
        raise RunFileError(f"{name}: its scenario is larger than {_LONGEST:,} characters")
    rules = rules_of(meta)
    try:
        return parse_scenario(
            text,
            f"{name}: its scenario",
            absent=dict(_former_defaults(rules)),
            check_changes=False,
            check_sense=rules == RULES,  # of other rules: checked at that time
        )
    except PluginMissingError as error:
        raise _with_remedy(error, meta) from None


def plugins_of(meta: Mapping[str, str]) -> list[PluginInfo]:
    """Return the policies of other packages that a run used; none for an unreadable list."""
    try:
        return list(_plugins.decode(meta.get(PLUGINS, "[]")))
    except msgspec.DecodeError:
        return []


def _with_remedy(error: PluginMissingError, meta: Mapping[str, str]) -> ScenarioError:
    for used in plugins_of(meta):
        named = (used.kind, used.name) == (error.kind, error.name)
        if named and _PACKAGE.fullmatch(used.distribution) and _VERSION.fullmatch(used.version):
            origin = f"{used.distribution} {used.version}"
            remedy = f"pip install {used.distribution}=={used.version}"
            return ScenarioError(f"{error}. This run used {origin}: {remedy}")
    return error


def _former_defaults(rules: int) -> Iterator[tuple[str, Any]]:
    """Yield the latest rules first: of several values, the one nearest to the file counts."""
    for number in sorted(FORMER_DEFAULTS, reverse=True):
        if number >= rules:
            yield from FORMER_DEFAULTS[number].items()
