"""Events and commands become the rows that a researcher would expect."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import AssignmentId, ClassIndex, Micros, WorkerId
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import (
    AnswerRow,
    AssignmentRow,
    BatchRow,
    EvictionRow,
    LabelRow,
    ModelRow,
    Tables,
    TaskRow,
    WarningRow,
    WorkerRow,
)
from clamshell_tui.runfile.differences import differences
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.writer import RunFileWriter

Step = tuple[float, e.Event, Sequence[c.Command]]
Project = Callable[..., None]


@pytest.fixture
def tables(steps: list[Step], project: Project) -> Tables:
    tables = Tables()
    project(tables, steps)
    return tables


def test_file_and_memory_hold_the_same_tables(
    steps: list[Step], project: Project, tables: Tables, tmp_path: Path
) -> None:
    with RunFileWriter(tmp_path / "run.db") as writer:
        project(writer, steps)
    with open_run(tmp_path / "run.db") as run:
        found = run.tables()
    found.meta = tables.meta
    assert not [*differences(tables, found)]
    assert found.ledger == tables.ledger, "in order"


def test_the_file_is_the_same_however_often_it_is_flushed(
    steps: list[Step], project: Project, tables: Tables, tmp_path: Path
) -> None:
    with RunFileWriter(tmp_path / "run.db") as writer:
        journal = Journal()
        for at, event, _ in steps:
            writer.append(journal.entry(at, event))
            writer.flush()
        writer.tables = tables
    with RunFileWriter(tmp_path / "once.db") as writer:
        project(writer, steps)
    assert (tmp_path / "run.db").read_bytes() == (tmp_path / "once.db").read_bytes()


def test_a_duplicate_wins_and_the_straggler_is_terminated(tables: Tables) -> None:
    straggler, _, winner = (tables.assignments[n] for n in (1, 2, 3))
    assert winner == AssignmentRow(3, 1, "W2", True, 50.0, 62.0, "completed", 40_000)
    assert straggler == AssignmentRow(1, 1, "W1", False, 40.0, 62.0, "terminated", 40_000)
    assert tables.tasks[1] == TaskRow(1, 1, (0, 1), "complete", 40.0, 62.0)


def test_every_answer_is_kept_and_a_late_one_is_not_counted(tables: Tables) -> None:
    assert tables.answers == [
        AnswerRow(2, 2, "cat", True),
        AnswerRow(2, 3, "dog", True),
        AnswerRow(3, 0, "cat", True),
        AnswerRow(3, 1, "dog", True),
        AnswerRow(1, 0, "cat", False),
        AnswerRow(1, 1, "cat", False),
    ]


def test_labels_carry_the_requesters_ids_and_the_truth(tables: Tables) -> None:
    assert tables.labels[3] == LabelRow(3, "img-003", 2, "dog", "dog", 1.0, False, 50.0)
    assert set(tables.labels) == {0, 1, 2, 3}


def test_each_payment_has_a_reason_of_its_own(tables: Tables) -> None:
    assert {row.reason_key: row.micros for row in tables.ledger} == {
        "training:W1:1": 8_333,
        "training:W2:1": 8_333,
        "training:W3:1": 6_667,
        "waiting:W1:1": 16_667,
        "waiting:W2:1": 8_333,
        "records:2": 40_000,
        "records:3": 40_000,
        "terminated:1": 30_000,
        "late:1": 10_000,
        "partial:4": 5_000,
        "waiting:W4:1": 26_667,
        "waiting:W1:2": 8_333,
    }
    assert [row.id for row in tables.ledger] == list(range(1, 13))
    assert {row.kind for row in tables.ledger if row.reason_key == "late:1"} == {"records"}


def test_only_paid_time_has_an_interval(tables: Tables) -> None:
    for row in tables.ledger:
        timed = row.kind in {"waiting", "training"}
        assert (row.since is not None, row.until is not None) == (timed, timed)


def test_workers_end_in_the_state_that_says_what_happened(tables: Tables) -> None:
    assert tables.workers == {
        "W1": WorkerRow("W1", 10.0, 2, 2, 20.0, 0, 20.0, 80.0, "released", "the run is over"),
        "W2": WorkerRow(
            "W2", 20.0, 2, 2, 30.0, 1, 30.0, 62.0, "evicted", "slower than 8 s per label"
        ),
        "W3": WorkerRow(
            "W3", 30.0, 1, 2, left_at=38.0, state="rejected", reason="1 of 2 right, 85 % needed"
        ),
        "W4": WorkerRow("W4", 38.0, 2, 2, 38.0, 1, 62.0, 76.0, "left", "left"),
    }


def test_batches_start_with_their_first_assignment(tables: Tables) -> None:
    assert tables.batches == {
        1: BatchRow(1, 0, 2, 4, 0, 40.0, 40.0, 62.0, 5.5),
        2: BatchRow(2, 1, 1, 2, 1, 64.0, 64.0, 76.0, None),
    }


def test_a_task_set_aside_is_never_complete(tables: Tables) -> None:
    assert tables.tasks[3] == TaskRow(3, 2, (4, 5), "set-aside", 64.0, None)
    assert [tables.assignments[n].state for n in (4, 5)] == ["skipped", "lost"]


def test_models_evictions_warnings_and_the_end_are_noted(tables: Tables) -> None:
    assert tables.models == [ModelRow(1, 52.0, 2, 0.5, True, 1.5)]
    assert tables.evictions == [
        EvictionRow("W2", 52.0, "slower than 8 s per label", 9.5, 8.0, 0.93)
    ]
    assert [row.code for row in tables.warnings] == ["poison"]
    assert tables.warnings[0] == WarningRow(
        76.0, "poison", "task 3 was set aside: 2 workers failed on it"
    )
    assert tables.meta == {"finished_at": "80.0", "finish_reason": "stopped by operator"}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("skipped", "partial"),
        ("lost", "partial"),
        ("expired", "partial"),
        ("preempted", "terminated"),
    ],
)
def test_a_withdrawal_is_paid_by_who_caused_it(
    steps: list[Step], project: Project, state: str, kind: str
) -> None:
    tables = Tables()
    worker = WorkerId("W1")
    withdrawal = c.Withdraw(AssignmentId(1), worker, state, Micros(700))
    project(tables, [*steps[:10], (55.0, e.TimePassed(), [withdrawal])])
    assert (tables.ledger[-1].kind, tables.ledger[-1].micros) == (kind, 700)
    assert tables.ledger[-1].reason_key == f"{kind}:1"
    assert tables.assignments[1].state == state


def test_a_payment_of_nothing_is_booked_only_for_an_interval() -> None:
    tables = Tables()
    model = RunModel(tables, RecordNames(("no", "yes")))
    worker = WorkerId("W1")
    model.apply(0.0, e.WorkerJoined(worker), [])
    model.apply(
        5.0,
        e.TimePassed(),
        [c.PayWaiting(worker, c.PayKind.WAITING, 0.0, 5.0, Micros(0))],
    )
    assert [(row.reason_key, row.micros) for row in tables.ledger] == [("waiting:W1:1", 0)]
    assert not [row for row in tables.ledger if row.since is None]


@pytest.mark.parametrize(
    ("truth", "expected"), [(None, None), ([-1], None), ([None], None), ([1], "yes")]
)
def test_an_unknown_truth_is_none(truth: list[int | None] | None, expected: str | None) -> None:
    names = RecordNames(("no", "yes"), truth=truth)
    assert names.true_class(0) == expected
    assert names.external_id(0) == "0"


def test_an_event_that_json_cannot_hold_is_refused() -> None:
    journal = Journal()
    endless = e.CompletionForetold(AssignmentId(1), float("inf"))
    with pytest.raises(ValueError, match="CompletionForetold"):
        journal.entry(0.0, endless)
    assert journal.entry(0.0, e.ModelTrained((), 0, accuracy=None)).seq == 1


def test_an_event_with_a_mapping_comes_back_equal(
    tmp_path: Path, steps: list[Step], project: Project
) -> None:
    with RunFileWriter(tmp_path / "run.db") as writer:
        project(writer, steps)
    with open_run(tmp_path / "run.db") as run:
        assert list(run.events()) == [(at, event) for at, event, _ in steps]
    assert isinstance(steps[0][1], e.RecordsSubmitted)
    assert steps[0][1].gold == {6: ClassIndex(0), 7: ClassIndex(1)}
