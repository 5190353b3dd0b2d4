"""Named sets of settings, and the names of all policies.

``preset = "paper"`` in a file replaces our defaults, and the keys of the file override it. As an
option (``--preset paper``), or as a setting such as ``--compare preset=paper``, it overrides the
file, and later settings override both.
"""

from collections.abc import Collection, Iterator, Mapping

from clamshell_tui.core.settings import POLICIES as ENGINE_POLICIES
from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.learner.names import ESTIMATORS, UNCERTAINTY_NAMES
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.validate import quoted
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
        "learning.active_fraction=0.5",
        "learning.weighting=fraction",
    ),
}
"""The policies of CLAMShell (§4, §5, §6.1); sizes, thresholds and switches stay as they are."""


def preset_settings(name: str) -> tuple[str, ...]:
    """Return the ``section.key=value`` settings of a preset; ScenarioError if it is unknown."""
    if name not in PRESETS:
        raise ScenarioError(
            f'unknown preset "{show(name)}"{did_you_mean(name, PRESETS)}. '
            f"Known: {', '.join(PRESETS)}"
        )
    return PRESETS[name]


POLICIES: Mapping[tuple[str, str], Collection[str]] = {
    **ENGINE_POLICIES,
    ("learning", "uncertainty"): UNCERTAINTY_NAMES,
    ("learning", "estimator"): ESTIMATORS,
}
"""(section, key) -> known names; ``workforce.checks`` has those of the crowd."""


def problems(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each unknown name, with the known ones."""
    for (section, key), known in POLICIES.items():
        name: str = getattr(getattr(scenario, section), key)
        if name not in known:
            kind = key.replace("_", " ")
            yield (
                f"{section}.{key}: unknown {kind} {quoted(name)}{_hint(name, known)}; "
                f"known: {', '.join(known)}"
            )


def _hint(name: str, known: Collection[str]) -> str:
    """Suggest a name; also by its last part, as ``SVC`` is not close to ``sklearn.svm.SVC``."""
    by_last_part = {each.rpartition(".")[2].lower(): each for each in known}
    last = name.rpartition(".")[2].lower()
    if last in by_last_part:
        return f' (did you mean "{by_last_part[last]}"?)'
    return did_you_mean(name, known)
