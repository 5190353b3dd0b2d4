"""The fold and the engine give the same account of a run after each event."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event, RunPaused, RunResumed, WorkerDismissed
from clamshell_tui.run.check import check_same
from clamshell_tui.run.history import History
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.config import SimulationConfig
from clamshell_tui.simulator.simulation import Simulation
from tests.core.helpers import W2, Bench, run_config
from tests.core.test_many_seeds import CLASSES, GOLD, crowd_of
from tests.core.test_many_seeds import config_of as random_config
from tests.kept import simulated
from tests.run.conftest import STORY

SEEDS = 60


def check_each(config: RunConfig, events: Iterable[tuple[float, Event]]) -> Tables:
    """Replay ``events`` and compare after each of them."""
    engine, tables = Engine(config), Tables()
    history = History(continuous=config.tasks.batching == "continuous")
    model = RunModel(tables, RecordNames(config.classes), history=history)
    for at, event in events:
        model.apply(at, event, engine.handle(event, at))
        check_same(engine, tables, at, history)
    return tables


def random_run(seed: int) -> tuple[RunConfig, list[tuple[float, Event]]]:
    """Any mechanism on or off; workers join, leave and return."""
    rng, steps = Random(seed), list[tuple[float, Event]]()
    config, crowd = random_config(rng, seed), crowd_of(rng, seed)
    truth = [rng.randrange(CLASSES) for _ in range(24)]
    simulation = Simulation(
        config,
        crowd,
        truth,
        gold=dict(enumerate(truth[:GOLD])),
        submissions=[(0.0, 10), (90.0, 14)],
        settings=SimulationConfig(wire_delay=rng.choice([0.0, 2.0, 20.0])),
        observe=lambda at, event, commands: steps.append((at, event)),
    )
    simulation.run()
    return config, steps


def test_random_runs_agree_after_each_event() -> None:
    ends: set[str] = set()
    for seed in range(SEEDS):
        tables = check_each(*random_run(seed))
        ends |= {row.state for row in tables.assignments.values()}
        ends |= {row.state for row in tables.workers.values()}
        ends |= {row.state for row in tables.tasks.values()}
    assert ends >= {"completed", "terminated", "skipped", "left", "lost", "expired", "preempted"}
    assert ends >= {"rejected", "evicted", "released", "complete", "set-aside"}


def test_a_scenario_with_models_agrees_after_each_event(run_file: Path) -> None:
    with open_run(run_file) as file:
        tables = check_each(config_of(file), file.events())
    assert tables.models
    assert tables.evictions


def test_an_operators_orders_agree_after_each_event() -> None:
    bench = Bench(run_config(pool={"size": 3, "reserve": 1}))
    bench.submit(20)
    bench.join(4)
    bench.handle(WorkerDismissed(W2), after=1.0)
    bench.handle(RunPaused(), after=1.0)
    bench.work()
    bench.handle(RunResumed(), after=5.0)
    bench.work()
    check_each(bench.config, [(at, event) for event, at in bench.journal])


@pytest.mark.parametrize(
    "step",
    [
        "_assign",
        "_book",
        "_close_batch",
        "_cut_batch",
        "_deliver",
        "_end",
        "_end_session",
        "_evict",
        "_keep_answers",
        "_note",
        "_pay_interval",
        "_start",
    ],
)
def test_a_fold_that_forgets_a_step_is_caught(
    step: str, run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunModel, step, lambda *_, **__: None)
    with open_run(run_file) as file, pytest.raises((AssertionError, KeyError)):
        check_each(config_of(file), file.events())


@pytest.mark.parametrize(
    ("table", "column", "wrong"),
    [
        ("assignments", "micros", 1),
        ("assignments", "state", "active"),
        ("assignments", "duplicate", None),
        ("workers", "left_at", None),
        ("workers", "state", "reserve"),
        ("tasks", "completed_at", 0.0),
        ("batches", "mpl", 0.0),
        ("answers", "counted", None),
        ("ledger", "kind", "bonus"),
        ("labels", "label", "?"),
    ],
)
def test_a_wrong_cell_is_caught(run_file: Path, table: str, column: str, wrong: object) -> None:
    with open_run(run_file) as file:
        config, events = config_of(file), list(file.events())
    engine, tables = Engine(config), Tables()
    model = RunModel(tables, RecordNames(config.classes))
    for at, event in events:
        model.apply(at, event, engine.handle(event, at))
    check_same(engine, tables, events[-1][0])
    rows = getattr(tables, table)
    setattr(next(iter(rows.values() if isinstance(rows, dict) else rows)), column, wrong)
    with pytest.raises(AssertionError, match=r"in the engine, .* in the tables"):
        check_same(engine, tables, events[-1][0])


def test_verify_reports_a_fold_that_contradicts_the_engine_as_our_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both the file and its check are made by the same wrong fold."""
    monkeypatch.setattr(RunModel, "_evict", lambda *_: None)
    path = simulated(tmp_path, STORY)
    capsys.readouterr()
    assert main(["verify", str(path)]) == 1
    assert "evictions: " in capsys.readouterr().err
