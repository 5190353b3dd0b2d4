"""The paper's claims about mitigation and maintenance, on simulated crowds, as one table.

Run by hand::

    python -m tests.claims                  # 20 seeds, about a minute on two cores
    python -m tests.claims --seeds 5

Each run labels 500 tasks (2,500 records; 5,000 with ten records per task) with Np = 15 and R = 1,
learning off. Ratios compare the means over all seeds of two configurations with the same crowds.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product

import click
from joblib import Parallel, delayed

from clamshell_tui.core.config import (
    LearningConfig,
    MaintenanceConfig,
    MitigationConfig,
    PoolConfig,
    RecruitmentConfig,
    RunConfig,
    TasksConfig,
)
from clamshell_tui.experiments.intervals import Interval, paired_ratio
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.workforce.config import CrowdConfig, RecruitmentModel
from clamshell_tui.workforce.crowd import SimulatedCrowd

POPULATIONS = ("mturk", "live", "live-heavy")
TASKS = 500
OFF = float("inf")
NO_MITIGATION = MitigationConfig(enabled=False)
UNLIMITED = MitigationConfig(routing="fewest-active", max_duplicates="unlimited")
TWO = MitigationConfig(routing="fewest-active", max_duplicates=2)


@dataclass(frozen=True)
class Setting:
    """One configuration of the comparison; ``threshold`` in seconds per label."""

    mitigation: MitigationConfig
    threshold: float = OFF
    estimator: str = "empirical"
    records: int = 5
    supply: bool = False  # plenty of recruits, so that flags and not recruiting limit evictions


SETTINGS = {
    "plain": Setting(NO_MITIGATION),
    "SM": Setting(UNLIMITED),
    "SM, 2 duplicates": Setting(TWO),
    "PM8": Setting(NO_MITIGATION, 8.0),
    "plain, Ng 10": Setting(NO_MITIGATION, records=10),
    "PM8, Ng 10": Setting(NO_MITIGATION, 8.0, records=10),
    "PM8, supply": Setting(NO_MITIGATION, 8.0, supply=True),
    "SM + PM8, empirical": Setting(UNLIMITED, 8.0, "empirical", supply=True),
    "SM + PM8, TermEst": Setting(UNLIMITED, 8.0, "termest", supply=True),
    "SM + PM8, censored": Setting(UNLIMITED, 8.0, "censored", supply=True),
}


@dataclass(frozen=True)
class Outcome:
    """What one run came to; seconds, dollars, counts."""

    batches: tuple[float, ...]
    length: float
    cost: float
    evictions: int


def simulate(population: str, setting: Setting, seed: int) -> Outcome:
    """Run one configuration with one crowd."""
    reserve = 1 if setting.threshold == OFF else 10 if setting.supply else 3  # 1: for drop-outs
    recruitment = RecruitmentModel(distribution="exponential", mean=10.0)
    crowd = CrowdConfig(population=population, recruitment=recruitment if setting.supply else None)
    config = RunConfig(
        seed=seed,
        pool=PoolConfig(size=15, reserve=reserve),
        recruitment=RecruitmentConfig(every=30.0 if setting.supply else 180.0),
        tasks=TasksConfig(records_per_task=setting.records, lease=36_000.0, batching="barrier"),
        straggler_mitigation=setting.mitigation,
        maintenance=MaintenanceConfig(
            threshold=setting.threshold, latency_estimator=setting.estimator
        ),
        learning=LearningConfig(enabled=False),
    )
    n = TASKS * setting.records + 20
    truth = [record % 2 for record in range(n)]
    simulation = Simulation(
        config,
        SimulatedCrowd(crowd, n_classes=2, seed=seed),
        truth,
        gold=dict(enumerate(truth[:20])),
        submissions=[(0.0, n)],
    )
    simulation.run()
    engine = simulation.engine
    state = engine.state
    assert len(state.labels) + len(state.set_aside) == n - 20
    began = state.first_assignment or 0.0
    return Outcome(
        tuple([(b.ended or 0.0) - (b.started or 0.0) for b in state.batches]),
        engine.now - began,
        sum(state.ledger.totals.values()) / 1e6,
        engine.maintainer.evictions,
    )


class Results:
    """Outcomes by population and setting, one per seed."""

    def __init__(self, outcomes: dict[tuple[str, str], list[Outcome]]) -> None:
        self._outcomes = outcomes

    def batch_mean(self, population: str, name: str) -> float:
        """Mean batch latency over all batches of all seeds."""
        return statistics.fmean(b for o in self._outcomes[population, name] for b in o.batches)

    def batch_std(self, population: str, name: str) -> float:
        """Mean over seeds of the standard deviation of the batch latency within a run."""
        return statistics.fmean(
            statistics.stdev(outcome.batches) for outcome in self._outcomes[population, name]
        )

    def mean(self, population: str, name: str, field: str) -> float:
        """Mean over seeds of a field of the outcome."""
        return statistics.fmean(
            float(getattr(outcome, field)) for outcome in self._outcomes[population, name]
        )

    def paired(self, population: str, a: str, b: str) -> Interval:
        """a's length over b's, seed by seed."""
        first, second = self._outcomes[population, a], self._outcomes[population, b]
        return paired_ratio([each.length for each in first], [each.length for each in second])

    def rows(self, population: str) -> Iterable[tuple[str, str, bool]]:
        """(claim, what was measured, whether it holds) for one population."""

        def batches(name: str) -> float:
            return self.batch_mean(population, name)

        def ratio(a: str, b: str, field: str) -> float:
            return self.mean(population, a, field) / self.mean(population, b, field)

        plain, unlimited = batches("plain"), batches("SM")
        faster = plain / unlimited
        yield "SM: mean batch shorter by 2x or more", f"{faster:.1f}x", faster >= 2
        steadier = self.batch_std(population, "plain") / self.batch_std(population, "SM")
        yield "SM: std of the batch time smaller by 5x or more", f"{steadier:.1f}x", steadier >= 5
        kept = (plain - batches("SM, 2 duplicates")) / (plain - unlimited)
        yield "2 duplicates: 90 % of that reduction or more", f"{kept:.0%}", kept >= 0.9
        cheaper = ratio("SM, 2 duplicates", "SM", "cost")
        yield "... at lower cost than unlimited", f"{cheaper:.2f} of it", cheaper < 1
        yield "(cost of unlimited SM against none)", f"{ratio('SM', 'plain', 'cost'):.2f}", True
        for size, name, without in ((5, "PM8", "plain"), (10, "PM8, Ng 10", "plain, Ng 10")):
            speedup, cost = ratio(without, name, "length"), ratio(name, without, "cost")
            yield f"PM8, Ng {size}: 1.3x faster or more", f"{speedup:.2f}x", speedup >= 1.3
            yield "... at lower cost", f"{cost:.2f} of it", cost < 1
        evicted = partial(self.mean, population, field="evictions")
        before = evicted("PM8, supply")
        yield "(evictions without mitigation)", f"{before:.1f}", True
        count = evicted("SM + PM8, empirical")
        yield "SM without TermEst: a third of that or less", f"{count:.1f}", count <= before / 3
        termest = evicted("SM + PM8, TermEst")
        yield "SM with TermEst: at least that again", f"{termest:.1f}", termest >= before
        count = evicted("SM + PM8, censored")
        yield "SM with censored: half of TermEst's or fewer", f"{count:.1f}", count <= termest / 2
        speed = self.paired(population, "SM + PM8, TermEst", "SM + PM8, censored")
        text = f"{speed.mean:.2f} +- {speed.half:.2f}"
        yield "... at no lower speed (TermEst's time / its own)", text, speed.mean >= 1
        both = plain / batches("SM + PM8, censored")
        yield "(SM + PM8 together: mean batch shorter by)", f"{both:.1f}x", True


@click.command()
@click.option("--seeds", default=20, show_default=True, help="Crowds per configuration.")
@click.option("--jobs", default=2, show_default=True, help="Processes.")
def main(seeds: int, jobs: int) -> None:
    """Print every claim with what was measured; exit 1 if one does not hold."""
    cells = list(product(POPULATIONS, SETTINGS, range(1, seeds + 1)))
    outcomes = Parallel(n_jobs=jobs)(
        delayed(simulate)(population, SETTINGS[name], seed) for population, name, seed in cells
    )
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for (population, name, _), outcome in zip(cells, outcomes, strict=True):
        grouped.setdefault((population, name), []).append(outcome)
    results = Results(grouped)
    columns = [list(results.rows(population)) for population in POPULATIONS]
    click.echo(f"{'':52}" + "".join(f"{population:>16}" for population in POPULATIONS))
    for row in zip(*columns, strict=True):
        cells_text = "".join(f"{text + ('' if holds else ' NO'):>16}" for _, text, holds in row)
        click.echo(f"{row[0][0]:52}{cells_text}")
    failed = sum(not holds for column in columns for _, _, holds in column)
    click.echo(f"{seeds} seeds; {failed} of {sum(map(len, columns))} cells do not hold")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
