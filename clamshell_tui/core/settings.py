"""Names of policies in settings, and the settings that an operator may change during a run."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from math import inf

import msgspec

from clamshell_tui.core.batcher import BATCHINGS
from clamshell_tui.core.config import RunConfig, problems
from clamshell_tui.core.crowd_platform.quality import CONSENSUS
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.objectives import OBJECTIVES
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.lifeguard.thresholds import AUTO_RULES
from clamshell_tui.core.task_selector import SELECTORS

POLICIES: Mapping[tuple[str, str], Collection[str]] = {
    ("tasks", "batching"): BATCHINGS,
    ("straggler_mitigation", "routing"): ROUTINGS,
    ("maintenance", "objective"): OBJECTIVES,
    ("maintenance", "auto_rule"): AUTO_RULES,
    ("maintenance", "latency_estimator"): LATENCY_ESTIMATORS,
    ("quality", "consensus"): CONSENSUS,
    ("learning", "selector"): SELECTORS,
}
"""(section, key) -> the names that may stand there."""


def unknown_policies(config: RunConfig) -> Iterator[str]:
    """Yield one sentence for each unknown name of a policy, with the known ones."""
    for (section, key), known in POLICIES.items():
        name: str = getattr(getattr(config, section), key)
        if name not in known:
            yield f'{section}.{key}: there is no "{name}"; known: {", ".join(known)}'


_SHOWN = 40  # characters of a refused value that the message repeats

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
"""Key -> allowed values, for an operator: the bounds of the types in words."""


def change_setting(config: RunConfig, key: str, value: int | float | bool | str) -> RunConfig:
    """Return the configuration with one setting changed.

    Raises ValueError with the reason if that is impossible. Its message may quote the operator's
    text: pass it through ``text.show`` before it is shown.
    """
    if key not in CHANGEABLE:
        raise ValueError(f'"{key}" cannot be changed in a run; these can: {", ".join(CHANGEABLE)}')
    section, name = key.split(".")
    plain = msgspec.to_builtins(config)
    plain[section][name] = inf if value == "inf" else value  # JSON has no infinity
    try:
        changed = msgspec.convert(plain, RunConfig)
    except msgspec.ValidationError:  # its message is about JSON and Python types
        given = in_words(value) if isinstance(value, bool) else str(value)[:_SHOWN]
        raise ValueError(f'{key}: write {CHANGEABLE[key]}, not "{given}"') from None
    found = next(chain(unknown_policies(changed), problems(changed)), None)
    if found is not None:
        raise ValueError(found)
    return changed


def in_words(value: int | float | bool | str) -> str:
    """Return a value as an operator would type it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
