"""Expectations of a finished run: what holds, what does not, and in how many seeds."""

import pytest
import scipy.stats

from clamshell_tui.scenario.expectation import Expectation, sentence
from clamshell_tui.testing.report_text import explanation
from clamshell_tui.testing.reports import scenario_report
from tests.testing.conftest import Try

HOLDS = (
    'metric = "labels.delivered"\nis = 45',
    'metric = "labels.delivered"\nis_not = 44',
    'metric = "labels.delivered"\nabove = 44\nbelow = 46',
    'metric = "finish_reason"\nis = "budget of labels reached"',
    'metric = "finish_reason"\ncontains = "budget"',
    'metric = "worker(W1).state"\nis_not = "rejected"',
    'metric = "workers.most_held"\nis = 1',
    'metric = "tasks.most_live"\nat_most = 3',
    'metric = "records.submitted"\nis = 110',
    'metric = "records.left"\nis = 65',
    'metric = "batch(1).records"\nis = 12',
    'metric = "batch(last).ended_at"\nabove = 0',
    'metric = "labelled.count"\nis = 45',
    'metric = "joined(W1).count"\nis = 1',
    'metric = "cost.total"\nabove = 0.9\nbelow = 20',
    'metric = "seconds"\ncompared_with = "crowd.termination_notice=true"\nis = 1',
    'metric = "duplicated.count"\ncompared_with = "straggler_mitigation.enabled=false"\n'
    'by = "difference"\nat_least = 1',
)

FAILS = (
    'metric = "labels.delivered"\nis = 44',
    'metric = "labels.delivered"\nabove = 44\nbelow = 45',
    'metric = "finish_reason"\ncontains = "accuracy"',
    'metric = "evicted(W1).first"\nbelow = 60',  # it never happened
    'metric = "model.accuracy"\nat_most = 1',  # there is no model
    'metric = "worker(W999).state"\nis_not = "pool"',  # no such worker joined
    'metric = "batch(999).latency"\nabove = 0',
    'metric = "seconds"\ncompared_with = "pool.size=5"\nis = 1',
    # a ratio to nothing
    'metric = "work.duplicates"\ncompared_with = "straggler_mitigation.enabled=false"\nabove = 0',
)


def test_what_is_true_of_a_run_holds(tried: Try) -> None:
    verdict = tried(*HOLDS)
    assert [sentence(each.expectation) for each in verdict.failed] == []
    assert verdict.passed


def test_what_is_not_true_or_not_known_fails(tried: Try) -> None:
    verdict = tried(*FAILS)
    assert [sentence(each.expectation) for each in verdict.judgements if each.passed] == []
    assert not verdict.passed


def test_a_share_of_the_seeds_may_be_enough(tried: Try) -> None:
    metric = 'metric = "worker(W1).labels"\nat_most = 9'
    strict, lenient = tried(metric, metric + '\nin = "1 of 4"', seeds=4).judgements
    assert strict.held == lenient.held
    assert 1 <= strict.held < 4
    assert (strict.required, strict.passed) == (4, False)
    assert (lenient.required, lenient.passed) == (1, True)


@pytest.mark.parametrize(("seeds", "required"), [(20, 18), (10, 8), (5, 3), (1, 1), (40, 36)])
def test_a_share_is_scaled_to_the_seeds(seeds: int, required: int) -> None:
    assert Expectation(metric="seconds", in_="18 of 20").required(seeds) == required


@pytest.mark.parametrize("part", [1, 10, 16, 19, 20])
def test_with_fewer_seeds_what_just_holds_passes_with_95_percent(part: int) -> None:
    """Against scipy: of 20 seeds, ``part`` of them good, some are drawn."""
    expectation = Expectation(metric="seconds", in_=f"{part} of 20")
    for seeds in range(1, 20):
        held = scipy.stats.hypergeom(20, part, seeds)
        enough = [k for k in range(1, seeds + 1) if held.sf(k - 1) >= 0.95 - 1e-9]
        assert expectation.required(seeds) == max(enough, default=1)
        assert (seeds >= expectation.fewest_seeds) == bool(enough)


def test_too_few_seeds_to_judge_are_told(tried: Try) -> None:
    verdict = tried('metric = "labels.delivered"\nis = 46\nin = "16 of 20"', seeds=1)
    details = explanation(scenario_report(verdict))
    assert "1 seed cannot judge 16 of 20; try --seeds 2 or more" in details
    verdict = tried('metric = "labels.delivered"\nis = 46\nin = "16 of 20"', seeds=2)
    assert "cannot judge" not in explanation(scenario_report(verdict))


def test_an_expectation_reads_as_a_sentence() -> None:
    expectation = Expectation(
        metric="batches.mean", compared_with="pool.size=5", at_most=0.5, in_="18 of 20"
    )
    assert sentence(expectation) == (
        "batches.mean at most 0.5 times the same with pool.size=5 in 18 of 20 seeds"
    )
    assert expectation.changes == ("pool.size=5",)


NAMED = """
crowd.abandonment = 0.0
qualification.enabled = false
straggler_mitigation.enabled = false
[[crowd.worker]]
name = "slow"
mean = 9.0
at = 0.0
[[crowd.worker]]
name = "twin"
count = 2
at = 1.0
[[crowd.script]]
at = 12.0
worker = "slow"
do = "disconnect"
seconds = 5.0
"""


def test_a_worker_may_have_a_name_that_script_and_expectations_use(tried: Try) -> None:
    verdict = tried(
        'metric = "disconnected(slow).first"\nis = 12',
        'metric = "reconnected(slow).first"\nis = 17',
        'metric = "joined(slow).first"\nis = 0',
        'metric = "joined(twin-2).first"\nis = 1',
        'metric = "disconnected(twin-1).count"\nis = 0',
        'metric = "worker(slow).pace"\nabove = 4',
        more=NAMED,
    )
    assert [sentence(each.expectation) for each in verdict.failed] == []


def test_the_trainings_that_a_scenario_names_fail(tried: Try) -> None:
    verdict = tried(
        'metric = "warned(learner).count"\nis = 1',
        'metric = "trained.count"\nabove = 0',
        'metric = "labels.delivered"\nis = 45',
        seeds=1,
        overrides=["learning.enabled=true", "simulation.failing_trainings=[1]"],
    )
    assert [sentence(each.expectation) for each in verdict.failed] == []
