"""The virtual clock: reproducible, observable, replayable, and it always ends."""

import os
import subprocess
import sys
import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import LearningConfig, RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.learner.learner import Learner
from clamshell_tui.run.totals import totals
from clamshell_tui.scenario.config import SimulationConfig
from clamshell_tui.simulator.trainer import SimulatedTrainer
from clamshell_tui.workforce.populations import POPULATIONS
from tests.core.helpers import only, run_config
from tests.simulator.helpers import Run

LIVELY: Mapping[str, Any] = {
    "behaviours": {"wanderer": 0.2, "skipper": 0.2, "sleeper": 0.1, "quitter": 0.1},
    "recruitment": {"distribution": "lognormal", "mean": 30.0},
}


def config(**sections: Any) -> RunConfig:
    busy: dict[str, Any] = {
        "pool": {"size": 5, "reserve": 2},
        "tasks": {"records_per_task": 2, "lease": 200.0},
        "maintenance": {"threshold": 6.0},
        "qualification": {"enabled": True, "records": 4},
    }
    return run_config(**{**busy, **sections})


def lively(seed: int = 1, **settings: Any) -> Run:
    return Run(config(seed=seed), LIVELY, gold=6, seed=seed, **settings)


def test_the_same_seed_gives_the_same_events_and_commands() -> None:
    assert lively(3).run().steps == lively(3).run().steps


def test_another_seed_gives_another_run() -> None:
    assert lively(3).run().steps != lively(4).run().steps


def test_the_order_of_hashes_does_not_matter() -> None:
    program = (
        "from tests.simulator.test_simulation import digest\nprint(digest(5), hash('a word'))\n"
    )
    root = Path(__file__).parents[2]
    other = "0" if os.environ.get("PYTHONHASHSEED") == "12345" else "12345"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONHASHSEED": other, "PYTHONPATH": str(root)},
    )
    there, hashed = done.stdout.split()
    assert int(hashed) != hash("a word"), "or the test says nothing"
    assert int(there) == digest(5)


def digest(seed: int) -> int:
    """Of all that a run was told and said."""
    steps = [(now, event, said) for now, event, said in lively(seed).run().steps]
    return zlib.crc32(msgspec.json.encode(steps))


def test_a_fresh_engine_told_what_was_observed_says_the_same() -> None:
    run = lively(6, wire_delay=2.0).run()
    engine = Engine(run.config)
    assert [engine.handle(event, now) for now, event, _ in run.steps] == [
        said for _, _, said in run.steps
    ]
    assert totals(engine, engine.now) == totals(run.simulation.engine, engine.now)


def test_watching_a_run_does_not_alter_it() -> None:
    watched = lively(7)
    engine = watched.simulation.engine

    def watch() -> None:
        totals(engine, engine.now + 1.0)
        engine.story(WorkerId("W1"))
        check_invariants(engine, full=True)

    assert watched.run(each=watch).steps == lively(7).run().steps


def test_the_clock_never_stands_still() -> None:
    run = lively(8)
    engine = run.simulation.engine
    run.run(each=lambda: later(engine))
    woken = [now for now, event, _ in run.steps if isinstance(event, e.TimePassed)]
    assert all(before < after for before, after in pairwise(woken))


def later(engine: Engine) -> None:
    assert engine.next_deadline > engine.now


def test_time_only_goes_forward() -> None:
    times = [now for now, _, _ in lively(9).run().steps]
    assert times == sorted(times)


@pytest.mark.parametrize("population", sorted(POPULATIONS))
def test_a_run_with_this_population_labels_every_record(population: str) -> None:
    run = Run(config(), {"population": population}, gold=6, check=True).run()
    delivered = [
        r for _, _, said in run.steps for d in only(said, c.DeliverLabels) for r in d.records
    ]
    aside = [r for _, _, said in run.steps for d in only(said, c.SetAside) for r in d.records]
    assert sorted(delivered + aside) == list(range(6, 60))


def test_scripted_actions_happen_at_their_time() -> None:
    script = [
        {"at": 100.0, "worker": "W1", "do": "leave"},
        {"at": 110.0, "worker": "W2", "do": "disconnect", "seconds": 10.0},
        {"at": 130.0, "worker": "W3", "do": "disconnect"},
        {"at": 150.0, "worker": "W3", "do": "reconnect"},
        {"at": 10.0, "worker": "W99", "do": "leave"},
    ]
    calm = {"population": "fast-local", "abandonment": 0.0, "script": script}
    steps = Run(config(maintenance={}), calm, records=2000).run().steps
    scripted = e.WorkerLeft | e.WorkerDisconnected | e.WorkerReconnected
    seen = [(now, event) for now, event, _ in steps if isinstance(event, scripted)]
    assert [(now, type(event).__name__, event.worker) for now, event in seen] == [
        (100.0, "WorkerLeft", "W1"),
        (110.0, "WorkerDisconnected", "W2"),
        (120.0, "WorkerReconnected", "W2"),
        (130.0, "WorkerDisconnected", "W3"),
        (150.0, "WorkerReconnected", "W3"),
    ]


def test_a_scripted_sleep_lets_the_lease_expire() -> None:
    script = [{"at": 60.0, "worker": "W1", "do": "sleep"}]
    quiet = config(straggler_mitigation={"enabled": False}, maintenance={})
    calm = {"population": "fast-local", "abandonment": 0.0, "script": script}
    run = Run(quiet, calm, records=2000).run()
    expired = [
        w for _, _, said in run.steps for w in only(said, c.Withdraw) if w.state == "expired"
    ]
    assert {w.worker for w in expired} == {"W1"}
    assert len(expired) == 2  # and then W1 is released


def test_a_slow_wire_lets_answers_cross_their_termination() -> None:
    def late(wire_delay: float) -> int:
        steps = (
            Run(config(), {"population": "live"}, records=300, wire_delay=wire_delay).run().steps
        )
        acks = [ack for _, _, said in steps for ack in only(said, c.Acknowledge)]
        return sum(ack.outcome is c.Outcome.LATE for ack in acks)

    assert late(0.0) == 0
    assert late(5.0) > 0


def test_a_terminated_worker_with_new_work_still_gets_the_old_answer_across_a_slow_wire() -> None:
    """The termination is on its way while the worker answers; the next task follows behind it."""
    run = Run(config(), {"population": "live"}, records=300, wire_delay=5.0).run()
    holding: set[str] = set()
    crossed = 0
    for _, _, said in run.steps:
        for command in said:
            if isinstance(command, c.Acknowledge) and command.outcome is c.Outcome.LATE:
                crossed += command.worker in holding
            elif isinstance(command, c.Terminate | c.Withdraw | c.Acknowledge):
                holding.discard(command.worker)
            elif isinstance(command, c.Assign):
                holding.add(command.worker)
    assert crossed > 0


@pytest.mark.parametrize("name", ["skip-and-answer", "leave-and-return", "sleeper-for-pay"])
def test_an_adversary_answers_once_after_each_of_its_assignments_has_ended(name: str) -> None:
    crowd = {"population": "fast-local", "abandonment": 0.0, "behaviours": {name: 0.4}}
    run = Run(config(seed=2), crowd, records=200, gold=6, seed=2, check=True).run()
    ended = {
        end.assignment
        for _, _, said in run.steps
        for end in only(said, c.Withdraw) + only(said, c.Terminate)
    }
    late = [
        ack.assignment
        for _, _, said in run.steps
        for ack in only(said, c.Acknowledge)
        if ack.outcome is not c.Outcome.COUNTED
    ]
    assert len(late) > 3
    assert len(late) == len(set(late))
    assert set(late) <= ended


def test_who_leaves_and_returns_joins_as_a_newcomer() -> None:
    crowd = {
        "population": "fast-local",
        "abandonment": 0.0,
        "worker": [{"name": "thief", "behaviour": "leave-and-return", "at": 0.0}],
        "adversary": {"away": 7.0},
    }
    run = Run(config(qualification={"enabled": False}), crowd, records=400).run()
    left = [now for now, event, _ in run.steps if isinstance(event, e.WorkerLeft)]
    joined = [now for now, event, _ in run.steps if isinstance(event, e.WorkerJoined)]
    assert left
    assert left[0] + 7.0 in joined


def test_the_oracle_is_told_the_true_mean_of_everybody_admitted() -> None:
    config = run_config(
        maintenance={"threshold": 8.0, "latency_estimator": "oracle", "check_every": 10.0},
        pool={"size": 4, "reserve": 2},
    )
    run = Run(config, {"population": "live"}, records=200).run()
    events = [event for _, event, _ in run.steps]
    told = {each.worker: each.mean for each in events if isinstance(each, e.LatencyForetold)}
    assert set(told) == {x.worker for _, _, out in run.steps for x in only(out, c.Admit)}
    assert told.items() <= run.simulation.true_means.items()
    evicted = {x.worker for _, _, out in run.steps for x in only(out, c.Evict)}
    assert evicted
    assert all(told[worker] > 8.0 for worker in evicted)


def test_nobody_coming_ends_at_the_horizon() -> None:
    nobody = {"recruitment": {"mean": 1e7, "spread": 0.0}}
    run = Run(config(), nobody, horizon=5_000.0).run()
    assert run.steps[-1][1] == e.StopRequested("the simulation's horizon")
    assert isinstance(run.steps[-1][2][-1], c.FinishRun)
    assert len(run.steps) < 250  # postings and assessments of an empty pool


def learning(**keys: Any) -> tuple[RunConfig, SimulatedTrainer]:
    run = config(classes=("a", "b"), learning={"enabled": True, **keys})
    features = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    learner = Learner(features, 2, run.learning, seed=1, ranking_size=60, excluded=range(6))
    return run, SimulatedTrainer(learner, SimulationConfig())


@pytest.mark.parametrize("retraining", ["async", "sync"])
def test_models_are_trained_in_virtual_time_and_used(retraining: str) -> None:
    run, trainer = learning(retraining=retraining)
    steps = Run(run, {"population": "fast-local"}, gold=6, trainer=trainer).run().steps
    asked = [(now, r.labels) for now, _, said in steps for r in only(said, c.Retrain)]
    came = [
        (now, event)
        for now, event, _ in steps
        if isinstance(event, e.ModelTrained | e.TrainingFailed)  # one class cannot be learnt
    ]
    assert len(asked) == len(came) > 2
    for (start, labels), (end, event) in zip(asked, came, strict=True):
        if isinstance(event, e.ModelTrained):
            assert event.labels_used == labels
        assert end - start == pytest.approx(0.5 + 0.002 * labels)
    versions = [cut.model for _, _, said in steps for cut in only(said, c.CutBatch)]
    assert versions[0] == 0
    assert versions[-1] > 0


def test_a_learner_that_never_answers_does_not_keep_the_simulation_going() -> None:
    run = config(learning={"enabled": True, "timeout": 5.0})
    assert LearningConfig().enabled  # as by default
    Run(run, {"population": "fast-local"}, gold=6, trainer=None).run(limit=5_000)
