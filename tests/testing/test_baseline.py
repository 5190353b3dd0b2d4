"""``[[track]]``: a number that must not get worse than in an earlier report."""

from random import Random

import pytest
import scipy.stats

from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.testing.baseline import Baseline
from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.junit import SuiteRun, junit
from clamshell_tui.testing.report_text import annotations, explanation, headline
from clamshell_tui.testing.reports import (
    BaselineReport,
    ScenarioReport,
    TrackedReport,
    scenario_report,
    suite_report,
)
from tests.testing.conftest import TINY, Try, Write

TRACK = '[[track]]\nmetric = "seconds"\n'


def report(*values: float | None, worse: str = "higher", by: float = 0.05) -> ScenarioReport:
    by_seed = {str(seed): value for seed, value in enumerate(values)}
    tracked = TrackedReport("seconds", 7, worse, by, by_seed)
    return ScenarioReport("mine", "mine.toml", passed=True, tracked=(tracked,))


def compared(before: ScenarioReport, now: ScenarioReport) -> ScenarioReport:
    return Baseline(suite_report([before])).compared(now)


def found(before: ScenarioReport, now: ScenarioReport) -> BaselineReport:
    (tracked,) = compared(before, now).tracked
    assert tracked.baseline is not None
    return tracked.baseline


def test_the_interval_is_that_of_the_paired_differences() -> None:
    rng = Random(5)
    before = [rng.uniform(90, 110) for _ in range(12)]
    now = [each * rng.uniform(1.0, 1.3) for each in before]
    got = found(report(*before), report(*now))
    differences = [new - old for old, new in zip(before, now, strict=True)]
    mean = sum(before) / len(before)
    expected = scipy.stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
    assert got.low == pytest.approx(expected.low / mean)
    assert got.high == pytest.approx(expected.high / mean)
    assert got.worse == pytest.approx(sum(differences) / len(differences) / mean)
    assert got.passed == (expected.low / mean <= 0.05)


@pytest.mark.parametrize(
    ("now", "worse", "passed"),
    [
        ((100.0, 200.0, 300.0), "higher", True),
        ((104.0, 208.0, 312.0), "higher", True),  # by 4 %
        ((110.1, 210.0, 309.9), "higher", True),  # by 5 %: not above it
        ((112.0, 212.0, 311.9), "higher", False),
        ((120.0, 200.0, 316.0), "higher", True),  # by 6 % in the mean, but not surely
        ((88.0, 188.0, 288.1), "higher", True),  # better
        ((88.0, 188.0, 288.1), "lower", False),
        ((112.0, 212.0, 311.9), "lower", True),
    ],
)
def test_a_metric_fails_when_it_is_surely_worse_by_more_than_is_tolerated(
    now: tuple[float, ...], worse: str, passed: bool
) -> None:
    before = report(100.0, 200.0, 300.0, worse=worse)
    after = compared(before, report(*now, worse=worse))
    assert after.passed is passed
    assert bool(explanation(after)) is not passed


def test_only_seeds_that_both_know_are_compared() -> None:
    got = found(report(1.0, None, 3.0, 4.0), report(1.0, 2.0, None, 4.0, 9.0))
    assert (got.pairs, got.before, got.now, got.worse, got.passed) == (2, 2.5, 2.5, 0.0, True)
    one = found(report(1.0), report(9.0))  # a single pair can prove nothing
    assert (one.passed, one.pairs, one.low) == (True, 1, None)
    assert compared(report(), report(1.0)).tracked[0].baseline is None
    assert compared(ScenarioReport("other", "x.toml", passed=True), report(1.0)).passed


def test_what_was_never_there_may_not_appear() -> None:
    assert compared(report(0.0, 0.0), report(0.0, 0.0)).passed
    assert not compared(report(0.0, 0.0), report(1.0, 1.0)).passed


def test_a_metric_that_got_worse_is_in_every_report() -> None:
    after = compared(report(100.0, 200.0), report(150.0, 250.0))
    assert headline(after) == "FAIL  mine: 1 tracked metric worse than the baseline, no seeds"
    assert explanation(after).splitlines() == [
        "seconds is worse than the baseline by 33.3%, at most 5.0% is tolerated",
        "    95 % interval 33.3% to 33.3%, over 2 pairs of seeds",
        "    mean 200, before 150",
    ]
    text = junit(suite_report([after]), SuiteRun("", "", 0.0, {}))
    assert 'type="WorseThanBaseline"' in text
    assert 'name="seconds no worse than the baseline by 5.0%"' in text
    (line,) = annotations(suite_report([after]))
    assert line.startswith("::error file=mine.toml,line=7,title=seconds is worse::seconds is")


def test_the_values_of_a_scenario_are_kept(tried: Try, write: Write) -> None:
    verdict = tried(more=TRACK, seeds=3)
    (tracked,) = scenario_report(verdict).tracked
    assert list(tracked.values) == ["0", "1", "2"]
    assert all(value is not None and value > 0 for value in tracked.values.values())
    path = write(more=TRACK)
    assert load_case(path).track_lines == (path.read_text().splitlines().index("[[track]]") + 1,)


def test_a_mistake_is_told_with_its_line() -> None:
    for text, words in (
        ('metric = "sekonds"', "unknown metric"),
        ('metric = "finish_reason"', "is text; track a number"),
        ('metric = "seconds"\nworse = "up"', "higher"),
        ('metric = "seconds"\nby = nan', "by"),
    ):
        with pytest.raises(ScenarioError, match=words) as caught:
            parse_scenario(f"{TINY}[[track]]\n{text}\n", "bad.toml")
        assert "bad.toml line" in str(caught.value)


def test_a_run_file_without_track_keeps_its_text() -> None:
    assert "track" not in as_toml(parse_scenario(TINY, "mine"))
    scenario = parse_scenario(TINY + TRACK, "mine")
    assert parse_scenario(as_toml(scenario), "mine") == scenario
