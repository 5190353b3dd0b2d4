"""Objectives of maintenance besides latency (CLAMShell §4.2)."""

from typing import Any

import msgspec
import pytest
from scipy import stats

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.evidence import Verdict
from clamshell_tui.core.lifeguard.objectives import LIMITS, OBJECTIVES, Criteria, expected_share


def judge(
    objective: str,
    *,
    latencies: tuple[float, ...] = (),
    right: int = 0,
    asked: int = 0,
    in_hand: float = 0.0,
    agreed: int = 0,
    compared: int = 0,
    doubt: float = 0.0,
    **keys: Any,
) -> Verdict | None:
    config = msgspec.convert({"latency_estimator": "empirical", **keys}, MaintenanceConfig)
    worker = Worker(WorkerId("W1"), 0.0, gold_asked=asked, gold_correct=right)
    worker.agreed, worker.compared, worker.doubt = agreed, compared, doubt
    for latency in latencies:
        worker.evidence.add_completed(latency)
    estimator = LATENCY_ESTIMATORS[config.latency_estimator](config)
    return OBJECTIVES[objective](worker, Criteria(config, estimator, 8.0), in_hand)


def test_latency_flags_who_is_significantly_slower_than_the_threshold() -> None:
    assert judge("latency", latencies=(11.0, 12.0, 13.0)) is not None
    assert judge("latency", latencies=(7.0, 8.0, 8.5)) is None


def test_quality_flags_who_is_significantly_less_accurate_than_asked() -> None:
    verdict = judge("quality", right=8, asked=20, min_accuracy=0.8)
    assert verdict is not None
    assert verdict.estimate == 0.4
    expected = stats.binomtest(8, 20, 0.8, alternative="less").pvalue
    assert verdict.evidence == pytest.approx(expected)
    assert judge("quality", right=15, asked=20, min_accuracy=0.8) is None


def test_with_few_answers_the_test_of_quality_is_the_exact_one() -> None:
    """2 of 5 have a probability of 0.058; the normal approximation says 0.013."""
    assert judge("quality", right=2, asked=5, min_accuracy=0.8) is None
    verdict = judge("quality", right=1, asked=5, min_accuracy=0.8)
    assert verdict is not None
    assert verdict.evidence == pytest.approx(stats.binomtest(1, 5, 0.8, "less").pvalue)


@pytest.mark.parametrize("right", range(21))
def test_who_is_flagged_for_quality_is_who_scipy_would_flag(right: int) -> None:
    flagged = judge("quality", right=right, asked=20, significance=0.01) is not None
    assert flagged == (stats.binomtest(right, 20, 0.8, "less").pvalue < 0.01)


def test_agreeing_less_with_doubtful_others_is_no_proof() -> None:
    """12 of 20 are too few where the others are right, not where they err in 3 of the 20."""
    assert judge("quality", agreed=12, compared=20, doubt=0.0) is not None
    assert judge("quality", agreed=12, compared=20, doubt=3.0) is None
    assert judge("quality", agreed=6, compared=20, doubt=3.0) is not None


def test_no_accuracy_asked_for_is_never_missed() -> None:
    assert judge("quality", agreed=0, compared=50, doubt=10.0, min_accuracy=0.0) is None


def test_the_share_expected_counts_chance_agreement_with_wrong_others() -> None:
    """0.8 right: agrees with right others in 80 %, with wrong ones by the same wrong class."""
    config = MaintenanceConfig(min_accuracy=0.8)
    worker = Worker(WorkerId("W1"), 0.0, compared=10, doubt=2.0)
    for n_classes, same_error in ((2, 0.2), (3, 0.1)):
        criteria = Criteria(config, LATENCY_ESTIMATORS["empirical"](config), 8.0, n_classes)
        assert expected_share(worker, criteria) == pytest.approx(0.8 * 0.8 + 0.2 * same_error)


def test_four_judged_labels_are_too_few() -> None:
    assert judge("quality", right=0, asked=4) is None
    assert judge("quality", right=0, asked=5) is not None


def test_variance_flags_who_is_significantly_less_steady_than_asked() -> None:
    sample = (1.0, 30.0, 2.0, 40.0, 1.0)
    verdict = judge("variance", latencies=sample, max_deviation=8.0)
    deviation = float(stats.tstd(sample))
    assert verdict is not None
    assert verdict.estimate == pytest.approx(deviation)
    expected = stats.chi2.sf(4 * (deviation / 8.0) ** 2, 4)
    assert verdict.evidence == pytest.approx(expected, abs=1e-3)
    assert judge("variance", latencies=(5.0, 12.0, 9.0), max_deviation=8.0) is None
    assert judge("variance", latencies=(1.0, 90.0), max_deviation=8.0) is None


def test_speed_and_quality_are_weighed_against_each_other() -> None:
    fast, slow = (2.0, 2.1, 1.9), (20.0, 20.5, 19.5)
    bad, good = {"right": 6, "asked": 20}, {"right": 20, "asked": 20}
    assert judge("speed-quality", latencies=slow, **bad) is not None
    assert judge("speed-quality", latencies=fast, **good) is None
    assert judge("speed-quality", latencies=slow, **good, speed_weight=1.0) is not None
    assert judge("speed-quality", latencies=slow, **good, speed_weight=0.0) is None
    assert judge("speed-quality", latencies=fast, **bad, speed_weight=0.0) is not None


def test_the_score_of_speed_and_quality_is_the_weighted_sum() -> None:
    """0.5 x 20 / 8 + 0.5 x (error rate 15/22) / 0.2; accuracy is smoothed by 1 of 2."""
    verdict = judge(
        "speed-quality", latencies=(19.0, 20.0, 21.0), right=6, asked=20, min_accuracy=0.8
    )
    assert verdict is not None
    assert verdict.estimate == pytest.approx(0.5 * 20.0 / 8.0 + 0.5 * (15 / 22) / 0.2)


def test_every_objective_says_what_its_estimate_is_compared_with() -> None:
    config = MaintenanceConfig(min_accuracy=0.9, max_deviation=3.0)
    criteria = Criteria(config, LATENCY_ESTIMATORS["empirical"](config), 8.0)
    limits = {name: limit(criteria) for name, limit in LIMITS.items()}
    assert limits == {"latency": 8.0, "quality": 0.9, "speed-quality": 1.0, "variance": 3.0}
    assert set(LIMITS) == set(OBJECTIVES)
