"""The tables beyond the paper as they stand, and what they measure."""

import re
from pathlib import Path

import pytest

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.catalog import BEYOND, TABLES, chosen
from clamshell_tui.experiments.cells import SECONDS
from clamshell_tui.experiments.extensions import estimates, rushes
from clamshell_tui.experiments.table import PaperTable, cells, gathered, value
from clamshell_tui.experiments.table_text import verdict_lines
from clamshell_tui.experiments.verdicts import (
    at_least,
    at_most,
    comparison,
    judged,
    paragraphs,
    reasons,
    share,
)
from clamshell_tui.scenario.load import load_scenario, parse_scenario
from clamshell_tui.scenario.shipped import beyond_the_paper
from clamshell_tui.simulator.run_scenario import RunResult, run_scenario

each_table = pytest.mark.parametrize("table", BEYOND.values(), ids=list(BEYOND))

SLOW_AND_FAST = """
seed = 3
[dataset]
kind = "generated"
records = 320
[crowd]
population = "custom"
custom = { mean = 2, spread = 0.1 }
worker = [{ count = 2, mean = 30 }]
[pool]
size = 6
reserve = 0
[tasks]
batching = "barrier"
[learning]
enabled = false
[maintenance]
threshold = 8
[straggler_mitigation]
max_duplicates = "unlimited"
gate = 0.03
"""


def scenario_of(table: PaperTable) -> Path:
    return beyond_the_paper()[table.id.lower()]


def result(*settings: str) -> RunResult:
    return run_scenario(parse_scenario(SLOW_AND_FAST, "slow and fast", settings), Path())


def test_every_scenario_beyond_the_paper_has_a_table() -> None:
    assert set(beyond_the_paper()) == {name.lower() for name in BEYOND}
    assert not set(BEYOND) & set(TABLES)


def test_they_are_chosen_by_name_or_all_together() -> None:
    first = next(iter(BEYOND.values()))
    assert chosen([first.id.lower()]) == [first]
    assert chosen([], beyond=True) == list(BEYOND.values())


@each_table
def test_every_arm_is_a_scenario_and_every_row_has_a_baseline(table: PaperTable) -> None:
    assert len(cells(table, scenario_of(table), range(1))) == len(table.groups) * len(table.arms)
    assert {row.arm for row in table.rows} == set(table.arms)
    assert {row.baseline for row in table.rows} <= set(table.arms)


@each_table
def test_goals_are_of_rows_that_are_there_and_reasons_of_columns_with_goals(
    table: PaperTable,
) -> None:
    rows = {row.name for row in table.rows}
    for column in table.columns:
        assert not column.paper or {"", *rows} & set(column.paper)
    claimed = {column.name for column in table.columns if column.paper}
    assert set(reasons(scenario_of(table))) <= claimed


@each_table
def test_the_scenario_begins_with_a_title_and_what_to_watch(table: PaperTable) -> None:
    path = scenario_of(table)
    title, *rest = paragraphs(path)
    assert re.fullmatch(r"[A-Z].*[.?]", title)
    assert any(f"Watch the intervals of `clamshell paper {table.id}`" in text for text in rest)
    assert max(map(len, path.read_text("utf-8").splitlines())) <= 100
    scenario = load_scenario(path)
    assert scenario.preset == "paper"
    assert scenario.description
    assert scenario.expect


def test_the_first_arm_is_what_the_others_are_held_against() -> None:
    table = comparison(
        "B-SIZE",
        "title",
        "half of the workers",
        {"six": (), "three": ("pool.size=3",)},
        (share("time", SECONDS, {"three": at_least(1.2)}), share("t", SECONDS, {"": at_most(1)})),
        groups={"one": ()},
    )
    found = [
        seen.observe(result(f"pool.size={size}", f"seed={seed}"))
        for seed in (1, 2)
        for size in (6, 3)
    ]
    runs = gathered(table, found)
    time = table.columns[0]
    same, slower = (value(runs, "one", row, time) for row in table.rows)
    assert same == (1.0, 1.0, 1.0)
    assert slower is not None
    assert slower.mean == pytest.approx(
        (found[1][SECONDS] / found[0][SECONDS] * found[3][SECONDS] / found[2][SECONDS]) ** 0.5
    )
    (line, *_) = verdict_lines(table, tuple(judged(table, runs)), {})
    assert line.startswith("time: ")


def test_pay_at_work_leaves_out_what_recruiting_cost_before() -> None:
    found = result("pool.reserve=2")
    kept = seen.observe(found)
    cost = found.summary.cost
    assert cost.recruitment > 0
    assert kept[seen.WORK_DOLLARS] == pytest.approx((cost.total - cost.recruitment) / 1e6)
    assert 0 < kept[seen.WAITED] < 100
    assert kept[seen.THROUGHPUT] * kept[SECONDS] == pytest.approx(kept["labels"])
    assert seen.FINAL_GAIN not in kept  # no worker voted


def test_an_estimator_is_held_against_the_true_means() -> None:
    oracle = estimates.observe(result("maintenance.latency_estimator=oracle"))
    assert oracle == {
        estimates.ERROR: pytest.approx(1.0),
        estimates.BIAS: pytest.approx(1.0),
        estimates.AUC: 1.0,
        estimates.CAUGHT: 100.0,
        estimates.BLAMED: 0.0,
    }
    mean = estimates.observe(result("maintenance.latency_estimator=empirical"))
    termest = estimates.observe(result("maintenance.latency_estimator=termest"))
    assert mean[estimates.ERROR] > 1.0
    assert termest[estimates.BIAS] > mean[estimates.BIAS]


def test_without_anybody_slow_nothing_is_said_of_telling_them_apart() -> None:
    found = estimates.observe(result("maintenance.threshold=300", "tasks.lease=36000"))
    assert set(found) == {estimates.ERROR, estimates.BIAS, estimates.BLAMED}


def test_evicting_somebody_fast_is_counted() -> None:
    everybody = result("pool.reserve=3", "maintenance.threshold=0.5", "crowd.worker=[]")
    assert everybody.summary.workers.evicted
    assert seen.observe(everybody)[seen.WRONGLY] == 0
    unlucky = (
        "pool.reserve=3",
        "maintenance.latency_estimator=termest",
        "tasks.pool_batch_ratio=3",
        "maintenance.check_every=10",
        "crowd.recruitment.distribution=exponential",
        "crowd.recruitment.mean=5",
        "recruitment.every=20",
    )
    runs = (result(*unlucky, f"seed={seed}") for seed in range(10))
    assert any(seen.observe(run)[seen.WRONGLY] > 0 for run in runs)


def test_records_wait_from_their_arrival_on() -> None:
    """One record each 10 s for two people of 2 s each, and then for two of 30 s."""
    stream = (
        "dataset.records=60",
        "requester.mode=stream",
        "requester.per_minute=6",
        "tasks.batching=continuous",
        "crowd.worker=[]",
        "crowd.recruitment={distribution='normal', mean=1, spread=0}",
        "qualification.enabled=false",
        "pool.size=2",
    )
    found = rushes.observe(result(*stream))
    assert 1.5 < found[rushes.LATE] < 10
    assert found[rushes.LATE] < found[rushes.LATEST]
    assert 1.5 < found[rushes.SEATED] <= 2
    slow = rushes.observe(result(*stream, "crowd.custom.mean=30"))
    assert slow[rushes.LATE] > 30


def test_a_pool_by_its_load_is_smaller_between_rushes() -> None:
    stream = (
        "requester.mode=stream",
        "requester.per_minute=60",
        "requester.cycle=1800",
        "requester.rush=0.2",
        "dataset.records=1100",
        "crowd.worker=[]",
        "tasks.batching=continuous",
    )
    fixed = rushes.observe(result(*stream))
    scaled = rushes.observe(result(*stream, "pool.autoscale=true", "pool.smallest=1"))
    assert scaled[rushes.SEATED] < 0.8 * fixed[rushes.SEATED]
    assert scaled["dollars"] < fixed["dollars"]
    assert scaled["labels"] == fixed["labels"]
