"""Each latency estimator against its formula, scipy, or brute-force integration."""

from collections.abc import Sequence
from math import exp, log

import numpy as np
import pytest
from scipy import stats

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.censored import Censored, Posterior
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence
from clamshell_tui.core.lifeguard.latency.verdict import LatencyEstimator


def evidence(
    completed: Sequence[float], terminated: Sequence[tuple[float, float]] = ()
) -> LatencyEvidence:
    """Latencies of the completed; (elapsed, terminator's mean) of the terminated assignments."""
    found = LatencyEvidence()
    for latency in completed:
        found.add_completed(latency)
    for elapsed, mean in terminated:
        found.add_terminated(elapsed, mean)
    return found


def estimator(name: str) -> LatencyEstimator:
    return LATENCY_ESTIMATORS[name](MaintenanceConfig())


# -- empirical ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sample", [[9.0, 10.0, 11.0], [8.1, 30.0], [7.0, 9.0, 8.5, 12.0, 8.0], [20.0, 21.0], [8.0, 8.5]]
)
def test_the_empirical_test_is_scipys_one_sided_t_test(sample: list[float]) -> None:
    p = float(stats.ttest_1samp(sample, 8.0, alternative="greater").pvalue)
    verdict = estimator("empirical").judge(evidence(sample), 8.0, 0.0)
    assert (verdict is not None) == (p < 0.05)
    if verdict is not None:
        assert verdict.evidence == pytest.approx(p, rel=1e-6)
        assert verdict.estimate == pytest.approx(np.mean(sample))


def test_one_observation_is_no_evidence_for_the_empirical_test() -> None:
    assert estimator("empirical").judge(evidence([100.0]), 8.0, 0.0) is None


def test_the_empirical_mean_ignores_terminated_assignments() -> None:
    assert estimator("empirical").estimate(evidence([4.0, 6.0], [(50.0, 5.0)])) == 5.0


@pytest.mark.parametrize("name", ["empirical", "termest", "censored"])
def test_nothing_is_estimated_of_nobody(name: str) -> None:
    assert estimator(name).estimate(LatencyEvidence()) is None
    assert estimator(name).judge(LatencyEvidence(), 8.0, 0.0) is None


# -- TermEst --------------------------------------------------------------------------------------


def test_termest_is_the_published_formula() -> None:
    """N = 5, N_c = 2 (mean 10), l_f = 6: l_term = 6 (5 + 1) / (2 + 1) = 12; l = 3/5 12 + 2/5 10."""
    known = evidence([9.0, 11.0], [(3.0, 5.0), (4.0, 7.0), (2.0, 6.0)])
    assert estimator("termest").estimate(known) == pytest.approx(0.6 * 12.0 + 0.4 * 10.0)


def test_termest_of_somebody_who_never_completed_anything() -> None:
    """N = 3, N_c = 0: l_term = 4 (3 + 1) / (0 + 1) = 16."""
    known = evidence([], [(3.0, 4.0)] * 3)
    assert estimator("termest").estimate(known) == pytest.approx(16.0)


def test_termest_is_clipped_at_what_the_worker_completed() -> None:
    """l_term = 2 (3 + 1) / (2 + 1) = 2.67 lies below the completed mean of 10: 10 is taken."""
    assert estimator("termest").estimate(evidence([9.0, 11.0], [(1.0, 2.0)])) == pytest.approx(10.0)


def test_termest_without_terminations_is_the_empirical_mean() -> None:
    known = evidence([4.0, 8.0])
    assert estimator("termest").estimate(known) == estimator("empirical").estimate(known) == 6.0


def test_termest_finds_the_slow_worker_whom_mitigation_hides() -> None:
    """Fast answers only, and many terminations: the plain mean sees nothing, TermEst does."""
    hidden = evidence([5.0, 5.5, 6.0], [(4.0, 4.0)] * 12)
    assert estimator("empirical").judge(hidden, 8.0, 0.0) is None
    verdict = estimator("termest").judge(hidden, 8.0, 0.0)
    assert verdict is not None
    assert verdict.estimate == pytest.approx((12 * 16.0 + 16.5) / 15)


# -- censored -------------------------------------------------------------------------------------


def by_integration(
    completed: Sequence[float], censored: Sequence[float], threshold: float, centre: float
) -> tuple[float, float]:
    """(P(mean > threshold), E[log mean]) on a grid of m, over the three nodes of the spread."""
    m = np.linspace(centre - 12.0, centre + 12.0, 24_001)
    above = logs = total = 0.0
    for z, weight in ((-np.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (np.sqrt(3.0), 1 / 6)):
        s = 0.5 * np.exp(0.6 * z)
        density = weight * stats.norm.pdf(m, centre, 1.0)
        for latency in completed:
            density = density * stats.norm.pdf(log(latency), m, s)
        for latency in censored:
            density = density * stats.norm.sf(log(latency), m, s)
        log_mean = m + s * s / 2
        total += float(density.sum())
        above += float(density[log_mean > log(threshold)].sum())
        logs += float((density * log_mean).sum())
    return above / total, logs / total


@pytest.mark.parametrize(
    ("completed", "censored"),
    [
        ([4.0], []),
        ([4.0, 6.0, 9.0], []),
        ([12.0, 30.0, 14.0, 10.0, 18.0], []),
        ([], [6.0]),
        ([5.0], [7.0]),
        ([6.0, 7.0], [3.0, 9.0]),
        ([5.0, 8.0, 6.0], [10.0, 12.0]),
        ([], [4.0, 4.0, 4.0, 4.0]),
    ],
)
def test_the_censored_posterior_agrees_with_numerical_integration(
    completed: list[float], censored: list[float]
) -> None:
    """Exact without censoring; moment matching drifts with the share of censored assignments."""
    posterior = Posterior(log(5.0))
    for latency in completed:
        posterior.completed(log(latency))
    for latency in censored:
        posterior.censored(log(latency))
    above, centre = by_integration(completed, censored, 8.0, log(5.0))
    tolerance = 0.002 + 0.02 * len(censored)
    assert posterior.above(log(8.0)) == pytest.approx(above, abs=tolerance)
    assert posterior.centre() == pytest.approx(centre, abs=tolerance)


def test_a_censored_assignment_is_matched_in_its_first_two_moments() -> None:
    """One step of the closed form against the moments of N(m; mu, v) P(x > c), numerically."""
    posterior = Posterior(log(5.0))
    posterior.censored(log(9.0))
    m = np.linspace(-10.0, 14.0, 24_001)
    for k, z in enumerate((-np.sqrt(3.0), 0.0, np.sqrt(3.0))):
        spread = 0.5 * np.exp(0.6 * z)
        density = stats.norm.pdf(m, log(5.0), 1.0) * stats.norm.sf(log(9.0), m, spread)
        mean = float((density * m).sum() / density.sum())
        variance = float((density * (m - mean) ** 2).sum() / density.sum())
        assert posterior.means[k] == pytest.approx(mean, rel=1e-6)
        assert posterior.variances[k] == pytest.approx(variance, rel=1e-5)


def test_the_order_of_completed_assignments_does_not_matter() -> None:
    forth, back = Posterior(1.0), Posterior(1.0)
    for x in (0.5, 2.0, 3.0):
        forth.completed(x)
    for x in (3.0, 2.0, 0.5):
        back.completed(x)
    assert forth.above(1.5) == pytest.approx(back.above(1.5), rel=1e-12)


def test_absurdly_long_censoring_stays_finite() -> None:
    posterior = Posterior(log(5.0))
    posterior.censored(200.0)
    assert np.isfinite(posterior.centre())
    assert posterior.above(log(8.0)) == pytest.approx(1.0)


def test_the_pool_is_the_prior_of_a_newcomer() -> None:
    censored = Censored(0.7)
    for latency in (2.0, 8.0):
        censored.observe_pool(latency)
    newcomer = evidence([], [(1e-9, 4.0)])  # says nothing: it took more than no time
    spread = exp(sum(w * (0.5 * exp(0.6 * z)) ** 2 for z, w in NODES) / 2)
    assert censored.estimate(newcomer) == pytest.approx(4.0 * spread, rel=1e-3)


NODES = ((-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6))


def test_terminated_assignments_are_evidence_of_slowness() -> None:
    censored = estimator("censored")
    estimates = [censored.estimate(evidence([6.0], [(6.0, 4.0)] * n)) for n in (0, 2, 5)]
    assert estimates == sorted(estimates, key=lambda value: value or 0.0)
    assert len(set(estimates)) == 3


def test_the_task_in_hand_counts_by_its_age_and_is_not_remembered() -> None:
    censored = estimator("censored")
    known = evidence([6.0, 7.0])
    assert censored.judge(known, 8.0, 0.0) is None
    overdue = censored.judge(known, 8.0, 80.0)
    assert overdue is not None
    assert overdue.evidence > 0.75
    assert censored.judge(known, 8.0, 0.0) is None


def test_peeking_reads_nothing_in() -> None:
    censored = estimator("censored")
    known = evidence([6.0, 7.0])
    assert censored.peek(known) is None
    assert len(known.unread) == 2
    assert censored.estimate(known) == censored.peek(known)


def test_the_running_sums_are_the_mean_and_the_sample_deviation() -> None:
    sample = [3.0, 4.5, 9.0, 2.0]
    known = evidence(sample)
    assert known.mean == pytest.approx(np.mean(sample))
    assert known.deviation == pytest.approx(np.std(sample, ddof=1))
    assert evidence([3.0]).deviation == 0.0
