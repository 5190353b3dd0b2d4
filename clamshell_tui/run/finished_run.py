"""A finished run, as expectations and metrics read it: tables, events, names of workers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event, WorkerDisconnected, WorkerReconnected
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import AssignmentRow, Tables

Occurrence = tuple[float, str]
"""Time and subject: a worker's id, a warning's code, or empty."""


@dataclass(frozen=True)
class FinishedRun:
    """``names`` maps the names of ``[[crowd.worker]]`` to workers' ids."""

    tables: Tables
    engine: Engine
    events: Sequence[tuple[float, Event]]
    names: dict[str, str]

    @cached_property
    def summary(self) -> Summary:
        return summarise(self.tables)

    @cached_property
    def by_task(self) -> dict[int, list[AssignmentRow]]:
        """Assignments by task, in order of their start."""
        found: dict[int, list[AssignmentRow]] = {}
        for row in self.tables.assignments.values():
            found.setdefault(row.task, []).append(row)
        return found

    def worker_id(self, subject: str) -> str:
        """Return the id of a worker given by name or id: ``slow`` or ``W3`` -> ``W3``."""
        return self.names.get(subject, subject)

    def occurrences(self, kind: str) -> list[Occurrence]:
        """Return all events of a kind of :data:`KINDS`, in order of time."""
        return sorted(_OCCURRENCES[kind](self))


# One function per kind


def _workers(run: FinishedRun, field: str) -> list[Occurrence]:
    return [
        (at, row.id)
        for row in run.tables.workers.values()
        if (at := getattr(row, field)) is not None
    ]


def _left(run: FinishedRun) -> list[Occurrence]:
    """By choice or by a lost connection; workers present at the end of the run did not leave."""
    end = float(run.tables.meta.get("finished_at", "inf"))
    return [
        (row.left_at, row.id)
        for row in run.tables.workers.values()
        if row.state in {"left", "released"} and row.left_at is not None and row.left_at < end
    ]


def _rejected(run: FinishedRun) -> list[Occurrence]:
    rows = run.tables.workers.values()
    return [(row.left_at or 0.0, row.id) for row in rows if row.state == "rejected"]


def _ended(run: FinishedRun, state: str) -> list[Occurrence]:
    return [
        (row.ended_at, row.worker)
        for row in run.tables.assignments.values()
        if row.state == state and row.ended_at is not None
    ]


def _connection_events(
    run: FinishedRun, kind: type[WorkerDisconnected | WorkerReconnected]
) -> list[Occurrence]:
    return [(at, event.worker) for at, event in run.events if isinstance(event, kind)]


def _assigned(run: FinishedRun, *, duplicates: bool) -> list[Occurrence]:
    rows = run.tables.assignments.values()
    return [(row.started_at, row.worker) for row in rows if row.duplicate or not duplicates]


_OCCURRENCES: dict[str, Callable[[FinishedRun], list[Occurrence]]] = {
    "joined": lambda run: _workers(run, "joined_at"),
    "admitted": lambda run: _workers(run, "admitted_at"),
    "rejected": _rejected,
    "seated": lambda run: _workers(run, "seated_at"),
    "evicted": lambda run: [(row.at, row.worker) for row in run.tables.evictions],
    "left": _left,
    "disconnected": lambda run: _connection_events(run, WorkerDisconnected),
    "reconnected": lambda run: _connection_events(run, WorkerReconnected),
    "assigned": lambda run: _assigned(run, duplicates=False),
    "duplicated": lambda run: _assigned(run, duplicates=True),
    "completed": lambda run: _ended(run, "completed"),
    "terminated": lambda run: _ended(run, "terminated"),
    "skipped": lambda run: _ended(run, "skipped"),
    "unseen": lambda run: _ended(run, "not-shown"),
    "abandoned": lambda run: sorted(_ended(run, "left") + _ended(run, "lost")),
    "lost": lambda run: _ended(run, "lost"),
    "expired": lambda run: _ended(run, "expired"),
    "preempted": lambda run: _ended(run, "preempted"),
    "labelled": lambda run: [(row.at, "") for row in run.tables.labels.values()],
    "trained": lambda run: [(row.trained_at, "") for row in run.tables.models],
    "warned": lambda run: [(row.at, row.code) for row in run.tables.warnings],
}

ABOUT_WORKERS = tuple(
    kind for kind in _OCCURRENCES if kind not in ("labelled", "trained", "warned")
)
"""Kinds whose subject is a worker."""
KINDS = tuple(_OCCURRENCES)
