"""Input of a report: the tables of a run, and a replica with its journal replayed.

A run made by other rules is not replayed: its page shows only the tables.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from clamshell_tui.core.config import RULES, RunConfig
from clamshell_tui.run.fairness import last_moment
from clamshell_tui.run.replica import Replica
from clamshell_tui.run.snapshot import WorkerSnapshot
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import AssignmentRow, Tables, WorkerRow
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.scenario.rules import rules_of

_BY_SPEED = frozenset({"latency", "speed-quality"})  # objectives that know the threshold


class Material(NamedTuple):
    """Times in seconds since the run began. ``start`` is the first assignment, ``end`` the end."""

    meta: Mapping[str, str]
    config: RunConfig
    tables: Tables
    summary: Summary
    entries: int  # of the journal
    replica: Replica | None  # None: made by other rules
    work: Mapping[str, Sequence[AssignmentRow]]  # assignments by worker
    replayed: Mapping[str, WorkerSnapshot]  # by worker, at the end; empty without a replay
    threshold: float | None  # of maintenance, s per label, at the end; None: speed is not judged
    start: float
    end: float
    note: str  # why the tables are not the stored ones; empty if they are

    @property
    def people(self) -> list[WorkerRow]:
        """All workers in the order of joining."""
        return sorted(self.tables.workers.values(), key=lambda row: (row.joined_at, row.id))


def read_material(file: RunFile) -> Material:
    """Replay a run file, which takes about as long as the engine took for its decisions.

    Raises RunFileError when it does not say what was run, ClamshellError when it cannot be
    replayed, EnvironmentFaultError when it is damaged.
    """
    config, (tables, note) = config_of(file), current_tables(file)
    replica = _replica(file)
    starts = [row.started_at for row in tables.assignments.values()]
    end = last_moment(tables) if replica is None else replica.end
    return Material(
        meta=tables.meta,
        config=config,
        tables=tables,
        summary=summarise(tables),
        entries=file.entries(),
        replica=replica,
        work=_by_worker(tables),
        replayed={} if replica is None else {row: replica.worker(row) for row in tables.workers},
        threshold=_threshold(config, replica),
        start=min(starts, default=end),
        end=end,
        note=note,
    )


def _by_worker(tables: Tables) -> dict[str, list[AssignmentRow]]:
    found: dict[str, list[AssignmentRow]] = {}
    for row in tables.assignments.values():
        found.setdefault(row.worker, []).append(row)
    return found


def _replica(file: RunFile) -> Replica | None:
    if rules_of(file.meta) != RULES:
        return None
    kept = FileRun(file, keyframes=False)
    for _ in kept.load():
        pass
    return kept.replica


def _threshold(config: RunConfig, replica: Replica | None) -> float | None:
    if config.maintenance.objective not in _BY_SPEED:
        return None
    if replica is not None:
        return replica.threshold
    asked = config.maintenance.threshold
    return asked if asked != "auto" and asked < inf else None
