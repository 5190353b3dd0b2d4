"""Estimators of a worker's mean latency, by name."""

from collections.abc import Callable

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEstimator
from clamshell_tui.core.lifeguard.latency.ttest import Empirical, Oracle, TermEst
from clamshell_tui.policies import Policies

_OURS: dict[str, Callable[[MaintenanceConfig], LatencyEstimator]] = {
    "empirical": lambda m: Empirical(m.significance, m.min_observations),
    "termest": lambda m: TermEst(m.significance, m.min_observations),
    "censored": lambda m: Censored(m.evict_probability),
    "oracle": lambda m: Oracle(),
}
LATENCY_ESTIMATORS: Policies[Callable[[MaintenanceConfig], LatencyEstimator]] = Policies(
    "latency_estimator", _OURS
)
