"""Compares the tracked metrics of a scenario with those of an earlier report, seed by seed."""

from collections.abc import Iterator
from math import isfinite

from msgspec.structs import replace

from clamshell_tui.experiments.intervals import interval
from clamshell_tui.testing.reports import (
    BaselineReport,
    ScenarioReport,
    SuiteReport,
    TrackedReport,
)
from clamshell_tui.text import show


class Baseline:
    """An earlier report, by the files of its scenarios."""

    def __init__(self, report: SuiteReport) -> None:
        self._values = {
            (scenario.file, each.metric): each.values
            for scenario in report.scenarios
            for each in scenario.tracked
        }

    def compared(self, scenario: ScenarioReport) -> ScenarioReport:
        """Return the report with a comparison of each metric that both have."""
        tracked = tuple(
            replace(each, baseline=self._comparison(scenario.file, each))
            for each in scenario.tracked
        )
        passed = all(each.baseline is None or each.baseline.passed for each in tracked)
        return replace(scenario, tracked=tracked, passed=scenario.passed and passed)

    def _comparison(self, file: str, now: TrackedReport) -> BaselineReport | None:
        before = self._values.get((file, now.metric), {})
        pairs = list(_pairs(before, now.values))
        if not pairs:
            return None
        sign = 1.0 if now.worse == "higher" else -1.0
        mean_before = sum(old for old, _ in pairs) / len(pairs)
        worse = interval([sign * (new - old) for old, new in pairs])
        scale = abs(mean_before) or 1.0  # from 0, the difference itself is compared
        low, mean, high = (each / scale for each in (worse.low, worse.mean, worse.high))
        passed = low <= now.by
        mean_now = sum(new for _, new in pairs) / len(pairs)
        found = BaselineReport(
            passed=passed,
            pairs=len(pairs),
            before=mean_before,
            now=mean_now,
            worse=mean,
            low=low if isfinite(low) else None,
            high=high if isfinite(high) else None,
            details="",
        )
        return found if passed else replace(found, details="\n".join(_details(now, found)))


def _pairs(
    before: dict[str, float | None], now: dict[str, float | None]
) -> Iterator[tuple[float, float]]:
    """Yield the two values of each seed at which both are known."""
    for seed, new in now.items():
        old = before.get(seed)
        if old is not None and new is not None:
            yield old, new


def _details(now: TrackedReport, found: BaselineReport) -> Iterator[str]:
    yield (
        f"{show(now.metric)} is worse than the baseline by {found.worse:.1%}, "
        f"at most {now.by:.1%} is tolerated"
    )
    interval_ = f"{found.low:.1%} to {found.high:.1%}"
    yield f"    95 % interval {interval_}, over {found.pairs} pairs of seeds"
    yield f"    mean {found.now:,.6g}, before {found.before:,.6g}"
