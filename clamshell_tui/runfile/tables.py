"""The tables of a run in memory: what a simulation that is not kept writes to."""

from collections.abc import Callable, Mapping
from typing import Any

from clamshell_tui.runfile.rows import (
    AnswerRow,
    AssignmentRow,
    BatchRow,
    EvictionRow,
    JournalRow,
    LabelRow,
    LedgerRow,
    MetaRow,
    ModelRow,
    Row,
    TaskRow,
    WarningRow,
    WorkerRow,
)


class Tables:
    """A sink that keeps every row it is given: by key where rows change, in order elsewhere."""

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        self.meta: dict[str, str] = dict(meta or {})
        self.journal: list[JournalRow] = []
        self.workers: dict[str, WorkerRow] = {}
        self.batches: dict[int, BatchRow] = {}
        self.tasks: dict[int, TaskRow] = {}
        self.assignments: dict[int, AssignmentRow] = {}
        self.answers: list[AnswerRow] = []
        self.labels: dict[int, LabelRow] = {}
        self.evictions: list[EvictionRow] = []
        self.ledger: list[LedgerRow] = []
        self.models: list[ModelRow] = []
        self.warnings: list[WarningRow] = []

        self._keep: dict[type[Row], Callable[[Any], None]] = {  # Any: rows of the key's class
            MetaRow: lambda row: self.meta.__setitem__(row.key, row.value),
            JournalRow: self.journal.append,
            WorkerRow: _by_id(self.workers),
            BatchRow: _by_id(self.batches),
            TaskRow: _by_id(self.tasks),
            AssignmentRow: _by_id(self.assignments),
            AnswerRow: self.answers.append,
            LabelRow: lambda row: self.labels.__setitem__(row.record, row),
            EvictionRow: self.evictions.append,
            LedgerRow: self.ledger.append,
            ModelRow: self.models.append,
            WarningRow: self.warnings.append,
        }

    def put(self, row: Row) -> None:
        """Keep ``row`` itself, not a copy."""
        self._keep[type(row)](row)


def _by_id(rows: dict[Any, Any]) -> Callable[[Any], None]:
    def keep(row: Any) -> None:
        rows[row.id] = row

    return keep
