"""Thirty bots that lose their connections again and again: nothing is lost, nothing is double."""

from collections import defaultdict
from itertools import pairwise
from math import inf
from pathlib import Path

import pytest

from clamshell_tui.run.tables import AssignmentRow
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from tests.live.sides import Side, both

SPEED = 30.0
BOTS = 30

SCENARIO = """\
seed = 9
learning.enabled = false
dataset = {kind = "generated", records = RECORDS, features = 3, classes = 3}
requester.gold = 10
qualification = {records = 3, pass_mark = 0.6}
tasks = {records_per_task = 2, lease = 60.0, batching = "barrier"}
pool = {size = 26, reserve = 4, grace = 25.0, start_with = 0.5}
maintenance.threshold = inf
straggler_mitigation = {routing = "fewest-active", max_duplicates = 2}
[crowd]
population = "custom"
custom = {mean = 1.5, spread = 0.3, deviation = 0.5, accuracy = 0.97}
abandonment = 0.0
instructions = 2.0
behaviours = {wanderer = 1.0}
wanderer = {chance = 0.3, away = 10.0}
"""


def a_stormy_run(folder: Path, records: int, spare: int) -> Side:
    """A bot that is away for longer than the grace is replaced by one of the ``spare`` ones."""
    text = SCENARIO.replace("RECORDS", str(records))
    _, live = both(text, folder, speed=SPEED, seats=BOTS, spare=spare, limit=300.0)
    return live


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("storm")


@pytest.fixture(scope="module")
def stormy(folder: Path) -> Side:
    return a_stormy_run(folder, 250, spare=20)


def lost_connections(folder: Path) -> int:
    with open_run(folder / "run.db") as file:
        return sum(type(event).__name__ == "WorkerDisconnected" for _, event in file.events())


def check_nothing_is_lost(live: Side, records: int) -> None:
    assert live.summary.meta["finish_reason"] == "all records are labelled"
    assert len(live.labels) == records - 10
    for fate in live.fates:
        if fate.statement is not None:
            answered = [
                row
                for row in live.tables.assignments.values()
                if row.worker == fate.worker and row.state == "completed"
            ]
            assert fate.statement.tasks_completed == len(answered)


def check_nothing_is_double(live: Side) -> None:
    """One session per bot; one task at a time per worker, none twice; at most two duplicates."""
    names = [fate.worker for fate in live.fates if fate.worker]
    assert sorted(names) == sorted(live.tables.workers)
    by_worker: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    by_task: defaultdict[int, list[AssignmentRow]] = defaultdict(list)
    for row in live.tables.assignments.values():
        assert row.ended_at is not None
        by_worker[row.worker].append((row.started_at, row.ended_at))
        by_task[row.task].append(row)
    for spans in by_worker.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))
    for rows in by_task.values():
        assert len({row.worker for row in rows}) == len(rows)
        assert sum(row.state == "completed" for row in rows) == 1
        assert max(_alive(rows, row.started_at) for row in rows) <= 3


def _alive(rows: list[AssignmentRow], at: float) -> int:
    return sum(row.started_at <= at < (row.ended_at or inf) for row in rows)


def test_no_label_is_lost(stormy: Side, folder: Path) -> None:
    assert lost_connections(folder) > 20
    check_nothing_is_lost(stormy, 250)


def test_nobody_sits_twice_and_nothing_is_assigned_too_often(stormy: Side) -> None:
    check_nothing_is_double(stormy)


@pytest.mark.usefixtures("stormy")
def test_the_journal_of_a_storm_replays_to_the_same_state(folder: Path) -> None:
    with open_run(folder / "run.db") as file:
        assert verify(file).finished


@pytest.mark.slow
def test_nothing_is_lost_in_two_minutes_of_storm(tmp_path: Path) -> None:
    live = a_stormy_run(tmp_path, 6000, spare=300)
    assert lost_connections(tmp_path) > 600
    check_nothing_is_lost(live, 6000)
    check_nothing_is_double(live)
