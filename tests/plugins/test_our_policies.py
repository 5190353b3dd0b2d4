"""Our own policies pass the checks that those of other packages must pass."""

from collections.abc import Collection

import pytest

from clamshell_tui.core.crowd_platform.quality import CONSENSUS
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.objectives import OBJECTIVES
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.learner.names import ESTIMATORS
from clamshell_tui.learner.uncertainty import UNCERTAINTY
from clamshell_tui.report.export_formats import FORMATS
from clamshell_tui.testing.checks import Check, parametrize_with_checks
from clamshell_tui.workforce.behaviour import BEHAVIOURS
from clamshell_tui.workforce.populations import POPULATIONS

OURS: dict[str, Collection[str]] = {
    "routing": ROUTINGS,
    "objective": OBJECTIVES,
    "latency_estimator": LATENCY_ESTIMATORS,
    "consensus": CONSENSUS,
    "uncertainty": UNCERTAINTY,
    "estimator": ESTIMATORS,
    "behaviour": BEHAVIOURS,
    "population": POPULATIONS,
    "exporter": FORMATS,
}
ALL = [(kind, name) for kind, names in OURS.items() for name in names]


@pytest.mark.slow
@parametrize_with_checks(ALL)
def test_each_of_ours(check: Check) -> None:
    check()
