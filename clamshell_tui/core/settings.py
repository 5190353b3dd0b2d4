"""Settings that an operator may change while the run goes on."""

from itertools import chain
from math import inf

import msgspec

from clamshell_tui.core.config import RunConfig, problems
from clamshell_tui.core.policies import unknown_policies

CHANGEABLE = (
    "pool.size",
    "pool.start_with",
    "pool.autoscale",
    "straggler_mitigation.enabled",
    "straggler_mitigation.max_duplicates",
    "straggler_mitigation.routing",
    "straggler_mitigation.gate",
    "maintenance.threshold",
    "tasks.votes",
    "learning.active_fraction",
)


def change_setting(config: RunConfig, key: str, value: int | float | bool | str) -> RunConfig:
    """The configuration with one setting changed; ValueError says why it cannot be."""
    if key not in CHANGEABLE:
        raise ValueError(f'"{key}" cannot be changed in a run; these can: {", ".join(CHANGEABLE)}')
    section, name = key.split(".")
    plain = msgspec.to_builtins(config)
    plain[section][name] = inf if value == "inf" else value  # JSON has no infinity
    try:
        changed = msgspec.convert(plain, RunConfig)
    except msgspec.ValidationError as error:
        raise ValueError(f"{key}: {error}") from None
    found = next(chain(unknown_policies(changed), problems(changed)), None)
    if found is not None:
        raise ValueError(found)
    return changed
