"""The audit counts violations: each test breaks one thing in a sound run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.run import audit
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.run.metrics import VOCABULARY, described, resolve
from clamshell_tui.run.tables import EvictionRow
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.testing.explain import story_behind
from tests.testing.conftest import Write


@pytest.fixture
def run(write: Write) -> FinishedRun:
    path: Path = write()
    result = run_scenario(load_scenario(path), path.parent)
    return FinishedRun(result.tables, result.engine, [], {})


NEVER: dict[str, Callable[[FinishedRun], float]] = {
    "over-assignments": lambda run: sum(audit.over_by_task(run).values()),
    "not withdrawn": lambda run: sum(audit.surviving_by_task(run).values()),
    "lost labels": lambda run: sum(audit.lost_by_task(run).values()),
    "evictions without a replacement": audit.unreplaced,
    "paid twice": audit.paid_twice,
    "unexplained pay": audit.pay_unexplained,
}


def test_a_sound_run_has_none_of_it(run: FinishedRun) -> None:
    assert {name: count(run) for name, count in NEVER.items()} == dict.fromkeys(NEVER, 0)
    assert audit.most_held(run) == 1
    assert audit.records_left(run) == 110 - 45


def test_a_second_worker_who_is_no_duplicate_is_an_over_assignment(run: FinishedRun) -> None:
    duplicate = next(row for row in run.tables.assignments.values() if row.duplicate)
    duplicate.duplicate = False
    assert NEVER["over-assignments"](run) == 1


def test_a_loser_that_goes_on_is_not_withdrawn(run: FinishedRun) -> None:
    loser = next(r for r in run.tables.assignments.values() if r.state == "terminated")
    loser.ended_at = None
    assert NEVER["not withdrawn"](run) == 1
    assert f"to {loser.worker}" in story_behind(resolve("work.not_withdrawn", ()), run)
    assert audit.most_held(run) == 2  # the worker took another task afterwards


def test_a_label_that_was_answered_and_is_not_there_is_lost(run: FinishedRun) -> None:
    del run.tables.labels[next(iter(run.tables.labels))]
    assert NEVER["lost labels"](run) == 1
    assert audit.records_left(run) == 110 - 44


def test_an_eviction_without_somebody_to_sit_down_is_counted(run: FinishedRun) -> None:
    run.tables.evictions.append(EvictionRow("W1", 12.0, "latency", 9.0, 8.0, 0.9))
    assert audit.unreplaced(run) == 1


@pytest.mark.parametrize("kind", ["waiting", "records", "terminated"])
def test_a_payment_made_again_is_paid_twice(run: FinishedRun, kind: str) -> None:
    """Booked again under another key, as a careless second booking would be."""
    entry = next(row for row in run.tables.ledger if row.kind == kind and row.micros)
    head, _, tail = entry.reason_key.rpartition(":")
    run.tables.ledger.append(replace(entry, id=99_999, reason_key=f"again-{head}:{tail}"))
    assert audit.paid_twice(run) == 1
    assert audit.pay_unexplained(run) == pytest.approx(entry.micros / 1e6)


@pytest.mark.parametrize(
    ("spans", "most"),
    [([], 0), ([(0, 1), (1, 2)], 1), ([(0, 2), (1, 3), (1.5, 4)], 3), ([(0, 1), (0, 1)], 2)],
)
def test_spans_that_touch_do_not_overlap(spans: list[tuple[float, float]], most: int) -> None:
    assert audit.most_at_once(spans) == most


def test_every_word_of_the_vocabulary_can_be_measured(run: FinishedRun) -> None:
    subjects = {"batch": "1", "warned": "poison"}
    for word in VOCABULARY:
        subject = subjects.get(word.partition("(")[0], "W1")
        metric = resolve(word.replace("()", f"({subject})"), ())
        assert metric.word == word
        assert isinstance(metric.of(run), int | float | str | None)
    assert [word for word, _ in described()] == list(VOCABULARY)


def test_a_story_is_of_the_worker_or_of_what_happened(run: FinishedRun) -> None:
    assert "took a slot" in story_behind(resolve("worker(W1).labels", ()), run)
    assert story_behind(resolve("joined.count", ()), run).startswith("joined: ")
    assert story_behind(resolve("labels.accuracy", ()), run) == ""
