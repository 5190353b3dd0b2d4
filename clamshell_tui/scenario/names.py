"""Which policies exist: every name in a scenario that stands for a function."""

from collections.abc import Collection, Iterator, Mapping

from clamshell_tui.core.policies import POLICIES as ENGINE_POLICIES
from clamshell_tui.errors import did_you_mean
from clamshell_tui.learner.names import ESTIMATORS, UNCERTAINTY_NAMES
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.shape import quoted

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
