"""Rows of a run's tables, one class per table, and the tables in memory.

Fields are in the order of the columns in a run file. Times are seconds since the run began, money
is integer micro-dollars. :class:`~clamshell_tui.run.model.RunModel` owns the rows that change
(worker, batch, task, assignment): it alters them in place and puts them again.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct


class MetaRow(Struct, gc=False):
    """One fact about the run as a whole."""

    key: str
    value: str


class JournalRow(Struct, gc=False):
    """One event as JSON; ``hash`` also covers the hash of the entry before."""

    seq: int
    at: float
    body: str
    hash: bytes


class WorkerRow(Struct, gc=False):
    """A worker, in state ``joined``, ``training``, ``reserve``, ``pool`` or a final one.

    Final are ``rejected``, ``evicted``, ``left`` (by the worker's choice) and ``released``.
    ``correct`` of ``asked`` gold answers were right; both are None before qualification.
    """

    id: str
    joined_at: float
    correct: int | None = None
    asked: int | None = None
    admitted_at: float | None = None
    slot: int | None = None
    seated_at: float | None = None
    left_at: float | None = None
    state: str = "joined"
    reason: str | None = None


class BatchRow(Struct, gc=False):
    """A batch; ``model`` is the version that ranked its active records, 0 for none.

    ``started_at`` is its first assignment, ``mpl`` the mean pool latency in seconds per label.
    """

    id: int
    model: int
    tasks: int
    records: int
    active_records: int
    cut_at: float
    started_at: float | None = None
    ended_at: float | None = None
    mpl: float | None = None


class TaskRow(Struct, gc=False):
    """A task: ``unassigned``, ``active``, ``complete`` or ``set-aside``."""

    id: int
    batch: int
    records: tuple[int, ...]
    state: str = "unassigned"
    started_at: float | None = None
    completed_at: float | None = None


class AssignmentRow(Struct, gc=False):
    """One worker's attempt at a task; ``micros`` is its total pay, late pay included.

    States: ``active``, ``completed``, ``terminated``, ``skipped``, ``not-shown``, ``left``,
    ``lost``, ``expired``, ``preempted``.
    """

    id: int
    task: int
    worker: str
    duplicate: bool
    started_at: float
    ended_at: float | None = None
    state: str = "active"
    micros: int = 0


class ExtraRow(Struct, gc=False):
    """The record that fills an assignment up, in runs with ``quality.checks_every``.

    ``use`` is ``check`` or ``filler``; ``position`` its place among all records of the assignment,
    from 0. ``correct`` says whether a check was answered right; None without an answer in time.
    """

    assignment: int
    record: int
    position: int
    use: str
    correct: bool | None = None


class AnswerRow(Struct, gc=False):
    """One answer to one record; it is ``counted`` as a vote unless it is late, or an extra one."""

    assignment: int
    record: int
    label: str
    counted: bool


class LabelRow(Struct, gc=False):
    """The label that was delivered for a record; ``support``: see DeliverLabels.

    ``task`` is None for a machine's answer that became the label.
    """

    record: int
    external_id: str
    task: int | None
    label: str
    truth: str | None
    support: float
    active: bool
    at: float


class EvictionRow(Struct, gc=False):
    """An eviction by maintenance: ``estimate`` against ``threshold``, and the evidence."""

    worker: str
    at: float
    reason: str
    estimate: float
    threshold: float
    evidence: float


class LedgerRow(Struct, gc=False):
    """One payment; ``since`` and ``until`` bound paid time, None for pay by the record.

    ``worker`` is a machine for the kind ``machine``, and then in no other table.
    """

    id: int
    at: float
    worker: str
    kind: str
    micros: int
    reason_key: str
    since: float | None = None
    until: float | None = None


class ModelRow(Struct, gc=False):
    """A model; ``accuracy`` is None when unmeasured, ``estimated`` when cross-validated."""

    version: int
    trained_at: float
    labels_used: int
    accuracy: float | None
    estimated: bool
    seconds: float


class WarningRow(Struct, gc=False):
    """A warning to the operator."""

    at: float
    code: str
    message: str


Row = (
    MetaRow
    | JournalRow
    | WorkerRow
    | BatchRow
    | TaskRow
    | AssignmentRow
    | ExtraRow
    | AnswerRow
    | LabelRow
    | EvictionRow
    | LedgerRow
    | ModelRow
    | WarningRow
)


class Sink(Protocol):
    """Receiver of rows: tables in memory, or a file."""

    def put(self, row: Row) -> None:
        """Keep ``row``; one put earlier under the same key is replaced.

        The caller may alter the row afterwards if it puts it again, so a sink that copies may do
        so at any moment up to its next commit.
        """


class Tables:
    """Sink in memory: rows that change by key, the others in order. Has no journal."""

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        self.meta: dict[str, str] = dict(meta or {})
        self.workers: dict[str, WorkerRow] = {}
        self.batches: dict[int, BatchRow] = {}
        self.tasks: dict[int, TaskRow] = {}
        self.assignments: dict[int, AssignmentRow] = {}
        self.extras: dict[int, ExtraRow] = {}
        self.answers: list[AnswerRow] = []
        self.labels: dict[int, LabelRow] = {}
        self.evictions: list[EvictionRow] = []
        self.ledger: list[LedgerRow] = []
        self.models: list[ModelRow] = []
        self.warnings: list[WarningRow] = []

        self._keep: dict[type[Row], Callable[[Any], None]] = {  # Any: rows of the key's class
            MetaRow: lambda row: self.meta.__setitem__(row.key, row.value),
            WorkerRow: _by_id(self.workers),
            BatchRow: _by_id(self.batches),
            TaskRow: _by_id(self.tasks),
            AssignmentRow: _by_id(self.assignments),
            ExtraRow: lambda row: self.extras.__setitem__(row.assignment, row),
            AnswerRow: self.answers.append,
            LabelRow: lambda row: self.labels.__setitem__(row.record, row),
            EvictionRow: self.evictions.append,
            LedgerRow: self.ledger.append,
            ModelRow: self.models.append,
            WarningRow: self.warnings.append,
        }

    def put(self, row: Row) -> None:
        """Keep ``row`` itself: a later change by the caller shows here."""
        self._keep[type(row)](row)

    def records_of(self, row: AssignmentRow) -> tuple[int, ...]:
        """Return all records of an assignment, in the order in which they were asked."""
        return filled_up(self.tasks[row.task].records, self.extras.get(row.id))

    def size_of(self, row: AssignmentRow) -> int:
        """Return the number of records of an assignment."""
        return len(self.tasks[row.task].records) + (row.id in self.extras)

    @property
    def work_answers(self) -> list[AnswerRow]:
        """The answers to records of tasks, without those to extra records."""
        extras = self.extras
        if not extras:
            return self.answers
        return [
            row
            for row in self.answers
            if (extra := extras.get(row.assignment)) is None or extra.record != row.record
        ]

    def checks_by_worker(self) -> dict[str, tuple[int, int]]:
        """Return how many checks each worker had right, and answered."""
        found: dict[str, tuple[int, int]] = {}
        for extra in self.extras.values():
            if extra.use == "check" and extra.correct is not None:
                worker = self.assignments[extra.assignment].worker
                right, asked = found.get(worker, (0, 0))
                found[worker] = right + extra.correct, asked + 1
        return found


def filled_up(records: tuple[int, ...], extra: ExtraRow | None) -> tuple[int, ...]:
    """Return a task's records with the one that fills an assignment up."""
    if extra is None:
        return records
    return (*records[: extra.position], extra.record, *records[extra.position :])


def _by_id(rows: dict[Any, Any]) -> Callable[[Any], None]:
    def keep(row: Any) -> None:
        rows[row.id] = row

    return keep
