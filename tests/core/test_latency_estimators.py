"""Each latency estimator against its formula, scipy, or brute-force integration."""

from collections.abc import Sequence
from math import exp, inf, log
from random import Random

import numpy as np
import pytest
from scipy import integrate, stats

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.censored import Censored, Posterior
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEstimator, LatencyEvidence
from clamshell_tui.core.lifeguard.latency.ttest import TermEst


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


def test_termest_is_not_certain_before_two_answers_show_a_spread() -> None:
    """With the mean for the spread: t = (l - 8) / (l / sqrt(N)), N - 1 degrees of freedom."""
    known = evidence([12.0], [(9.0, 9.0)] * 2)
    found = TermEst(0.05, 2)
    mean = (12.0 + 2 * 9.0 * 4 / 2) / 3
    p = float(stats.t.sf((mean - 8.0) / (mean / np.sqrt(3)), 2))
    assert p > 0.1
    assert found.p_value(known, 8.0) == pytest.approx(p, rel=1e-6)
    assert found.judge(known, 8.0, 0.0) is None


def test_termest_still_finds_the_worker_who_never_completes_anything() -> None:
    verdict = estimator("termest").judge(evidence([], [(4.0, 4.0)] * 12), 8.0, 0.0)
    assert verdict is not None
    assert 0.001 < verdict.evidence < 0.05


# -- censored -------------------------------------------------------------------------------------


def by_integration(
    completed: Sequence[float], censored: Sequence[float], threshold: float, centre: float
) -> tuple[float, float]:
    """(P(mean > threshold), E[log mean]): the model in the docstring, over all m and s.

    Simpson's rule over ln s from 0.02 to 12 and 12 prior deviations of m.
    """
    m = np.linspace(centre - 6.0, centre + 6.0, 1601)
    above, total, logs = [], [], []
    spreads = np.linspace(log(0.5) - 3.2, log(0.5) + 3.2, 161)
    for u in spreads:
        s = exp(u)
        density = stats.norm.pdf(u, log(0.5), 0.6) * stats.norm.pdf(m, centre, 1.0)
        for latency in completed:
            density = density * stats.norm.pdf(log(latency), m, s)
        for latency in censored:
            density = density * stats.norm.sf(log(latency), m, s)
        log_mean = m + s * s / 2
        total.append(integrate.simpson(density, x=m))
        logs.append(integrate.simpson(density * log_mean, x=m))
        above.append(integrate.trapezoid(np.where(log_mean > log(threshold), density, 0.0), x=m))
    whole = float(integrate.simpson(total, x=spreads))
    return (
        float(integrate.simpson(above, x=spreads)) / whole,
        float(integrate.simpson(logs, x=spreads)) / whole,
    )


def read(completed: Sequence[float], censored: Sequence[float]) -> Posterior:
    posterior = Posterior(log(5.0))
    for latency in completed:
        posterior.completed(log(latency))
    for latency in censored:
        posterior.censored(log(latency))
    return posterior


SAMPLE = tuple(exp(z) for z in stats.norm.ppf((np.arange(12) + 0.5) / 12))
"""Latencies whose log has mean 0 and sd 1, as evenly as can be."""


@pytest.mark.parametrize("spread", [0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6])
def test_whatever_the_spread_the_posterior_is_that_of_all_spreads(spread: float) -> None:
    completed = [5.0 * x**spread for x in SAMPLE]
    posterior = read(completed, [])
    above, centre = by_integration(completed, [], 6.5, log(5.0))
    assert posterior.above(log(6.5)) == pytest.approx(above, abs=0.01)
    assert posterior.centre() == pytest.approx(centre, abs=0.03)


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
        ([2.0, 9.0, 3.0, 25.0, 4.0, 6.0], [5.0, 8.0, 3.0]),
    ],
)
def test_the_censored_posterior_agrees_with_numerical_integration(
    completed: list[float], censored: list[float]
) -> None:
    """Moment matching drifts with the share of censored assignments, the grid does not."""
    posterior = read(completed, censored)
    above, centre = by_integration(completed, censored, 8.0, log(5.0))
    assert posterior.above(log(8.0)) == pytest.approx(above, abs=0.01 + 0.02 * len(censored))
    assert posterior.centre() == pytest.approx(centre, abs=0.03 + 0.02 * len(censored))


@pytest.mark.parametrize("limit", [inf, 15.0], ids=["all completed", "some terminated"])
def test_a_worker_who_is_a_quarter_below_the_threshold_is_hardly_ever_flagged(
    limit: float,
) -> None:
    """Means from 2 to 6 s against 8, spreads from 0.1 to 1.6; terminated at a random moment."""
    rng = Random(5)
    censored = estimator("censored")
    flagged = 0
    for _ in range(600):
        spread, mean = 0.1 * 16 ** rng.random(), rng.uniform(2.0, 6.0)
        known = LatencyEvidence()
        for _ in range(30):
            latency = exp(rng.gauss(log(mean) - spread**2 / 2, spread))
            end = limit if limit == inf else rng.uniform(1.0, limit)
            if latency < end:
                known.add_completed(latency)
            else:
                known.add_terminated(end, 4.0)
        flagged += censored.judge(known, 8.0, 0.0) is not None
    assert flagged <= 12


@pytest.mark.parametrize("spread", [0.1, 0.3, 0.6, 0.9, 1.3, 1.6])
def test_more_evidence_does_not_make_the_estimate_worse(spread: float) -> None:
    """A worker with a mean of 5 s; s = 0.9 was estimated at 8.9 s, surer with each answer."""
    latencies = [5.0 * x**spread * exp(-(spread**2) / 2) for x in SAMPLE * 20]
    assert exp(read(latencies, []).centre()) == pytest.approx(5.0, rel=0.12)
    assert read(latencies, []).above(log(8.0)) < 0.01


def test_a_censored_assignment_is_matched_in_its_first_two_moments() -> None:
    """One step of the closed form against the moments of N(m; mu, v) P(x > c), numerically."""
    posterior = read([], [9.0])
    m = np.linspace(-10.0, 14.0, 24_001)
    for k, variance in enumerate(posterior.spreads):
        density = stats.norm.pdf(m, log(5.0), 1.0) * stats.norm.sf(log(9.0), m, np.sqrt(variance))
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
    _, centre = by_integration([], [], 8.0, log(4.0))
    assert censored.estimate(newcomer) == pytest.approx(exp(centre), rel=0.03)


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


def test_the_running_sums_are_the_mean_and_the_sample_deviation() -> None:
    sample = [3.0, 4.5, 9.0, 2.0]
    known = evidence(sample)
    assert known.mean == pytest.approx(np.mean(sample))
    assert known.deviation == pytest.approx(np.std(sample, ddof=1))
    assert evidence([3.0]).deviation == 0.0
