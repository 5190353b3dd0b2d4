"""Named sets of settings: ``preset = "paper"`` in a file, ``--preset paper`` as an option.

In a file the preset stands in for our defaults, and the file's own keys win. As an option, or as a
setting such as ``--compare preset=paper``, it wins over the file, and later settings over both.
"""

from collections.abc import Mapping

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.text import show

PRESETS: Mapping[str, tuple[str, ...]] = {
    "paper": (
        "tasks.batching=barrier",
        "straggler_mitigation.routing=random",
        "straggler_mitigation.max_duplicates=unlimited",
        "straggler_mitigation.coupling=decoupled",
        "straggler_mitigation.vote_duplicates=1",
        "maintenance.latency_estimator=termest",
        "maintenance.auto_rule=deviations",
        "maintenance.eviction=graceful",
        "maintenance.shrink=false",
        "quality.consensus=majority",
        "pay.terminated=full",
        "learning.uncertainty=entropy",
        "learning.retraining=async",
        "learning.weighting=fraction",
    ),
}
"""Policies as CLAMShell has them (§4, §5, §6.1); sizes, thresholds and switches are the story's."""


def preset_settings(name: str) -> tuple[str, ...]:
    """The ``section.key=value`` settings of a preset; ScenarioError if there is none so named."""
    if name not in PRESETS:
        raise ScenarioError(
            f'unknown preset "{show(name)}"{did_you_mean(name, PRESETS)}. '
            f"Known: {', '.join(PRESETS)}"
        )
    return PRESETS[name]
