"""A hand-written run of two batches that visits every table."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.ids import (
    AssignmentId,
    BatchId,
    ClassIndex,
    Micros,
    RecordId,
    TaskId,
    WorkerId,
)
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.writer import RunFileWriter

Step = tuple[float, e.Event, Sequence[c.Command]]

NAMES = RecordNames(
    classes=("cat", "dog"),
    external_ids=[f"img-{n:03}" for n in range(8)],
    truth=[0, 1, 0, 1, None, -1, 0, 1],
)

ANN, BOB, EVE, KIM = map(WorkerId, ("W1", "W2", "W3", "W4"))


def records(*numbers: int) -> tuple[RecordId, ...]:
    return tuple(map(RecordId, numbers))


def labels(*numbers: int) -> tuple[ClassIndex, ...]:
    return tuple(map(ClassIndex, numbers))


def cut(batch: int, tasks: dict[int, tuple[RecordId, ...]], *active: int, model: int) -> c.CutBatch:
    return c.CutBatch(
        BatchId(batch),
        tuple(map(TaskId, tasks)),
        tuple(tasks.values()),
        frozenset(records(*active)),
        model,
    )


def assign(
    assignment: int,
    worker: WorkerId,
    task: int,
    of: tuple[RecordId, ...],
    *,
    duplicate: bool = False,
) -> c.Assign:
    return c.Assign(AssignmentId(assignment), worker, TaskId(task), of, duplicate)


def answered(assignment: int, worker: WorkerId, *given: int) -> e.AssignmentAnswered:
    return e.AssignmentAnswered(AssignmentId(assignment), worker, labels(*given))


def acknowledge(
    assignment: int, worker: WorkerId, outcome: c.Outcome, micros: int
) -> c.Acknowledge:
    return c.Acknowledge(AssignmentId(assignment), worker, outcome, Micros(micros))


def deliver(
    task: int, of: tuple[RecordId, ...], given: tuple[ClassIndex, ...], *active: bool
) -> c.DeliverLabels:
    return c.DeliverLabels(TaskId(task), of, given, (1.0,) * len(of), active)


def paid_time(
    worker: WorkerId, since: float, until: float, micros: int, kind: c.PayKind = c.PayKind.WAITING
) -> c.PayWaiting:
    return c.PayWaiting(worker, kind, since, until, Micros(micros))


def recruitment() -> list[Step]:
    """W1 and W2 get seats, W3 fails the qualification, W4 stands in the reserve."""
    gold = records(6, 7)
    known = {RecordId(6): ClassIndex(0), RecordId(7): ClassIndex(1)}
    steps: list[Step] = [
        (0.0, e.RecordsSubmitted(RecordId(0), 8, gold=known), [c.PostRecruitment(4, 180.0)])
    ]
    for slot, (worker, joined, seated) in enumerate([(ANN, 10.0, True), (BOB, 20.0, True)]):
        steps += [
            (joined, e.WorkerJoined(worker), [c.Qualify(worker, gold)]),
            (
                joined + 10.0,
                e.QualificationAnswered(worker, labels(0, 1)),
                [
                    paid_time(worker, joined, joined + 10.0, 8_333, c.PayKind.TRAINING),
                    c.Admit(worker, 2, 2),
                    *([c.Seat(worker, slot)] if seated else []),
                ],
            ),
        ]
    return [
        *steps,
        (30.0, e.WorkerJoined(EVE), [c.Qualify(EVE, gold)]),
        (
            38.0,
            e.QualificationAnswered(EVE, labels(1, 1)),
            [
                paid_time(EVE, 30.0, 38.0, 6_667, c.PayKind.TRAINING),
                c.Reject(EVE, "1 of 2 right, 85 % needed", 1, 2),
                c.Release(EVE, "not qualified", Micros(6_667)),
            ],
        ),
        (38.0, e.WorkerJoined(KIM), [c.Qualify(KIM, gold)]),
        (38.0, e.QualificationAnswered(KIM, labels(0, 1)), [c.Admit(KIM, 2, 2)]),
    ]


def first_batch() -> list[Step]:
    """W2 covers the straggler W1, whose answer then comes late; W2 is evicted, W4 takes over."""
    one, two = records(0, 1), records(2, 3)
    return [
        (
            40.0,
            e.TimePassed(),
            [
                cut(1, {1: one, 2: two}, model=0),
                paid_time(ANN, 20.0, 40.0, 16_667),
                paid_time(BOB, 30.0, 40.0, 8_333),
                assign(1, ANN, 1, one),
                assign(2, BOB, 2, two),
            ],
        ),
        (
            50.0,
            answered(2, BOB, 0, 1),
            [
                acknowledge(2, BOB, c.Outcome.COUNTED, 40_000),
                deliver(2, two, labels(0, 1), False, False),
                assign(3, BOB, 1, one, duplicate=True),
                c.Retrain(2),
            ],
        ),
        (50.0, answered(2, BOB, 0, 1), [acknowledge(2, BOB, c.Outcome.REPEATED, 0)]),
        (50.0, answered(2, BOB, 1, 1), [acknowledge(2, BOB, c.Outcome.CONFLICT, 0)]),
        (
            52.0,
            e.ModelTrained(records(5, 4), 2, accuracy=0.5, estimated=True, seconds=1.5),
            [c.Evict(BOB, "slower than 8 s per label", 9.5, 8.0, 0.93)],
        ),
        (
            62.0,
            answered(3, BOB, 0, 1),
            [
                acknowledge(3, BOB, c.Outcome.COUNTED, 40_000),
                c.Terminate(AssignmentId(1), ANN, Micros(30_000)),
                deliver(1, one, labels(0, 1), False, False),
                c.CloseBatch(BatchId(1), 5.5),
                c.Release(BOB, "evicted", Micros(96_666)),
                c.Seat(KIM, 1),
            ],
        ),
        (63.0, answered(1, ANN, 0, 0), [acknowledge(1, ANN, c.Outcome.LATE, 10_000)]),
    ]


def second_batch() -> list[Step]:
    """W1 skips a task and W4 leaves in the middle of it: it is set aside, and the run is over."""
    three = records(4, 5)
    return [
        (
            64.0,
            e.TimePassed(),
            [cut(2, {3: three}, 5, model=1), assign(4, ANN, 3, three)],
        ),
        (
            70.0,
            e.AssignmentSkipped(AssignmentId(4), ANN, "unreadable"),
            [
                c.Withdraw(AssignmentId(4), ANN, "skipped", Micros(5_000)),
                paid_time(KIM, 38.0, 70.0, 26_667),
                assign(5, KIM, 3, three),
            ],
        ),
        (
            76.0,
            e.WorkerLeft(KIM),
            [
                c.Withdraw(AssignmentId(5), KIM, "lost", Micros(0)),
                c.Release(KIM, "left", Micros(26_667)),
                c.SetAside(TaskId(3), three),
                c.CloseBatch(BatchId(2), None),
                c.Warn("poison", "task 3 was set aside: 2 workers failed on it"),
            ],
        ),
        (
            80.0,
            e.StopRequested(),
            [
                paid_time(ANN, 70.0, 80.0, 8_333),
                c.Release(ANN, "the run is over", Micros(78_333)),
                c.FinishRun("stopped by operator"),
            ],
        ),
    ]


def _project(target: Tables | RunFileWriter, steps: Sequence[Step]) -> None:
    """As a driver does; tables in memory are without the journal."""
    writer = target if isinstance(target, RunFileWriter) else None
    tables = target if isinstance(target, Tables) else target.tables
    model, journal = RunModel(tables, NAMES), Journal()
    for at, event, commands in steps:
        if writer is not None:
            writer.append(journal.entry(at, event))
        model.apply(at, event, commands)


@pytest.fixture
def project() -> Callable[..., None]:
    """``project(target, steps)`` puts the rows of all steps into tables or a file."""
    return _project


@pytest.fixture
def run_db(tmp_path: Path, steps: list[Step]) -> Path:
    """A finished run file, alone in its directory."""
    with RunFileWriter(tmp_path / "run.db", {"version": "0.1.0"}) as writer:
        _project(writer, steps)
    return tmp_path / "run.db"


@pytest.fixture
def steps() -> list[Step]:
    return [*recruitment(), *first_batch(), *second_batch()]
