"""How fast is the engine? Run by hand: ``python -m tests.benchmarks.engine``.

Every figure is the best of several interleaved rounds of CPU time in one process, so that ratios
hold on a busy machine. The engine runs with everything on: pay, maintenance with the censored
estimator against a full reserve, leases, labels delivered; ``check()`` is off.
"""

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from math import inf
from time import process_time

import click

from clamshell_tui.core.config import (
    LearningConfig,
    MaintenanceConfig,
    MitigationConfig,
    PoolConfig,
    RunConfig,
    TasksConfig,
)
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import RecordsSubmitted
from clamshell_tui.core.ids import RecordId
from tests.benchmarks.bare_simpy import BareModel, WithConditions, WithInterrupts
from tests.benchmarks.lean_driver import drive, submitted
from tests.benchmarks.policy_simpy import SamePolicies

SLOTS = (15, 150, 1500)


def config(slots: int, *, records: int = 1, paper: bool = True, votes: int = 1) -> RunConfig:
    """The paper's batches and unlimited random duplicates, or our default policy."""
    mitigation = MitigationConfig(routing="random", max_duplicates="unlimited", vote_duplicates=1)
    batching = "barrier" if paper else TasksConfig().batching
    return RunConfig(
        pool=PoolConfig(size=slots),
        tasks=TasksConfig(records_per_task=records, votes=votes, batching=batching),
        straggler_mitigation=mitigation if paper else MitigationConfig(),
        maintenance=MaintenanceConfig(threshold=40.0 / records),
        learning=LearningConfig(enabled=False),
    )


def bare(model: type[BareModel], slots: int, count: int) -> float:
    """CPU seconds per assignment of a bare model."""
    began = process_time()
    run = model(slots, count, seed=1)
    run.run()
    return (process_time() - began) / run.assignments


def ours(settings: RunConfig, count: int, n_records: int | None = None) -> float:
    """CPU seconds per assignment of the engine, submission not counted."""
    engine = submitted(settings, n_records or count * settings.tasks.records_per_task)
    began = process_time()
    drive(engine, count, seed=1)
    return (process_time() - began) / len(engine.state.assignments)


def best(rounds: int, **measured: Callable[[], float]) -> dict[str, float]:
    """Minimum of each measurement over interleaved rounds."""
    lowest = dict.fromkeys(measured, inf)
    for _ in range(rounds):
        for name, measure in measured.items():
            gc.collect()
            lowest[name] = min(lowest[name], measure())
    return lowest


def against_simpy(rounds: int, count: int) -> None:
    """Assignments per second, and ratios to the bare model."""
    click.echo(
        "assignments/s           SimPy,  SimPy,      engine: ratios to SimPy with conditions"
    )
    click.echo("                    conditions  interrupts  Ng=1          Ng=5          votes=3")
    for slots in SLOTS:
        n = count + 20 * slots
        found = best(
            rounds,
            conditions=partial(bare, WithConditions, slots, n),
            interrupts=partial(bare, WithInterrupts, slots, n),
            one=partial(ours, config(slots), n),
            five=partial(ours, config(slots, records=5), n),
            votes=partial(ours, config(slots, records=5, votes=3), n),
        )
        base = found["conditions"]
        cells = "  ".join(
            f"{1 / found[name]:7,.0f} {base / found[name]:4.2f}x"
            for name in ("one", "five", "votes")
        )
        click.echo(
            f"{slots:5} slots        {1 / base:10,.0f}  {1 / found['interrupts']:10,.0f}  {cells}"
        )


def same_policies(slots: int, count: int) -> float:
    """CPU seconds per answer of a SimPy model of our default policies."""
    model = SamePolicies(config(slots, records=5, paper=False), count, seed=1)
    began = process_time()
    model.run()
    return (process_time() - began) / model.answers


def against_same_policies(rounds: int, count: int) -> None:
    """Default policies, per answer: the engine and a SimPy model of the same policies."""
    click.echo("\nanswers/s, default policies    SimPy       engine")
    for slots in SLOTS:
        n = count + 20 * slots
        found = best(
            rounds,
            simpy=partial(same_policies, slots, n),
            engine=partial(ours, config(slots, records=5, paper=False), n),
        )
        theirs, mine = 1 / found["simpy"], 1 / found["engine"]
        click.echo(
            f"{slots:5} slots              {theirs:10,.0f}   {mine:10,.0f} {mine / theirs:5.2f}x"
        )


def by_size(rounds: int, count: int) -> None:
    """Does the cost of an event grow with the pool, the backlog or the history?"""
    n = 4 * count
    pools = best(
        rounds,
        small=partial(ours, config(15, records=5, paper=False), n),
        large=partial(ours, config(1500, records=5, paper=False), n),
    )
    ratio = pools["large"] / pools["small"]
    click.echo(
        f"\n1,500 slots against 15, per assignment, default policy: {ratio:.2f}x (at most 1.2x)"
    )
    histories = best(
        max(1, rounds // 2),
        short=partial(ours, config(15, records=5, paper=False), n),
        long=partial(ours, config(15, records=5, paper=False), 10 * n),
    )
    ratio = histories["long"] / histories["short"]
    click.echo(f"ten times the history, per assignment: {ratio:.2f}x (at most 1.2x)")
    records = best(
        4 * rounds,
        few=partial(ours, config(15, paper=False), 1_500, 1_000),
        many=partial(ours, config(15, paper=False), 1_500, 1_000_000),
    )
    ratio = records["many"] / records["few"]
    click.echo(f"1,000,000 records against 1,000, per assignment: {ratio:.2f}x (at most 1.2x)")


def memory() -> None:
    """Bytes per record: submitted, and labelled."""
    tracemalloc.start()
    engine = Engine(config(15, records=5, paper=False))
    before = tracemalloc.get_traced_memory()[0]
    engine.handle(RecordsSubmitted(RecordId(0), 1_000_000), 0.0)
    waiting = (tracemalloc.get_traced_memory()[0] - before) / 1_000_000
    before = tracemalloc.get_traced_memory()[0]
    n = 50_000
    finished = submitted(config(15, records=5, paper=False), n)
    drive(finished, 10 * n, seed=1)
    labelled = (tracemalloc.get_traced_memory()[0] - before) / n
    tracemalloc.stop()
    assert len(finished.state.labels) == n
    click.echo(f"memory: {waiting:.0f} bytes per waiting record, {labelled:.0f} per labelled one")


def campaign() -> None:
    """The paper's whole live campaign."""
    began = process_time()
    drive(submitted(config(15, records=5, paper=False), 2_000_000), 250_000, seed=1)
    click.echo(f"250,000 assignments: {process_time() - began:.1f} s of CPU")


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--count", default=20_000, show_default=True, help="Assignments per measurement.")
def main(rounds: int, count: int) -> None:
    """Print every figure."""
    against_simpy(rounds, count)
    against_same_policies(rounds, count)
    by_size(rounds, count // 4)
    memory()
    if count >= 20_000:
        campaign()


if __name__ == "__main__":
    main()
