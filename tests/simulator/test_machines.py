"""Simulated machines: whatever one does, people label every record and keep their places."""

from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.run.check import check_same
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.history import History
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.workforce.config import MachineWorkerConfig
from clamshell_tui.workforce.machine import SimulatedMachine
from tests.core.helpers import run_config
from tests.simulator.helpers import EXACT, Run

SEEDS = 200
RECORDS = 40
NAMES = [str(number) for number in range(2000)]
TRUTH = [number % 3 for number in range(2000)]


def shaky(rng: Random, name: str) -> dict[str, Any]:
    """A machine with any failures."""
    return {
        "name": name,
        "accuracy": rng.uniform(0.2, 1.0),
        "seconds": rng.choice([0.1, 1.0, 40.0]),
        "confidence": rng.choice(["calibrated", "overconfident", "none"]),
        "abstain": rng.choice([0.0, 0.1, 1.0]),
        "timeout": rng.choice([0.0, 0.2, 1.0]),
        "crash": rng.choice([0.0, 0.3, 1.0]),
    }


def random_run(seed: int) -> Run:
    rng = Random(seed)
    policy = rng.choice(["first", "first", "vote"])
    votes = rng.choice([2, 3]) if policy == "vote" else rng.choice([1, 1, 3])
    confidence = rng.choice([None, 0.9]) if votes > 1 else None
    config = run_config(
        classes=("a", "b", "c"),
        seed=seed,
        pool={"size": rng.randint(votes, 5), "reserve": rng.randint(0, 2)},
        tasks={
            "records_per_task": rng.randint(1, 4),
            "votes": votes,
            "batching": rng.choice(["barrier", "continuous"]),
            "lease": rng.choice([90.0, 1800.0]),
        },
        maintenance={"threshold": 20.0},  # s per label: no worker is as slow, machines are
        quality={"confidence": confidence, "gold_share": rng.choice([0.0, 0.2])},
        machine={
            "policy": policy,
            "accept": rng.choice([0.3, 0.9]),
            "audit": rng.choice([0.0, 0.3]),
        },
    )
    count = rng.randint(1, 3)
    machines = [shaky(rng, rng.choice(["llm", "other"])) for _ in range(count)]
    crowd = {**EXACT, "machine": machines}
    return Run(config, crowd, records=RECORDS, gold=rng.choice([2, 10]), seed=seed)


def test_no_failure_of_a_machine_loses_a_label_or_sends_anybody_away() -> None:
    reached: Counter[str] = Counter()
    for seed in range(SEEDS):
        run = random_run(seed)
        engine = run.simulation.engine
        thorough = seed % 8 == 0
        run.run(each=partial(check_invariants, engine) if thorough else None)
        state = engine.state
        assert state.machines is not None
        assert len(state.labels) == RECORDS - len(state.gold), f"seed {seed}: labels are missing"
        assert not state.set_aside, f"seed {seed}"
        gone = {worker.reason for worker in state.pool.workers.values()}
        assert gone <= {"the run is over", "the pool is full"}, f"seed {seed}: {gone}"
        assert not any(isinstance(x, c.Evict) for _, _, said in run.steps for x in said)
        check_invariants(engine, full=True)
        reached.update(request.state for request in state.machines.requests)
        reached["accepted"] += len(state.machines.accepted)
        reached["audited"] += len(state.machines.audited)
        reached["abstained"] += sum(each.abstained for each in state.machines.members.values())
        if thorough:
            _replay(run)
    for what in ("answered", "skipped", "lost", "expired", "accepted", "audited", "abstained"):
        assert reached[what] > 5, f"{what} is hardly reached: {reached}"


def _replay(run: Run) -> None:
    """The fold agrees with a second engine after each event, and that one with the first."""
    engine, tables = Engine(run.config), Tables()
    history = History(continuous=run.config.tasks.batching == "continuous")
    model = RunModel(tables, RecordNames(run.config.classes), history=history)
    for at, event, _ in run.steps:
        model.apply(at, event, engine.handle(event, at))
        check_same(engine, tables, at, history)
    assert state_digest(engine) == state_digest(run.simulation.engine)


SCENARIO = """\
dataset = {kind = "generated", classes = 3, records = 260}
requester.gold = 60
crowd.population = "live"
crowd.machine = [{name = "llm", accuracy = 0.95, price = 0.001}]
pool = {size = 6, reserve = 1}
tasks.votes = 3
learning.enabled = false
"""


def _run(folder: Path, *settings: str, text: str = SCENARIO) -> Any:
    return run_scenario(parse_scenario(text, "s.toml", settings, default_name="s"), folder)


def test_without_a_policy_machines_change_nothing(tmp_path: Path) -> None:
    lines = [line for line in SCENARIO.splitlines() if "crowd.machine" not in line]
    without = _run(tmp_path, text="\n".join(lines))
    off = _run(tmp_path, 'machine.policy="off"')
    assert off.digest == without.digest
    assert off.summary.machine is None


def test_a_good_machine_saves_votes_and_is_audited(tmp_path: Path) -> None:
    alone = _run(tmp_path)
    beside = _run(tmp_path, 'machine.policy="first"', "machine.audit=0.2")
    found = beside.summary.machine
    assert found is not None
    assert found.labels > 50
    assert found.accuracy > 0.9
    assert beside.summary.cost.total < alone.summary.cost.total
    assert len(beside.tables.labels) == len(alone.tables.labels) == 200
    machines = beside.engine.state.machines
    assert machines is not None
    share = len(machines.audited) / (len(machines.audited) + len(machines.accepted))
    assert 0.08 < share < 0.35
    asked = sum(len(request.records) for request in machines.requests)
    assert found.cost == 1000 * asked
    assert beside.engine.state.ledger.totals[c.PayKind.MACHINE] == found.cost


def test_an_overconfident_machine_gets_no_labels(tmp_path: Path) -> None:
    text = SCENARIO.replace("0.95", "0.7").replace(
        "price = 0.001", 'price = 0.001, confidence = "overconfident"'
    )
    found = _run(tmp_path, 'machine.policy="first"', text=text).summary.machine
    assert found is not None
    assert found.labels == 0


def machine(name: str = "llm", **given: Any) -> list[tuple[int | None, float | None]]:
    """What a machine says of all records."""
    config = MachineWorkerConfig(name=name, **given)
    answer = SimulatedMachine(config, 3, 1, 1).undisturbed(NAMES, TRUTH)
    return list(zip(answer.labels, answer.confidences, strict=True))


@pytest.mark.parametrize("accuracy", [0.7, 0.9])
def test_a_calibrated_machine_is_right_as_often_as_it_says(accuracy: float) -> None:
    said = machine(accuracy=accuracy)
    right = [label == true for (label, _), true in zip(said, TRUTH, strict=True)]
    assert sum(right) / len(right) == pytest.approx(accuracy, abs=0.03)
    for low in (0.5, 0.7, 0.9):
        kind = [
            (hit, confidence)
            for hit, (_, confidence) in zip(right, said, strict=True)
            if confidence is not None and low <= confidence < low + 0.1 + (low == 0.9)
        ]
        mean = sum(confidence for _, confidence in kind) / len(kind)
        deviation = (mean * (1 - mean) / len(kind)) ** 0.5
        assert sum(hit for hit, _ in kind) / len(kind) == pytest.approx(mean, abs=4 * deviation)


def test_an_overconfident_machine_says_more_and_another_says_nothing() -> None:
    assert min(x for _, x in machine(confidence="overconfident") if x is not None) >= 0.8
    assert {x for _, x in machine(confidence="none")} == {None}


def test_a_family_errs_together() -> None:
    """With all errors fixed by the record, machines of one accuracy say the same wrong things."""

    def common(correlation: float) -> float:
        one, two = (
            machine(name, family="f", correlation=correlation, accuracy=0.7) for name in ("a", "b")
        )
        both = [
            (x, y)
            for (x, _), (y, _), true in zip(one, two, TRUTH, strict=True)
            if x != true and y != true
        ]
        return len(both) / len(TRUTH)

    assert common(0.0) == pytest.approx(0.3 * 0.3, abs=0.02)
    assert common(1.0) > 0.15


def test_a_machine_says_the_same_again_and_copies_say_it_too() -> None:
    assert machine() == machine()
    config = MachineWorkerConfig(name="llm")
    copy = SimulatedMachine(config, 3, 1, 2).undisturbed(NAMES[:9], TRUTH[:9])
    assert [label for label, _ in machine()][:9] == list(copy.labels)


def test_a_machine_abstains_hangs_and_crashes_as_often_as_it_shall() -> None:
    config = MachineWorkerConfig(name="llm", abstain=0.2, timeout=0.1, crash=0.3)
    shaken = SimulatedMachine(config, 3, 1, 1)
    answers = [shaken.answer(NAMES[n : n + 1], TRUTH[n : n + 1]) for n in range(2000)]
    hung = sum(not each.labels for each in answers)
    crashed = sum(each.crash is not None for each in answers)
    assert hung / 2000 == pytest.approx(0.1, abs=0.03)
    assert crashed / (2000 - hung) == pytest.approx(0.3, abs=0.04)
    assert sum(each.labels == (None,) for each in answers) / (2000 - hung) == pytest.approx(
        0.2, abs=0.04
    )


def test_the_journal_of_a_machine_names_it(tmp_path: Path) -> None:
    seen: list[e.Event] = []
    scenario = parse_scenario(SCENARIO, "s.toml", ('machine.policy="first"',), default_name="s")
    run_scenario(scenario, tmp_path, witness=lambda _, event: seen.append(event))
    (joined,) = [each for each in seen if isinstance(each, e.MachineJoined)]
    assert (joined.worker, joined.source, joined.price) == ("M1", "llm", 1000)
