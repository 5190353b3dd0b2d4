"""Wages, wasted time and wrong evictions, against small cases worked out by hand."""

from pathlib import Path

import pytest

from clamshell_tui.run.fairness import fairness, hourly_wage, worker_times
from clamshell_tui.run.tables import AssignmentRow, EvictionRow, LedgerRow, Tables, WorkerRow
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario

HOUR = 3600.0


@pytest.fixture
def tables() -> Tables:
    """W1 trains for 6 min, waits for 24, works for 30; W2 works for 60, half of it in vain."""
    found = Tables()
    found.put(WorkerRow("W1", 0.0))
    found.put(WorkerRow("W2", 0.0))
    found.put(AssignmentRow(0, 0, "W1", False, 1800.0, HOUR, "completed", 4_000_000))
    found.put(AssignmentRow(1, 0, "W2", False, 0.0, 1800.0, "completed", 3_000_000))
    found.put(AssignmentRow(2, 1, "W2", False, 1800.0, HOUR, "terminated", 1_000_000))
    found.put(LedgerRow(1, 360.0, "W1", "training", 500_000, "training:W1:1", 0.0, 360.0))
    found.put(LedgerRow(2, 1800.0, "W1", "waiting", 1_500_000, "waiting:W1:1", 360.0, 1800.0))
    found.put(LedgerRow(3, HOUR, "W1", "records", 4_000_000, "records:0"))
    found.put(LedgerRow(4, 1800.0, "W2", "records", 3_000_000, "records:1"))
    found.put(LedgerRow(5, HOUR, "W2", "terminated", 1_000_000, "terminated:2"))
    return found


def test_wages_count_training_and_waiting(tables: Tables) -> None:
    times = worker_times(tables, HOUR)
    assert times["W1"].wage == pytest.approx(6.0)
    assert times["W2"].wage == pytest.approx(4.0)
    found = fairness(tables)
    assert (found.wage_lowest, found.wage_median, found.wage_highest) == pytest.approx((4, 5, 6))
    assert found.terminated_share == pytest.approx(1 / 3)
    assert found.waiting_share == pytest.approx(0.2)
    assert found.evicted_wrongly is None


def test_a_minute_is_the_least_that_a_wage_is_given_for() -> None:
    assert hourly_wage(1_000, 59.0) is None
    assert hourly_wage(1_000_000, 1800.0) == pytest.approx(2.0)


def test_doubtful_evictions_add_up_by_their_probability(tables: Tables) -> None:
    for worker, reason, evidence in (
        *(("W1", "latency", 0.8), ("W2", "latency", 0.95)),
        *(("W3", "quality", 0.99), ("W4", "latency", 0.01)),  # no probability of being slow
    ):
        tables.put(EvictionRow(worker, 0.0, reason, 9.0, 8.0, evidence))
    assert fairness(tables).evicted_doubtful == pytest.approx(0.25)


def test_a_simulation_knows_which_evictions_were_wrong(tmp_path: Path) -> None:
    text = """\
seed = 5
dataset = {kind = "generated", records = 900, features = 4}
requester.gold = 50
learning.enabled = false
crowd.population = "mturk"
"""
    result = run_scenario(parse_scenario(text, "s.toml", default_name="s"), tmp_path)
    evicted = result.tables.evictions
    assert len(evicted) > 2
    quick = sum(result.true_means[row.worker] <= row.threshold for row in evicted)
    assert result.summary.fairness.evicted_wrongly == quick


def test_the_engine_and_the_tables_agree_on_wages(tmp_path: Path) -> None:
    text = """\
dataset = {kind = "generated", records = 300, features = 4}
requester.gold = 10
learning.enabled = false
crowd.population = "live"
pool = {size = 6, reserve = 2}
"""
    result = run_scenario(parse_scenario(text, "s.toml", default_name="s"), tmp_path)
    times = worker_times(result.tables, result.engine.now)
    for worker in result.engine.state.pool.workers.values():
        if worker.state == "left" and worker.reason == "the run is over":
            present = worker.clock(worker.ended or 0.0) - worker.joined
            assert times[worker.id].seconds == pytest.approx(present, abs=0.01)
