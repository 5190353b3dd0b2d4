"""Postings find people as the populations' models say, and a worker is recruited only once."""

from random import Random
from statistics import fmean, median, pstdev

import pytest

from clamshell_tui.workforce.config import RecruitmentModel
from clamshell_tui.workforce.recruitment import Recruiter, recruiter_for


def recruiter(population: str, model: RecruitmentModel | None = None) -> Recruiter:
    return recruiter_for(population, model, Random("postings"))


@pytest.mark.parametrize("population", ["live", "live-light", "live-heavy", "two-class", "custom"])
def test_a_live_seat_is_taken_after_about_three_minutes(population: str) -> None:
    times = recruiter(population).posted(5000, expires=180.0, now=0.0)
    assert median(times) == pytest.approx(180.0, rel=0.04)
    assert min(times) == 30.0


def test_a_medical_seat_is_taken_after_about_36_minutes() -> None:
    times = recruiter("medical").posted(5000, expires=180.0, now=100.0)
    assert fmean(times) - 100 == pytest.approx(36 * 60, rel=0.02)
    assert pstdev(times) == pytest.approx(9 * 60, rel=0.05)
    assert min(times) >= 100 + 5 * 60


def test_mturk_joiners_come_one_after_the_other() -> None:
    times = recruiter("mturk").posted(3000, expires=180.0, now=50.0)
    gaps = [after - before for before, after in zip([50.0, *times], times, strict=False)]
    assert times == sorted(times)
    assert fmean(gaps) == pytest.approx(90.0, rel=0.05)
    assert pstdev(gaps) == pytest.approx(90.0, rel=0.05)


def test_local_testers_come_at_once() -> None:
    times = recruiter("fast-local").posted(1000, expires=180.0, now=0.0)
    assert median(times) == pytest.approx(1.5, rel=0.05)
    assert max(times) < 6.0


@pytest.mark.parametrize("population", ["mturk", "live"])
def test_re_posting_the_same_seats_asks_nobody_twice(population: str) -> None:
    postings = recruiter(population)
    assert len(postings.posted(5, expires=180.0, now=0.0)) == 5
    assert postings.posted(5, expires=360.0, now=180.0) == []
    assert len(postings.posted(7, expires=540.0, now=360.0)) == 2


def test_who_has_arrived_no_longer_counts_as_on_the_way() -> None:
    postings = recruiter("live")
    postings.posted(2, expires=180.0, now=0.0)
    assert postings.arrived(90.0)
    assert len(postings.posted(2, expires=360.0, now=180.0)) == 1


def test_who_finds_the_seats_taken_turns_away() -> None:
    postings = recruiter("live")
    postings.posted(3, expires=180.0, now=0.0)
    postings.posted(1, expires=360.0, now=180.0)
    assert [postings.arrived(now) for now in (200.0, 210.0, 220.0)] == [True, False, False]


def test_who_finds_the_posting_expired_turns_away() -> None:
    postings = recruiter("live")
    postings.posted(1, expires=180.0, now=0.0)
    assert not postings.arrived(180.5)


def test_a_stream_starts_anew_after_a_pause() -> None:
    postings = recruiter("mturk")
    postings.posted(1, expires=180.0, now=0.0)
    postings.arrived(100.0)
    [later] = postings.posted(1, expires=10_180.0, now=10_000.0)
    assert later > 10_000.0


@pytest.mark.parametrize(
    ("model", "mean", "deviation"),
    [
        (RecruitmentModel(distribution="lognormal", mean=60.0, spread=0.4), 60.0, 25.0),
        (RecruitmentModel(distribution="normal", mean=60.0), 60.0, 15.0),
        (RecruitmentModel(distribution="normal", mean=60.0, spread=5.0), 60.0, 5.0),
    ],
)
def test_a_scenario_may_bring_its_own_model(
    model: RecruitmentModel, mean: float, deviation: float
) -> None:
    times = recruiter("medical", model).posted(5000, expires=180.0, now=0.0)
    assert fmean(times) == pytest.approx(mean, rel=0.02)
    assert pstdev(times) == pytest.approx(deviation, rel=0.06)


def test_an_own_stream_keeps_its_minimum() -> None:
    model = RecruitmentModel(distribution="exponential", mean=10.0, minimum=8.0)
    times = recruiter("live", model).posted(500, expires=180.0, now=0.0)
    gaps = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    assert min(gaps) >= 8.0 - 1e-6
