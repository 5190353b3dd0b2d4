"""The populations have the figures of their definitions, within a stated tolerance."""

from random import Random
from statistics import fmean, median

import pytest

from clamshell_tui.workforce.config import CrowdConfig, CustomConfig
from clamshell_tui.workforce.person import Person
from clamshell_tui.workforce.populations import POPULATIONS
from clamshell_tui.workforce.populations.medical import mean_and_deviation
from clamshell_tui.workforce.populations.mturk import MturkLatency


def people(name: str, count: int = 2000, config: CrowdConfig | None = None) -> list[Person]:
    rng = Random(f"facts about {name}")
    config = config or CrowdConfig(population=name)
    return [POPULATIONS[name](rng, config, 2) for _ in range(count)]


def per_label(crowd: list[Person], n_records: int = 5) -> list[float]:
    return [person.mean_seconds_per_label(n_records) for person in crowd]


def simulated_mean(person: Person, n_records: int, draws: int = 20_000) -> float:
    rng = Random("one worker's tasks")
    latency = person.latency
    return fmean(latency.seconds(n_records, 10_000, rng) for _ in range(draws)) / n_records


@pytest.mark.parametrize("name", POPULATIONS)
def test_nobody_ever_answers_in_no_time(name: str) -> None:
    rng = Random(5)
    for person in people(name, 300):
        assert min(person.latency.seconds(n, 0, rng) for n in (1, 5, 10)) > 0


@pytest.mark.parametrize("name", POPULATIONS)
def test_accuracies_are_probabilities_above_chance(name: str) -> None:
    assert all(0.5 <= person.accuracy <= 1 for person in people(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mturk", 0.97 * 96 / 98 + 0.03 * 0.625),
        ("live", 0.9),
        ("live-light", 0.9),
        ("live-heavy", 0.9),
        ("medical", 0.9),
        ("two-class", 0.95),
        ("fast-local", 0.97),
    ],
)
def test_accuracies_have_the_mean_of_the_definition(name: str, expected: float) -> None:
    assert fmean(person.accuracy for person in people(name, 4000)) == pytest.approx(
        expected, abs=0.005
    )


def test_careless_mturk_workers_are_a_few_percent() -> None:
    careless = [p for p in people("mturk", 5000) if p.accuracy < 0.8]
    assert len(careless) / 5000 == pytest.approx(0.03, abs=0.01)
    assert all(0.5 <= person.accuracy <= 0.75 for person in careless)


def test_the_median_mturk_worker_needs_5_seconds_for_a_record() -> None:
    """The median of 4,000 log-normals with sigma 0.6 has a standard error of 0.06 s."""
    paces = [p.latency.pace for p in people("mturk", 4000) if isinstance(p.latency, MturkLatency)]
    assert len(paces) == 4000
    assert median(paces) == pytest.approx(5.0, abs=0.24)


def test_lapses_and_overhead_make_a_5_second_worker_6_8_seconds_slow() -> None:
    """A lapse lasts min(25 U^(-1/1.1), 300) s, 80.0 on average, and comes with 2 % of records."""
    person = Person(MturkLatency(5.0, 0.02), 1.0, 2)
    assert person.mean_seconds_per_label(5) == pytest.approx(5.002 + 1.6 + 0.167, abs=0.002)


def test_a_lapse_never_lasts_longer_than_five_minutes() -> None:
    always_lapsing = MturkLatency(70.0, 1.0)
    assert always_lapsing.mean_per_label(1) == pytest.approx(70.03 + 300 + 0.84, abs=0.01)


def test_mturk_workers_warm_up() -> None:
    person = people("mturk", 1)[0]
    cold, warm = Random(1), Random(1)
    first = fmean(person.latency.seconds(1, 0, cold) for _ in range(4000))
    later = fmean(person.latency.seconds(1, 500, warm) for _ in range(4000))
    assert 1.25 < first / later <= 1.6


def test_about_half_of_live_workers_are_slower_than_8_seconds_per_label() -> None:
    slow = fmean(mean > 8 for mean in per_label(people("live", 4000)))
    assert slow == pytest.approx(0.5, abs=0.06)


def test_live_heavy_is_slower_than_live_and_live_light_quicker() -> None:
    light, plain, heavy = (
        fmean(per_label(people(name))) for name in ("live-light", "live", "live-heavy")
    )
    assert light < 0.85 * plain
    assert plain < 0.8 * heavy


@pytest.mark.parametrize("name", ["mturk", "live", "live-heavy", "two-class", "fast-local"])
@pytest.mark.parametrize("n_records", [1, 5])
def test_the_stated_mean_is_the_mean_of_the_draws(name: str, n_records: int) -> None:
    for person in people(name, 4):
        stated = person.mean_seconds_per_label(n_records)
        assert simulated_mean(person, n_records) == pytest.approx(stated, rel=0.08)


def share_below(numbers: list[float], limit: float) -> float:
    return fmean(number < limit for number in numbers)


def test_medical_workers_have_the_quantiles_of_the_deployment() -> None:
    """Per task of 5: fastest 28.5 s, median 240 s, 90th percentile 3,960 s, at most 4 hours.

    Shares of 10,000 workers, within four standard errors.
    """
    means = [5 * mean for mean in per_label(people("medical", 10_000))]
    assert share_below(means, 240) == pytest.approx(0.5, abs=0.02)
    assert share_below(means, 3960) == pytest.approx(0.9, abs=0.012)
    assert min(means) == pytest.approx(28.5)
    assert max(means) == pytest.approx(4 * 3600)


def test_medical_spread_within_a_worker_has_the_quantiles_of_the_deployment() -> None:
    """Median 120 s, and the 90th percentile is the cap of 3 hours; within four standard errors."""
    rng = Random("deviations")
    pairs = [mean_and_deviation(rng) for _ in range(10_000)]
    deviations = [5 * deviation for _, deviation in pairs]
    assert share_below(deviations, 120) == pytest.approx(0.5, abs=0.02)
    assert share_below(deviations, 10_799.999) == pytest.approx(0.9, abs=0.012)
    assert max(deviations) == pytest.approx(3 * 3600)
    assert rank_correlation(pairs) == pytest.approx(0.8, abs=0.02)


def rank_correlation(pairs: list[tuple[float, float]]) -> float:
    """Spearman's, ties (at the caps) broken by position."""
    left, right = (ranks(list(side)) for side in zip(*pairs, strict=True))
    count = len(pairs)
    squares = sum((a - b) ** 2 for a, b in zip(left, right, strict=True))
    return 1 - 6 * squares / (count * (count**2 - 1))


def ranks(numbers: list[float]) -> list[int]:
    places = [0] * len(numbers)
    for rank, index in enumerate(sorted(range(len(numbers)), key=numbers.__getitem__)):
        places[index] = rank
    return places


def test_truncation_makes_medical_normal_slower_on_average_than_medical() -> None:
    """Same parameters, but the negative part of the normal is cut off."""
    log_normal = people("medical", 500)
    truncated = people("medical-normal", 500)
    assert fmean(per_label(truncated)) > 1.2 * fmean(per_label(log_normal))


def test_a_two_class_crowd_has_the_given_share_of_slow_workers() -> None:
    config = CrowdConfig(
        slow_share=0.3, slow_factor=4, custom=CustomConfig(mean=5, spread=0, deviation=1)
    )
    means = [round(mean, 9) for mean in per_label(people("two-class", 4000, config))]
    assert set(means) == {5.0, 20.0}
    assert means.count(20.0) / 4000 == pytest.approx(0.3, abs=0.03)


def test_fast_local_workers_are_quick_and_much_alike() -> None:
    means = per_label(people("fast-local"))
    assert fmean(means) == pytest.approx(1.5, rel=0.02)
    assert min(means) > 0.8
    assert max(means) < 2.8


def test_custom_means_average_to_the_mean_with_the_given_spread() -> None:
    config = CrowdConfig(custom=CustomConfig(mean=8, spread=0.5, accuracy_spread=0.03))
    crowd = people("custom", 8000, config)
    assert fmean(per_label(crowd)) == pytest.approx(8, rel=0.03)
    assert median(per_label(crowd)) == pytest.approx(8 * 0.8825, rel=0.03)  # exp(-0.5**2 / 2)
    accuracies = [person.accuracy for person in crowd]
    assert fmean(accuracies) == pytest.approx(0.95, abs=0.003)
    assert fmean((a - 0.95) ** 2 for a in accuracies) ** 0.5 == pytest.approx(0.03, rel=0.1)
