"""From a run back to its workers: bots of known parameters are found again."""

from math import exp, log
from pathlib import Path
from random import Random

import pytest

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.errors import InputError
from clamshell_tui.experiments.baseline import Basis, from_run_file
from clamshell_tui.experiments.crowd_fit.crowd import FittedCrowd, drawn, recorded, see, to_csv
from clamshell_tui.experiments.crowd_fit.lognormal import Sample, fit_pool
from clamshell_tui.run.model import RunModel
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from clamshell_tui.workforce.populations.trace import read_trace
from tests.experiments.conftest import STORY
from tests.kept import simulated


def bias(estimates: dict[str, float], truths: dict[str, float]) -> float:
    """Geometric mean of estimate / truth."""
    logs = [log(estimates[worker] / truths[worker]) for worker in estimates]
    return exp(sum(logs) / len(logs))


def seen_and_true(folder: Path, *settings: str) -> tuple[FittedCrowd, dict[str, float]]:
    """The crowd seen in a run of the story, and the true means of its workers."""
    settings = ("maintenance.threshold=inf", *settings)
    scenario = parse_scenario(STORY, "story.toml", settings)
    seen = from_run_file(simulated(folder, STORY, *settings)).seen
    assert seen is not None
    crowd = SimulatedCrowd(scenario.crowd, n_classes=3, seed=scenario.seed)
    means = {f"W{n}": crowd.recruit().mean_seconds_per_label(4) for n in range(1, 40)}
    return seen, means


@pytest.mark.slow
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_mitigation_does_not_bias_the_means_of_a_trace(tmp_path: Path, enabled: str) -> None:
    biases, naive = [], []
    for seed in range(4, 10):
        setting = f"straggler_mitigation.enabled={enabled}"
        folder = tmp_path / str(seed)
        folder.mkdir()
        seen, true = seen_and_true(folder, setting, f"seed={seed}")
        workers = [each for each in seen.workers if each.completed + each.terminated >= 5]
        estimated = {each.worker: each.mean for each in recorded(seen) if each.mean}
        biases.append(bias({each.worker: estimated[each.worker] for each in workers}, true))
        answered = {each.worker: each.empirical_mean for each in workers if each.empirical_mean}
        naive.append(bias({name: mean for name, mean in answered.items() if mean}, true))
    assert sum(biases) / len(biases) == pytest.approx(1.0, abs=0.06), (biases, naive)


def test_a_trace_is_read_back_as_the_population_it_describes(basis: Basis, tmp_path: Path) -> None:
    assert basis.seen is not None
    path = tmp_path / "workers.csv"
    path.write_text(to_csv(basis.seen))
    read = read_trace(path)
    assert [each.worker for each in read] == [each.worker for each in basis.seen.workers]
    for found, written in zip(read, recorded(basis.seen), strict=True):
        assert found[1:] == pytest.approx(written[1:], rel=1e-5)


def test_a_trace_of_a_run_of_a_trace_is_the_same_crowd_again(basis: Basis, tmp_path: Path) -> None:
    """Within the uncertainty of 150 tasks about the accuracy and of the middle of the means."""
    assert basis.seen is not None
    (tmp_path / "workers.csv").write_text(to_csv(basis.seen))
    settings = ["crowd.population=trace", "crowd.trace=workers.csv", "crowd.trace_order=in-order"]
    again = from_run_file(simulated(tmp_path, STORY, *settings)).seen
    assert again is not None
    first = {each.worker: exp(each.log_mean) for each in basis.seen.workers}
    second = {
        each.worker: exp(each.log_mean)
        for each in again.workers
        if each.worker in first and each.completed + each.terminated >= 5
    }
    assert len(second) >= 8
    assert bias(second, first) == pytest.approx(1.0, abs=0.12)


def test_a_trace_folds_no_rows(run_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trace, rerun and advise need the engine alone."""

    def folded(*_: object) -> None:
        raise AssertionError("a row was made")

    monkeypatch.setattr(RunModel, "apply", folded)
    assert from_run_file(run_file).seen is not None


def test_accuracy_recruitment_and_abandonment_are_as_seen(basis: Basis) -> None:
    seen = basis.seen
    assert seen is not None
    judged = sum(each.judged for each in seen.workers)
    accuracy = sum(each.accuracy * each.judged for each in seen.workers) / judged
    assert accuracy == pytest.approx(0.93, abs=0.03)
    assert seen.recruitment is not None
    assert 100 < seen.recruitment.model.mean < 350  # live recruitment: 216 s per place
    assert seen.abandoned / seen.tasks < 0.05
    assert seen.instructions == pytest.approx(20, rel=0.5)


def test_nobody_seen_yet_is_told_to_the_user() -> None:
    with pytest.raises(InputError, match="no worker has completed a task"):
        see(Engine(RunConfig()), {}, CrowdConfig())


def test_drawn_crowds_differ_by_seed_and_keep_the_order_unless_fresh(basis: Basis) -> None:
    assert basis.seen is not None
    same = drawn(basis.seen, Random(1), fresh=False)
    assert same == drawn(basis.seen, Random(1), fresh=False)
    assert same != drawn(basis.seen, Random(2), fresh=False)
    assert len(same) == len(basis.seen.workers)
    fresh = drawn(basis.seen, Random(1), fresh=True)
    assert len(fresh) == len(basis.seen.workers) + basis.seen.failed


# The fit


def test_bounds_correct_what_the_answers_alone_make_too_quick() -> None:
    """Of N(1, 0.5^2), cut at 1.2: the answers' mean is 0.4 too low, the fit's is not."""
    rng = Random(3)
    draws = [rng.gauss(1.0, 0.5) for _ in range(2000)]
    answered = tuple(x for x in draws if x < 1.2)
    sample = Sample(answered, (1.2,) * (len(draws) - len(answered)))
    fit = fit_pool([sample])[0]
    assert sum(answered) / len(answered) < 0.8
    assert fit.log_mean == pytest.approx(1.0, abs=0.04)
    assert fit.log_sd == pytest.approx(0.5, abs=0.04)


def test_a_worker_of_whom_little_was_seen_is_drawn_towards_the_pool() -> None:
    rng = Random(5)
    pool = [Sample(tuple(rng.gauss(m, 0.2) for _ in range(30)), ()) for m in (0.9, 1.0, 1.1)]
    fits = fit_pool([*pool, Sample((2.0,), ()), Sample((), (0.2,))])
    assert fits[3].log_mean < 2.0
    assert fits[3].error > 2 * fits[0].error
    assert fits[4].log_mean == pytest.approx(1.2, abs=0.3)


def test_a_fit_stops_near_the_limit_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(3)
    means = [rng.gauss(1.5, 0.4) for _ in range(12)]
    latencies = [[rng.gauss(mean, 0.5) for _ in range(60)] for mean in means]
    samples = [
        Sample(tuple(x for x in each if x < 1.4), (1.4,) * sum(x >= 1.4 for x in each))
        for each in latencies
    ]
    stopped = fit_pool(samples)
    monkeypatch.setattr("clamshell_tui.experiments.crowd_fit.lognormal._CLOSE", 1e-10)
    monkeypatch.setattr("clamshell_tui.experiments.crowd_fit.lognormal._STEPS", 10_000)
    for near, limit in zip(stopped, fit_pool(samples), strict=True):
        assert near.log_mean == pytest.approx(limit.log_mean, abs=0.01)
        assert near.log_sd == pytest.approx(limit.log_sd, rel=0.01)


def test_far_bounds_do_not_overflow() -> None:
    fit = fit_pool([Sample((0.0, 0.01, -0.01), (30.0,))])[0]
    assert 0 < fit.log_mean < 30
    with pytest.raises(ValueError, match="no worker has completed"):
        fit_pool([Sample((), (1.0,))])
