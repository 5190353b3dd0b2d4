"""Settings that an operator may change while the run goes on."""

from itertools import chain
from math import inf

import msgspec

from clamshell_tui.core.config import RunConfig, problems
from clamshell_tui.core.policies import unknown_policies

_SHOWN = 40  # characters of somebody's value that a message repeats

_DUPLICATES = "a whole number from 1 on, or unlimited"

CHANGEABLE = {
    "pool.size": "a whole number from 1 to 10,000",
    "pool.start_with": "a number from 0 to 1",
    "pool.autoscale": "on or off",
    "straggler_mitigation.enabled": "on or off",
    "straggler_mitigation.max_duplicates": _DUPLICATES,
    "straggler_mitigation.vote_duplicates": _DUPLICATES,
    "straggler_mitigation.routing": "the name of a routing",
    "straggler_mitigation.gate": "a number from 0 to 10",
    "maintenance.threshold": "seconds per label above 0, auto, or inf for no evictions",
    "tasks.votes": "a whole number from 1 to 99",
    "learning.active_fraction": "a number from 0 to 1",
}
"""The keys, and what can be written there: the types' bounds in an operator's words."""


def change_setting(config: RunConfig, key: str, value: int | float | bool | str) -> RunConfig:
    """The configuration with one setting changed; ValueError says why it cannot be.

    What it says may repeat a text of somebody's: make it harmless before it is shown.
    """
    if key not in CHANGEABLE:
        raise ValueError(f'"{key}" cannot be changed in a run; these can: {", ".join(CHANGEABLE)}')
    section, name = key.split(".")
    plain = msgspec.to_builtins(config)
    plain[section][name] = inf if value == "inf" else value  # JSON has no infinity
    try:
        changed = msgspec.convert(plain, RunConfig)
    except msgspec.ValidationError:  # tells of JSON and Python's types
        given = in_words(value) if isinstance(value, bool) else str(value)[:_SHOWN]
        raise ValueError(f'{key}: write {CHANGEABLE[key]}, not "{given}"') from None
    found = next(chain(unknown_policies(changed), problems(changed)), None)
    if found is not None:
        raise ValueError(found)
    return changed


def in_words(value: int | float | bool | str) -> str:
    """A value as an operator would type it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
