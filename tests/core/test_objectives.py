"""What maintenance can maintain besides speed (CLAMShell §4.2)."""

from typing import Any

import msgspec
import pytest
from scipy import stats

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.verdict import Verdict
from clamshell_tui.core.lifeguard.objectives import LIMITS, OBJECTIVES, Criteria


def judge(
    objective: str,
    *,
    latencies: tuple[float, ...] = (),
    right: int = 0,
    asked: int = 0,
    in_hand: float = 0.0,
    **keys: Any,
) -> Verdict | None:
    config = msgspec.convert({"latency_estimator": "empirical", **keys}, MaintenanceConfig)
    worker = Worker(WorkerId("W1"), 0.0, gold_asked=asked, gold_correct=right)
    for latency in latencies:
        worker.evidence.add_completed(latency)
    estimator = LATENCY_ESTIMATORS[config.latency_estimator](config)
    return OBJECTIVES[objective](worker, Criteria(config, estimator, 8.0), in_hand)


def test_latency_flags_who_is_significantly_slower_than_the_threshold() -> None:
    assert judge("latency", latencies=(11.0, 12.0, 13.0)) is not None
    assert judge("latency", latencies=(7.0, 8.0, 8.5)) is None


def test_quality_flags_who_is_significantly_less_accurate_than_asked() -> None:
    """8 of 20 with 80 % asked: z = (0.8 - 0.4) / sqrt(0.8 0.2 / 20)."""
    verdict = judge("quality", right=8, asked=20, min_accuracy=0.8)
    assert verdict is not None
    assert verdict.estimate == 0.4
    assert verdict.evidence == pytest.approx(stats.norm.sf(0.4 / (0.16 / 20) ** 0.5))
    assert judge("quality", right=15, asked=20, min_accuracy=0.8) is None


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
