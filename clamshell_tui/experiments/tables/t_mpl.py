"""T-MPL: the mean pool latency by batch, against the paper's model of a maintained pool (§4.2).

Of workers whose mean latencies are drawn from a population, a share q is slower than PM_l; mu_f and
mu_s are the means on either side. After n steps of maintenance the pool's mean is expected to be
(1 - q^(n+1)) mu_f + q^(n+1) mu_s.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from math import log
from random import Random
from typing import NamedTuple

import msgspec

from clamshell_tui.core.config import MaintenanceConfig
from clamshell_tui.core.lifeguard.thresholds import AUTO_RULES, Outlook, latencies
from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.figures import means
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    maintained,
)
from clamshell_tui.report.chart import Panel
from clamshell_tui.run.statistics import mean
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.rules import SCENARIO
from clamshell_tui.simulator.run_scenario import RunResult
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.populations import POPULATIONS

DRAWN = 20_000  # people, for q, mu_f and mu_s: their error is below 2 % in the heaviest tail
BATCHES = 30
SPANS = ((1, 2), (3, 5), (6, 10), (11, 15), (16, 20), (21, 30))
"""Batches whose mean is a row of the table."""

MAINTAINED, LEFT = "maintained", "left alone"
FOLLOWS = Range(0.8, 1.25, "1 x")
HALVED = Range(1.6, 2.4, "nearly 2 x")


_NO_OUTLOOK = Outlook(slots=1, records_per_task=1, labels_left=0)  # the paper's rules need none


class Model(NamedTuple):
    """The share of slow workers, and the mean latencies of quick and slow ones."""

    q: float
    mu_f: float
    mu_s: float

    def after(self, steps: int) -> float:
        """E[mean of the pool] after so many steps of maintenance, in seconds per label."""
        slow = self.q ** (steps + 1)
        return (1 - slow) * self.mu_f + slow * self.mu_s


def model_of(crowd: CrowdConfig, maintenance: MaintenanceConfig, records: int) -> Model:
    """The model of a population at a threshold; "auto" is that of the population itself."""
    return _model(msgspec.json.encode(crowd), maintenance, records)


@cache
def _model(crowd: bytes, maintenance: MaintenanceConfig, records: int) -> Model:
    config = msgspec.json.decode(crowd, type=CrowdConfig)
    rng = Random(0)
    sample = POPULATIONS[config.population]
    people = [sample(rng, config, 2).latency.mean_per_label(records) for _ in range(DRAWN)]
    threshold = maintenance.threshold
    if threshold == "auto":
        rule = AUTO_RULES[maintenance.auto_rule]
        seen = latencies([log(each) for each in people])
        threshold = rule(seen, maintenance.auto_deviations, _NO_OUTLOOK)
    quick = [each for each in people if each <= float(threshold)]
    slow = [each for each in people if each > float(threshold)]
    return Model(len(slow) / len(people), mean(quick) or 0.0, mean(slow) or 0.0)


def observe(result: RunResult) -> dict[str, float]:
    """Of each batch: its MPL and latency, and what the model says; and the means over spans."""
    scenario = parse_scenario(result.tables.meta[SCENARIO], "the run's scenario")
    model = _model_of_run(scenario)
    found: dict[str, float] = {}
    spans: defaultdict[str, list[float]] = defaultdict(list)
    for number, row in enumerate(result.tables.batches.values(), 1):
        if row.mpl is None or row.ended_at is None or row.started_at is None or number > BATCHES:
            continue
        values = {"mpl": row.mpl, seen.BATCH: row.ended_at - row.started_at}
        if model.q < 1.0:  # else no worker meets the threshold, and there is no mu_f to come near
            expected = model.after(number - 1)
            values |= {"model": expected, "mpl of model": row.mpl / expected}
        for key, each in values.items():
            found[f"{key} @{number}"] = each
            for first, last in SPANS:
                if first <= number <= last:
                    spans[f"{key} @{first}-{last}"].append(each)
    return found | {key: sum(each) / len(each) for key, each in spans.items()}


def _model_of_run(scenario: Scenario) -> Model:
    """Also for the arm that is left alone, with the threshold of the other."""
    return model_of(scenario.crowd, scenario.maintenance, scenario.tasks.records_per_task)


def _panels(table: PaperTable, runs: Runs) -> Sequence[Panel]:
    batches = range(1, BATCHES + 1)
    return [
        Panel(
            group,
            "batch",
            "mean pool latency (s per label)",
            (
                means(runs, group, LEFT, "mpl", batches, LEFT),
                means(runs, group, MAINTAINED, "mpl", batches, MAINTAINED),
                means(runs, group, MAINTAINED, "model", batches, "the paper's model", "dashes"),
            ),
        )
        for group in table.groups
    ]


_LINEAR = (maintained("auto"), "maintenance.auto_rule=linear-deviations")

TABLE = PaperTable(
    id="T-MPL",
    title="Mean pool latency by batch, against the paper's model of a maintained pool",
    where="§4.2 (simulation and model), Figure 6",
    groups={
        "two-class, 8 s": ("crowd.population=two-class", maintained(8)),
        "live, 8 s": ("crowd.population=live", maintained(8)),
        "live, log": ("crowd.population=live", maintained("auto")),
        "two-class, linear": (*_LINEAR, "crowd.population=two-class"),
        "live, linear": (*_LINEAR, "crowd.population=live"),
    },
    group_title="population, threshold",
    arms={MAINTAINED: (), LEFT: (maintained("inf"),)},
    rows=tuple(PaperRow(f"{a}-{b}", MAINTAINED, LEFT, at=f"{a}-{b}") for a, b in SPANS),
    row_title="batches",
    columns=(
        PaperColumn("MPL", "mpl", "s per label"),
        PaperColumn("model", "model", "s per label"),
        PaperColumn("MPL of model", "mpl of model", "x", paper={"21-30": FOLLOWS}),
        PaperColumn("batch latency", seen.BATCH, ratio=True, paper={"16-20": HALVED}),
    ),
    observe=observe,
    panels=_panels,
    seeds=(16, 40),
    sketched=3,
)
