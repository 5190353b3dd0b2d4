"""The crowd gives every worker an own generator, and checks its settings."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from clamshell_tui.errors import DatasetError, ScenarioError
from clamshell_tui.workforce.behaviour import BEHAVIOURS, Attempt, Behaviour, Spammer, Wanderer
from clamshell_tui.workforce.checks import problems
from clamshell_tui.workforce.config import (
    CrowdConfig,
    CustomConfig,
    RecruitmentModel,
    ScriptedAction,
    WorkerConfig,
)
from clamshell_tui.workforce.crowd import SimulatedCrowd
from clamshell_tui.workforce.populations import POPULATIONS

TRUTH = (0, 1, 1, 0, 1)


def crowd(seed: int = 1, base: Path | None = None, **settings: Any) -> SimulatedCrowd:
    return SimulatedCrowd(CrowdConfig(**settings), n_classes=2, seed=seed, base=base)


def day(somebody: Behaviour, tasks: int = 20) -> list[Attempt]:
    done = [somebody.train(TRUTH)]
    for number in range(tasks):
        waited = float(number % 3)
        done.append(somebody.attempt(TRUTH, waited=waited, interrupted=number % 5 == 1))
    return done


@pytest.mark.parametrize("population", POPULATIONS)
def test_the_same_seed_thinks_as_long_and_answers_the_same(population: str) -> None:
    first, again, other = (
        [day(company.recruit()) for _ in range(5)]
        for company in (
            crowd(3, population=population),
            crowd(3, population=population),
            crowd(4, population=population),
        )
    )
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_a_worker_does_not_depend_on_what_the_others_do() -> None:
    busy, quiet = crowd(), crowd()
    day(busy.recruit(), tasks=100)
    quiet.recruit()
    assert day(busy.recruit()) == day(quiet.recruit())


def test_workers_of_one_crowd_differ() -> None:
    company = crowd()
    seconds = {
        company.recruit().attempt(TRUTH, waited=0, interrupted=False).seconds for _ in range(50)
    }
    assert len(seconds) == 50


def test_a_known_seed_gives_known_attempts() -> None:
    """The same on every machine and in every process: seeding must not use hash()."""
    company = crowd(2015)
    seconds = [
        round(company.recruit().attempt(TRUTH, waited=0, interrupted=False).seconds, 6)
        for _ in range(3)
    ]
    assert seconds == [47.185729, 9.010562, 77.342404]


def test_explicit_workers_take_the_first_postings() -> None:
    company = crowd(
        population="custom",
        custom=CustomConfig(mean=5, spread=0, deviation=1),
        worker=(WorkerConfig(count=2, mean=20, accuracy=0.6), WorkerConfig(behaviour="sleeper")),
    )
    first = [company.recruit() for _ in range(4)]
    assert [somebody.mean_seconds_per_label(5) for somebody in first] == [20, 20, 5, 5]
    assert [somebody.accuracy for somebody in first] == [0.6, 0.6, 0.95, 0.95]
    assert type(first[2]) is BEHAVIOURS["sleeper"]
    assert type(first[3]) is BEHAVIOURS["honest"]


def test_explicit_workers_do_not_change_the_population() -> None:
    alone, joined = crowd(), crowd(worker=(WorkerConfig(mean=9),))
    joined.recruit()
    assert day(alone.recruit()) == day(joined.recruit())


def test_an_explicit_worker_is_as_variable_as_told() -> None:
    company = crowd(worker=(WorkerConfig(mean=7, deviation=0),))
    somebody = company.recruit()
    assert somebody.person.latency.seconds(3, 0, None) == 21  # type: ignore[arg-type]  # no draw


def test_workers_with_a_time_join_by_themselves() -> None:
    company = crowd(
        worker=(
            WorkerConfig(at=60.0, count=2, mean=3, deviation=0),
            WorkerConfig(at=5.0, behaviour="quitter"),
        )
    )
    joining = company.scheduled()
    assert [at for at, _ in joining] == [5.0, 60.0, 60.0]
    assert type(joining[0][1]) is BEHAVIOURS["quitter"]
    assert joining[2][1].mean_seconds_per_label(1) == 3
    assert type(company.recruit()) is BEHAVIOURS["honest"]


def test_behaviours_are_shared_out_as_told() -> None:
    company = crowd(behaviours={"spammer": 0.2, "wanderer": 0.3})
    kinds = [type(company.recruit()) for _ in range(3000)]
    assert kinds.count(Spammer) / 3000 == pytest.approx(0.2, abs=0.03)
    assert kinds.count(Wanderer) / 3000 == pytest.approx(0.3, abs=0.03)
    assert kinds.count(Behaviour) / 3000 == pytest.approx(0.5, abs=0.03)


def test_a_behaviour_does_not_change_who_the_person_is() -> None:
    honest, spamming = crowd().recruit(), crowd(behaviours={"spammer": 1.0}).recruit()
    assert honest.person.accuracy == spamming.person.accuracy


def test_a_trace_is_found_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text("worker,mean,std,accuracy\nann,4,1,0.75\n")
    company = crowd(base=tmp_path, population="trace", trace="lab.csv")
    assert company.recruit().mean_seconds_per_label(5) == pytest.approx(4.0)
    assert company.recruit().accuracy == 0.75


def test_a_trace_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no such file: .*lab\.csv"):
        crowd(base=tmp_path, population="trace", trace="lab.csv")


def test_the_script_comes_in_order_of_time() -> None:
    late = ScriptedAction(at=90, worker="W2", do="leave")
    early = ScriptedAction(at=30, worker="W3", do="sleep", seconds=60)
    assert crowd(script=(late, early)).script == [early, late]


def test_recruitment_follows_the_seed() -> None:
    times = [crowd(seed).recruiter.posted(3, expires=180.0, now=0.0) for seed in (1, 1, 2)]
    assert times[0] == times[1] != times[2]


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"population": "mturc"}, 'unknown population "mturc" (did you mean "mturk"?); known: custom'),
    ({"population": "trace"}, 'crowd.trace: population "trace" needs the path'),
    ({"trace": "x.csv"}, 'crowd.trace: not used by population "mturk"'),
    ({"behaviours": {"spamer": 0.1}}, 'unknown behaviour "spamer" (did you mean "spammer"?)'),
    ({"behaviours": {"spammer": 0.7, "sleeper": 0.4}}, "the shares sum to 1.1, more than 1"),
    ({"worker": (WorkerConfig(behaviour="sleepr"),)}, "crowd.worker 1: behaviour: unknown"),
    ({"worker": (WorkerConfig(deviation=2),)}, "crowd.worker 1: deviation: needs a mean"),
    (
        {"script": (ScriptedAction(at=1, worker="W1", do="leave", seconds=3),)},
        'crowd.script 1: seconds: "leave" takes none',
    ),
    (
        {"recruitment": RecruitmentModel(distribution="exponential", spread=1)},
        "crowd.recruitment.spread",
    ),
    (
        {"recruitment": RecruitmentModel(distribution="lognormal", spread=60)},
        "crowd.recruitment.spread: 60 is too wide",
    ),
    (
        {"custom": CustomConfig(mean=1, deviation=21)},
        "crowd.custom: deviation: 21 s is more than 20 times the mean (1 s per label)",
    ),
    (
        {"worker": (WorkerConfig(mean=1, deviation=50),)},
        "crowd.worker 1: deviation: 50 s is more than 20 times",
    ),
    ({"custom": CustomConfig(confusion=((1.0, 0.0),))}, "1 rows, but there are 2 classes"),
    ({"custom": CustomConfig(confusion=((1.0,), (0.0, 1.0)))}, "row 1 has 1 entries"),
    ({"custom": CustomConfig(confusion=((0.9, 0.0), (0.0, 1.0)))}, "row 1 sums to 0.9, not 1"),
    (
        {"custom": CustomConfig(confusion=((1.0, 0.0), (0.0, 1.0)), accuracy_spread=0.1)},
        "accuracy_spread: the confusion matrix fixes the accuracy",
    ),
    ({"custom": CustomConfig(accuracy=0.99, accuracy_spread=0.1)}, "keep it below 0.0995"),
]


@pytest.mark.parametrize(("settings", "message"), CONTRADICTIONS)
def test_contradictions_are_told_in_one_sentence(settings: dict[str, Any], message: str) -> None:
    [problem] = problems(CrowdConfig(**settings), n_classes=2)
    assert message in problem
    with pytest.raises(ScenarioError) as caught:
        crowd(**settings)
    assert str(caught.value) == problem


def test_the_default_crowd_has_no_problems() -> None:
    assert list(problems(CrowdConfig(), n_classes=2)) == []


@pytest.mark.parametrize(
    "table",
    [
        {"populaton": "mturk"},
        {"custom": {"mean": 0}},
        {"custom": {"mean": float("nan")}},
        {"custom": {"deviation": float("inf")}},
        {"custom": {"distribution": "cauchy"}},
        {"abandonment": 1.5},
        {"script": [{"at": 1, "worker": "Ann", "do": "leave"}]},
        {"script": [{"at": 1, "worker": "W1", "do": "dance"}]},
    ],
)
def test_a_table_with_an_impossible_value_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(table, CrowdConfig)


def test_a_whole_table_is_read() -> None:
    table = {
        "population": "custom",
        "custom": {"mean": 4, "confusion": [[0.9, 0.1], [0.2, 0.8]]},
        "behaviours": {"spammer": 0.2},
        "spammer": {"answers": "constant"},
        "worker": [{"count": 2, "behaviour": "quitter", "at": 30}],
        "recruitment": {"distribution": "normal", "mean": 60},
        "script": [{"at": 10, "worker": "W1", "do": "disconnect", "seconds": 20}],
    }
    config = msgspec.convert(table, CrowdConfig)
    assert config.custom.confusion == ((0.9, 0.1), (0.2, 0.8))
    assert config.worker[0].at == 30.0
    assert list(problems(config, n_classes=2)) == []
