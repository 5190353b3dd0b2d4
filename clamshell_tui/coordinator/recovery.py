"""Recover a run from its file: verify the journal, replay it, compare the tables.

The journal is authoritative. Its replay gives the state and all tables. The stored tables may lag
behind it: they are compared at the entry that they include. A difference means a damaged file or
another version of the program, and the coordinator refuses to continue.
"""

import os
import secrets
import sqlite3
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.store import SAVED_AT
from clamshell_tui.core.crowd_platform.machine import Machine
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.events import Event, WorkerDisconnected
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.run.tables import Sink, Tables, WarningRow
from clamshell_tui.runfile.differences import differences
from clamshell_tui.runfile.draft_table import DRAFT, DraftRow
from clamshell_tui.runfile.fold import replaying
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.runfile.meta import SECRET
from clamshell_tui.runfile.objects import is_ours
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import (
    APPLICATION_ID,
    FORMAT,
    LIVE_TABLES,
    AccessRow,
    RecordRow,
)
from clamshell_tui.runfile.verify import REPAIR
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show
from clamshell_tui.wire.requester_messages import NewRecord

RECORDS_DIGEST = "records_digest"
"""Key of ``meta`` in live runs: digest of the loaded records."""

_NAMED = 5  # settings that an error names


class RecoveredRun(NamedTuple):
    """Contents of a run file, with a verified journal."""

    path: Path
    meta: dict[str, str]
    events: list[tuple[float, Event]]
    journal: Journal
    tables: Tables
    tables_at: int  # number of the last entry that the tables include
    access: list[AccessRow]
    records: list[NewRecord]
    drafts: list[DraftRow]

    @property
    def secret(self) -> bytes:
        """Secret of the assignment keys."""
        return bytes.fromhex(self.meta[SECRET])

    @property
    def last_at(self) -> float:
        """Time of the last entry, in the run's seconds."""
        return self.events[-1][0] if self.events else 0.0


def read(path: Path, scenario: Scenario) -> RecoveredRun | None:
    """Verify and read a run file; None if there is none, or if its run never began.

    Raises RunFileError, EnvironmentFaultError or InputError unless it is a complete live run of
    this scenario that no other process has open.
    """
    if not os.path.lexists(path):
        return None
    if path.is_file() and path.stat().st_size == 0:
        remove(path)  # its coordinator was killed before it wrote anything
        return None
    with open_run(path) as file:
        if SECRET not in file.meta:
            raise InputError(
                f"{show(path.name)} is a simulated run, which cannot be gone on with. "
                "Name another file with --db"
            )
        require_rules(file.meta, show(path.name))
        if file.format != FORMAT:  # its join codes were others too
            raise InputError(
                f"{show(path.name)} was begun by a version with other join codes. Finish it with "
                "that version, or name another file with --db"
            )
        if others := _differing(file.meta, scenario):
            raise InputError(
                f"{show(path.name)} is a run of {show(file.meta['scenario'])} with other settings "
                f"than these ({others}). Give the same scenario, or name another file with --db"
            )
        file.verify_journal()
        access, records = (list(file.rows(table)) for table in LIVE_TABLES)
        return RecoveredRun(
            path,
            file.meta,
            list(file.events()),
            Journal(*file.journal_end()),
            file.tables(),
            max(file.tables_at, 0),
            access,
            [_submitted(row) for row in records],
            list(file.rows(DRAFT)) if file.has(DRAFT) else [],
        )


def _differing(meta: dict[str, str], scenario: Scenario) -> str:
    """Names of some settings that differ between a run's scenario and this one."""
    both = stored_scenario(meta, "the run"), scenario
    old, new = (dict(_flat(tomllib.loads(as_toml(each)))) for each in both)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ", ".join([*map(show, names[:_NAMED]), *(["..."] if len(names) > _NAMED else [])])


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def remove_unbegun(path: Path) -> bool:
    """Remove the file of a coordinator that was killed at its start; return whether it did.

    A file that holds a run, or that another program wrote, is not touched.
    """
    if not path.is_file() or not _holds_nothing(path):
        return False
    remove(path)
    return True


def _holds_nothing(path: Path) -> bool:
    """Whether it is a run file with an empty journal, or without tables."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                return True
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            if application_id != APPLICATION_ID or not is_ours(connection, "journal"):
                return False
            return connection.execute("SELECT 1 FROM journal").fetchone() is None
    except sqlite3.DatabaseError:  # not a file of ours
        return False


def remove(path: Path) -> None:
    """Remove a run file with its log."""
    for each in (path, path.with_name(f"{path.name}-wal"), mark_path(path)):
        each.unlink(missing_ok=True)


def _submitted(row: RecordRow) -> NewRecord:
    return msgspec.json.decode(row.body, type=NewRecord)


def fresh_secret() -> bytes:
    """Return a secret for the assignment keys of a new run."""
    return secrets.token_bytes(32)


def check_records(recovered: RecoveredRun, records: Records) -> None:
    """Raise InputError if the data changed since the run began."""
    if recovered.meta[RECORDS_DIGEST] != records.digest:
        raise InputError(
            f"the records of {show(records.name)} have changed since {show(recovered.path.name)} "
            "began. Put the old data back, or name another file with --db"
        )


def replay(recovered: RecoveredRun, run: EngineDriver, replayed: Tables, sink: Sink) -> None:
    """Replay all entries into ``run``; rows that the file lacks go to ``sink``, as all later ones.

    Compares ``replayed`` with the file at the entry that its tables include, and raises
    EnvironmentFaultError if one of them differs.
    """
    at = recovered.tables_at
    _replay(recovered.path, run, recovered.events[:at])
    replayed.warnings[:0] = [WarningRow(0.0, "dataset", note) for note in run.records.notes]
    if difference := next(differences(replayed, recovered.tables), None):
        raise EnvironmentFaultError(
            f"{show(recovered.path.name)} is not what its journal leads to: {difference}. {REPAIR}"
        )
    run.model.sink, run.journal = sink, recovered.journal
    _replay(recovered.path, run, recovered.events[at:])


def _replay(path: Path, run: EngineDriver, events: Sequence[tuple[float, Event]]) -> None:
    with replaying(path):
        for at, event in events:
            run.replay(event, at)


def time_of_disconnect(recovered: RecoveredRun, wall: float, speed: float, tick: float) -> float:
    """Return the run's time when the connections were lost, rounded in the workers' favour.

    They worked on after the last commit for an unknown time: at most a tick, and no longer than
    the time since that commit if the machine's date is plausible.
    """
    try:
        since_commit = wall - float(recovered.meta[SAVED_AT])
    except (KeyError, ValueError):
        since_commit = tick
    uncertain = since_commit if 0.0 <= since_commit <= tick else tick
    return recovered.last_at + uncertain * speed


def disconnect_all(run: EngineDriver, now: float) -> None:
    """Disconnect all workers, by our fault: they keep their seats for the grace."""
    state = run.engine.state
    present: list[Worker | Machine] = [*state.pool.workers.values()]
    if state.machines is not None:
        present += state.machines.members.values()
    for worker in present:
        if worker.connected and not worker.over:
            run.apply(WorkerDisconnected(worker.id, ours=True), now)
