"""Runs made by other rules: recognised before a replay, and read with the settings they had.

A journal holds events, and a replay runs the engine of today. So ``meta.rules`` of a run file has
the number of the rules that it was made by (:data:`~clamshell_tui.core.config.RULES`). A file of
other rules is never replayed: :func:`require_rules` names the version to install.

A stored scenario has every setting written out, except those whose value was None. A setting that
is absent keeps the value that it had then: :data:`FORMER_DEFAULTS`.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from clamshell_tui.core.config import RULES
from clamshell_tui.errors import EnvironmentFaultError, RunFileError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.text import show

SCENARIO: Final = "scenario_toml"
"""Key of ``meta``: the scenario as run."""

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
"""By rules: the values of settings that a scenario stored under those rules does not name.

Add ``"section.key": value`` under the number of the last rules that did not know the setting, when

- a **new setting** changes anything by its default: ``value`` is how it was without the setting;
- a **default changes that was None**: ``value`` is None.

Any other changed default needs nothing, since the stored scenario names the old one. Keys are those
of ``--set``. A section that the stored scenario does not have is added; a table in a section is not
(``crowd.custom``), since there most are absent for good.
"""

_LONGEST = 2**22  # characters: a scenario of 1 MiB with every default written out
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
_VERSION = re.compile(r"[0-9]+(\.[0-9a-z]+){1,5}", re.ASCII)


def rules_of(meta: Mapping[str, str]) -> int:
    """The rules that a run was made by; the first version did not name them."""
    number = meta.get("rules", "1")
    if not _NUMBER.fullmatch(number):
        raise RunFileError(f'"{show(number, 20)}" is not a number of rules. Restore the run file')
    return int(number)


def require_rules(meta: Mapping[str, str], name: str, proven: str = "") -> None:
    """Raise EnvironmentFaultError unless the run called ``name`` can be replayed by this program.

    ``proven`` is put first: all that is known to be right.
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
    """The scenario of a run; ``name`` is what errors call the run.

    Raises RunFileError when ``meta`` has none, ScenarioError when it cannot be read.
    """
    try:
        text = meta[SCENARIO]
    except KeyError:
        raise RunFileError(f"{name} does not say which scenario it is a run of") from None
    if len(text) > _LONGEST:
        raise RunFileError(f"{name}: its scenario is larger than {_LONGEST:,} characters")
    rules = rules_of(meta)
    return parse_scenario(
        text,
        f"{name}: its scenario",
        absent=dict(_former_defaults(rules)),
        check_changes=False,
        check_sense=rules == RULES,  # of other rules: they made sense then
    )


def _former_defaults(rules: int) -> Iterator[tuple[str, Any]]:
    """Latest rules first: where several name a key, the one nearest to the file's counts."""
    for number in sorted(FORMER_DEFAULTS, reverse=True):
        if number >= rules:
            yield from FORMER_DEFAULTS[number].items()
