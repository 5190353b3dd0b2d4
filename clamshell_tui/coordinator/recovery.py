"""From a run file back to a run that can go on: checked, replayed, compared."""

import os
import secrets
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.records import Records
from clamshell_tui.core.events import Event, WorkerDisconnected
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.run.tables import Sink, Tables, WarningRow
from clamshell_tui.runfile.differences import differences
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.objects import is_ours
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import APPLICATION_ID, LIVE_TABLES, CredentialRow, RecordRow
from clamshell_tui.runfile.verify import replaying
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show
from clamshell_tui.wire.requester_messages import NewRecord

SECRET, RECORDS_DIGEST, SAVED_AT = "live_secret", "records_digest", "saved_at"
"""Keys of ``meta`` that only a live run has: what assignment keys are made with, what the records
were, and the wall's time of the last commit."""

_NAMED = 5  # settings that an error names


class RecoveredRun(NamedTuple):
    """What a run file held; the journal is whole."""

    path: Path
    meta: dict[str, str]
    events: list[tuple[float, Event]]
    journal: Journal
    tables: Tables
    credentials: list[CredentialRow]
    records: list[NewRecord]

    @property
    def secret(self) -> bytes:
        """What assignment keys are made with."""
        return bytes.fromhex(self.meta[SECRET])

    @property
    def last_at(self) -> float:
        """The run's time of the last entry."""
        return self.events[-1][0] if self.events else 0.0


def read(path: Path, scenario: Scenario) -> RecoveredRun | None:
    """Check a file and read all of it; None if there is none, or if its run never began.

    Raises RunFileError, EnvironmentFaultError or InputError when it is not a live run of this
    scenario that is whole and free.
    """
    if not os.path.lexists(path):
        return None
    if path.is_file() and path.stat().st_size == 0:
        remove(path)  # whoever made it had no time to write, or nothing to say
        return None
    with open_run(path) as file:
        if SECRET not in file.meta:
            raise InputError(
                f"{show(path.name)} is a simulated run, which cannot be gone on with. "
                "Name another file with --db"
            )
        require_rules(file.meta, show(path.name))
        if others := _differing(file.meta, scenario):
            raise InputError(
                f"{show(path.name)} is a run of {show(file.meta['scenario'])} with other settings "
                f"than these ({others}). Give the same scenario, or name another file with --db"
            )
        file.verify_journal()
        credentials, records = (list(file.rows(table)) for table in LIVE_TABLES)
        return RecoveredRun(
            path,
            file.meta,
            list(file.events()),
            Journal(*file.journal_end()),
            file.tables(),
            credentials,
            [_submitted(row) for row in records],
        )


def _differing(meta: dict[str, str], scenario: Scenario) -> str:
    """Names of the settings in which a run's scenario differs from this; not too many of them."""
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
    """Remove what a coordinator left that was killed while it made the file; whether it did.

    A file with a run in it, or with anything of another program, is not touched.
    """
    if not path.is_file() or not _holds_nothing(path):
        return False
    remove(path)
    return True


def _holds_nothing(path: Path) -> bool:
    """Whether nothing ever happened in the run of a file, if it is one."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                return True
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            if application_id != APPLICATION_ID or not is_ours(connection, "journal"):
                return False
            return connection.execute("SELECT 1 FROM journal").fetchone() is None
    except sqlite3.DatabaseError:  # whatever it is, it is not what we left
        return False


def remove(path: Path) -> None:
    """Remove a run file with its log."""
    for name in (path.name, f"{path.name}-wal"):
        path.with_name(name).unlink(missing_ok=True)


def _submitted(row: RecordRow) -> NewRecord:
    return msgspec.json.decode(row.body, type=NewRecord)


def fresh_secret() -> bytes:
    """For the assignment keys of a new run."""
    return secrets.token_bytes(32)


def check_records(recovered: RecoveredRun, records: Records) -> None:
    """Raise InputError when the data are not those that the run began with."""
    if recovered.meta[RECORDS_DIGEST] != records.digest:
        raise InputError(
            f"the records of {show(records.name)} have changed since {show(recovered.path.name)} "
            "began. Put the old data back, or name another file with --db"
        )


def replay(recovered: RecoveredRun, run: EngineDriver, replayed: Tables, sink: Sink) -> None:
    """Tell ``run``, whose rows go to ``replayed``, everything; from then on they go to ``sink``.

    Raises EnvironmentFaultError when the tables in the file are not what the journal comes to.
    """
    with replaying(recovered.path):
        for at, event in recovered.events:
            run.replay(event, at)
    replayed.warnings[:0] = [WarningRow(0.0, "dataset", note) for note in run.records.notes]
    if difference := next(differences(replayed, recovered.tables), None):
        raise EnvironmentFaultError(
            f"{show(recovered.path.name)} is not what its journal leads to: {difference}. "
            "Restore it from a back-up, or make the run again"
        )
    run.model.sink, run.journal = sink, recovered.journal


def time_of_disconnect(recovered: RecoveredRun, wall: float, speed: float, tick: float) -> float:
    """The run's time at which everybody lost the connection, in the workers' favour.

    They worked on after the last commit for an unknown while: at most a tick, and no longer than
    it took until now, if the machine's date can be believed.
    """
    try:
        since_commit = wall - float(recovered.meta[SAVED_AT])
    except (KeyError, ValueError):
        since_commit = tick
    uncertain = since_commit if 0.0 <= since_commit <= tick else tick
    return recovered.last_at + uncertain * speed


def disconnect_all(run: EngineDriver, now: float) -> None:
    """All connections are lost, by our doing; the seats are kept for the grace."""
    for worker in list(run.engine.state.pool.workers.values()):
        if worker.connected and not worker.over:
            run.apply(WorkerDisconnected(worker.id, ours=True), now)
