"""A finished run as its expectations see it: tables, events, and who was who."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event, WorkerDisconnected, WorkerReconnected
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import AssignmentRow, Tables

Happening = tuple[float, str]
"""When, and to whom (a worker's id, a warning's code, or nobody)."""


@dataclass(frozen=True)
class FinishedRun:
    """All that a run left. ``names`` are the workers' ids by the names of ``[[crowd.worker]]``."""

    tables: Tables
    engine: Engine
    events: Sequence[tuple[float, Event]]
    names: dict[str, str]

    @cached_property
    def summary(self) -> Summary:
        """What ``clamshell run --json`` prints."""
        return summarise(self.tables)

    @cached_property
    def by_task(self) -> dict[int, list[AssignmentRow]]:
        """Every task's assignments, in order of their start."""
        found: dict[int, list[AssignmentRow]] = {}
        for row in self.tables.assignments.values():
            found.setdefault(row.task, []).append(row)
        return found

    def worker_id(self, subject: str) -> str:
        """``slow`` or ``W3`` -> ``W3``."""
        return self.names.get(subject, subject)

    def happenings(self, kind: str) -> list[Happening]:
        """Everything of this kind, in order of time."""
        return sorted(_HAPPENINGS[kind](self))


# What can happen, by kind


def _workers(run: FinishedRun, field: str) -> list[Happening]:
    return [
        (at, row.id)
        for row in run.tables.workers.values()
        if (at := getattr(row, field)) is not None
    ]


def _left(run: FinishedRun) -> list[Happening]:
    """Of their own accord, or lost: who was in the run at its end did not leave it."""
    end = float(run.tables.meta.get("finished_at", "inf"))
    return [
        (row.left_at, row.id)
        for row in run.tables.workers.values()
        if row.state in {"left", "released"} and row.left_at is not None and row.left_at < end
    ]


def _rejected(run: FinishedRun) -> list[Happening]:
    rows = run.tables.workers.values()
    return [(row.left_at or 0.0, row.id) for row in rows if row.state == "rejected"]


def _ended(run: FinishedRun, state: str) -> list[Happening]:
    return [
        (row.ended_at, row.worker)
        for row in run.tables.assignments.values()
        if row.state == state and row.ended_at is not None
    ]


def _told(run: FinishedRun, kind: type[WorkerDisconnected | WorkerReconnected]) -> list[Happening]:
    return [(at, event.worker) for at, event in run.events if isinstance(event, kind)]


def _assigned(run: FinishedRun, *, duplicates: bool) -> list[Happening]:
    rows = run.tables.assignments.values()
    return [(row.started_at, row.worker) for row in rows if row.duplicate or not duplicates]


_HAPPENINGS: dict[str, Callable[[FinishedRun], list[Happening]]] = {
    "joined": lambda run: _workers(run, "joined_at"),
    "admitted": lambda run: _workers(run, "admitted_at"),
    "rejected": _rejected,
    "seated": lambda run: _workers(run, "seated_at"),
    "evicted": lambda run: [(row.at, row.worker) for row in run.tables.evictions],
    "left": _left,
    "disconnected": lambda run: _told(run, WorkerDisconnected),
    "reconnected": lambda run: _told(run, WorkerReconnected),
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

ABOUT_WORKERS = tuple(kind for kind in _HAPPENINGS if kind not in ("labelled", "trained", "warned"))
"""Kinds whose happenings have a worker as their subject."""
KINDS = tuple(_HAPPENINGS)
