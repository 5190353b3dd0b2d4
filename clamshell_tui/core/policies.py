"""Every policy that a setting can name, and what is said of a name that none has."""

from collections.abc import Collection, Iterator, Mapping

from clamshell_tui.core.batcher import BATCHINGS
from clamshell_tui.core.config import RunConfig
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
    """One sentence for each name that no policy has, with the ones there are."""
    for (section, key), known in POLICIES.items():
        name: str = getattr(getattr(config, section), key)
        if name not in known:
            yield f'{section}.{key}: there is no "{name}"; known: {", ".join(known)}'
