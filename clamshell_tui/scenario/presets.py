"""Named sets of settings: ``preset = "paper"`` in a file, ``--preset paper`` as an option.

In a file the preset stands in for our defaults, and the file's own keys win. As an option, or as a
setting such as ``--compare preset=paper``, it wins over the file, and later settings over both.

Which policies exist: every name in a scenario that stands for a function.
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


POLICIES: Mapping[tuple[str, str], Collection[str]] = {
    **ENGINE_POLICIES,
    ("learning", "uncertainty"): UNCERTAINTY_NAMES,
    ("learning", "estimator"): ESTIMATORS,
}
"""(section, key) -> the names that may stand there; the crowd's own are checked by workforce."""


def problems(scenario: Scenario) -> Iterator[str]:
    """One sentence for each name that no policy has, with the ones there are."""
    for (section, key), known in POLICIES.items():
        name: str = getattr(getattr(scenario, section), key)
        if name not in known:
            kind = key.replace("_", " ")
            yield (
                f"{section}.{key}: unknown {kind} {quoted(name)}{_hint(name, known)}; "
                f"known: {', '.join(known)}"
            )


def _hint(name: str, known: Collection[str]) -> str:
    """``SVC`` is nowhere near ``sklearn.svm.SVC`` as a string: the last part counts as well."""
    by_last_part = {each.rpartition(".")[2].lower(): each for each in known}
    last = name.rpartition(".")[2].lower()
    if last in by_last_part:
        return f' (did you mean "{by_last_part[last]}"?)'
    return did_you_mean(name, known)
