"""Hundreds of small runs with everything that can go wrong; every invariant after every event.

Each seed makes a configuration and a crowd. Counters say that the interesting states were really
reached: a run in which nothing happens proves nothing.
"""

from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from clamshell_tui.core import commands as c
from clamshell_tui.core.batcher import BATCHINGS
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.run.totals import totals
from clamshell_tui.scenario.config import SimulationConfig
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from tests.core.helpers import run_config
from tests.core.witness import Witness

CLASSES = 3
GOLD = 4
SEEDS = 150
FEW = 3  # of each interesting state, at least


def config_of(rng: Random, seed: int) -> RunConfig:
    """Any mechanism on or off."""
    votes = rng.choice([1, 1, 2, 3])
    confidence = rng.choice([None, 0.9]) if votes > 1 else None
    checks = Random(f"{seed}/checks").choice([0, 4, 6])
    config = run_config(
        classes=("a", "b", "c"),
        seed=seed,
        pool={
            "size": rng.randint(max(2, votes), 6),
            "reserve": rng.randint(0, 3),
            "start_with": rng.choice([0.4, 1.0]),
            "grace": rng.choice([5.0, 30.0]),
        },
        recruitment={"every": 60.0},
        qualification={"enabled": rng.random() < 0.5, "records": 3, "pass_mark": 0.6},
        tasks={
            "records_per_task": rng.randint(1, 4),
            "pool_batch_ratio": rng.choice([0.5, 1.0, 2.0]),
            "votes": votes,
            "lease": rng.choice([60.0, 120.0, 1800.0]),
            "max_failures": rng.choice([1, 2, 3]),
            "batching": rng.choice(sorted(BATCHINGS)),
        },
        straggler_mitigation={
            "enabled": rng.random() < 0.8,
            "routing": rng.choice(sorted(ROUTINGS)),
            "max_duplicates": rng.choice([1, 2, "unlimited"]),
            "coupling": rng.choice(["decoupled", "coupled"]) if confidence is None else "decoupled",
        },
        maintenance={
            "threshold": rng.choice([4.0, 8.0, "auto", float("inf")]),
            "latency_estimator": rng.choice(sorted(LATENCY_ESTIMATORS)),
            "objective": rng.choice(["latency", "latency", "quality", "speed-quality", "variance"]),
            "eviction": rng.choice(["graceful", "preempt"]),
            "check_every": 15.0,
        },
        quality={
            "consensus": rng.choice(["majority", "weighted-majority"]),
            "gold_share": rng.choice([0.0, 0.2]),
            "confidence": confidence,
        },
        pay={"terminated": rng.choice(["full", "prorated"])},
        stop=rng.choice([{}, {}, {"labels": 15}]),
    )
    if not checks or config.tasks.records_per_task == 1:
        return config
    return replace(config, quality=replace(config.quality, gold_share=0.0, checks_every=checks))


def crowd_of(rng: Random, seed: int) -> SimulatedCrowd:
    """Some people come and go, some fall asleep, some give tasks back."""
    troubles: dict[str, Any] = {
        "population": rng.choice(["mturk", "live", "two-class", "fast-local"]),
        "behaviours": rng.choice(
            [
                {},
                {"wanderer": 0.4, "quitter": 0.2},
                {"sleeper": 0.3, "skipper": 0.4},
                {"wanderer": 0.3, "sleeper": 0.2, "skipper": 0.3, "spammer": 0.1},
                {"skip-and-answer": 0.2, "instant-garbage": 0.1, "wanderer": 0.2},
                {"leave-and-return": 0.2, "sleeper-for-pay": 0.2},
            ]
        ),
        "wanderer": {"chance": 0.5, "away": 10.0, "returns": 0.8},
        "quitter": {"tasks": 2},
        "sleeper": {"tasks": 2},
        "skipper": {"chance": 0.5},
        "abandonment": 0.03,
        "recruitment": {"distribution": "lognormal", "mean": 20.0},
    }
    return SimulatedCrowd(msgspec.convert(troubles, CrowdConfig), n_classes=CLASSES, seed=seed)


def run(seed: int) -> tuple[Witness, Simulation]:
    """One run to its end, with every check there is; all pay is compared at the end."""
    rng = Random(seed)
    config = config_of(rng, seed)
    witness = Witness(config)
    truth = [rng.randrange(CLASSES) for _ in range(24)]
    parts = rng.choice([[(0.0, 24)], [(0.0, 10), (90.0, 0), (100.0, 14)]])
    simulation = Simulation(
        config,
        crowd_of(rng, seed),
        truth,
        gold=dict(enumerate(truth[:GOLD])),
        submissions=parts,
        settings=SimulationConfig(check=True, wire_delay=rng.choice([0.0, 2.0, 20.0])),
        observe=witness.see,
    )
    for _ in range(20_000):
        if not simulation.step():
            break
    return witness, simulation


def account_for(witness: Witness, simulation: Simulation) -> None:
    """Every record has a label, or a report that it has none, or the budget was reached."""
    assert witness.ended, totals(simulation.engine, simulation.engine.now)
    check_invariants(simulation.engine, full=True)
    budget = witness.config.stop.labels
    if budget is not None and len(witness.delivered) >= budget:
        assert len(witness.delivered) == budget
    else:
        assert witness.unsettled == 0


def compare_pay(witness: Witness, simulation: Simulation) -> None:
    """Times are arbitrary floats here: rounding may cost a micro-dollar now and then, not more."""
    cost = totals(simulation.engine, simulation.engine.now).cost
    for kind, micros in witness.oracle.totals.items():
        assert abs(cost[str(kind)] - micros) <= 2, f"{kind}: {cost}, oracle {witness.oracle.totals}"


def run_seeds(seeds: range) -> Counter[str]:
    reached: Counter[str] = Counter()
    for seed in seeds:
        try:
            witness, simulation = run(seed)
            account_for(witness, simulation)
            compare_pay(witness, simulation)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        reached += witness.reached
    return reached


INTERESTING = (
    *(str(outcome) for outcome in (c.Outcome.COUNTED, c.Outcome.LATE)),
    "duplicate",
    "terminated",
    "skipped",
    "lost",
    "expired",
    "preempted",
    "evicted",
    "evicted in the middle of a task",
    "poison",
    "rejected",
    "back in time",
    "same task after a reconnect",
    "disconnected",
    "left",
    "unresponsive",
    "the run is over",
    "check",
    "filler",
)


def test_random_runs_keep_every_promise_and_reach_the_interesting_states() -> None:
    reached = run_seeds(range(SEEDS))
    rare = {state: reached[state] for state in INTERESTING if reached[state] < FEW}
    assert not rare, f"hardly ever reached: {rare}"


@pytest.mark.slow
def test_many_more_random_runs_keep_every_promise() -> None:
    run_seeds(range(SEEDS, 6000))
