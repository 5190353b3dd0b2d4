"""A run up to one entry of its journal, from a file or over the wire, and its tables again."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.errors import InputError
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.fold import replaying
from clamshell_tui.runfile.journal import GENESIS
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.output_path import database_errors
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.runfile.schema import RECORD
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show
from clamshell_tui.wire.requester_messages import NewRecord


class WireRecord(NamedTuple):
    """A record that came over the wire, with its true class where it is known."""

    id: str
    text: str | None
    numbers: tuple[tuple[str, float], ...]
    truth: str | None


class RunCopy(NamedTuple):
    """The events of a run up to an entry, and what they are about.

    ``records`` came over the wire; of others, ``ids`` has those that the run knows.
    """

    name: str  # of the file or the address, for errors
    meta: dict[str, str]
    scenario: Scenario
    classes: tuple[str, ...]
    events: Sequence[tuple[float, Event]]
    hash: bytes  # of the last entry
    ids: Mapping[int, str]
    records: Sequence[WireRecord] = ()

    def fold(self, names: RecordNames) -> tuple[Tables, Engine]:
        """Return the tables and the engine that follow from the events."""
        tables = Tables(self.meta)
        engine = Engine(self.scenario.run_config(self.classes))
        model = RunModel(tables, names)
        for at, event in self.events:
            model.apply(at, event, engine.handle(event, at))
        return tables, engine


def copy_of(file: RunFile, entries: int | None = None) -> RunCopy:
    """Return the run of a file, up to an entry of its journal.

    Raises EnvironmentFaultError for a damaged file and for one of other rules, InputError if the
    journal is shorter.
    """
    name = show(file.path.name)
    require_rules(file.meta, name)
    known = file.entries()
    wanted = known if entries is None else entries
    if wanted > known:
        raise InputError(f"{name} has {known} journal entries, not {wanted}. Lower --entry")
    file.verify_journal()
    with replaying(file.path):
        events = [entry for _, entry in zip(range(wanted), file.events(), strict=False)]
    found = file.connection.execute("SELECT hash FROM journal WHERE seq = ?", (wanted,)).fetchone()
    meta = {key: value for key, value in file.meta.items() if key not in _OF_THE_END}
    scenario = stored_scenario(file.meta, name)
    classes = config_of(file).classes
    last = GENESIS if found is None else found[0]
    records = _records(file)
    ids = {} if records else _ids(file)
    return RunCopy(name, meta, scenario, classes, events, last, ids, records)


def _records(file: RunFile) -> list[WireRecord]:
    if not file.has_records:
        return []
    bodies = (msgspec.json.decode(row.body, type=NewRecord) for row in file.rows(RECORD))
    return [
        WireRecord(each.id, each.text, each.numbers, each.gold or each.truth) for each in bodies
    ]


def _ids(file: RunFile) -> dict[int, str]:
    """Return the ids of labelled records; those of a record that had none are left out."""
    with database_errors(file.path):
        rows = file.connection.execute("SELECT record, external_id FROM label").fetchall()
    return {record: name for record, name in rows if name != f"#{record}"}


_OF_THE_END = frozenset({"finished_at", "finish_reason"})
"""Keys of ``meta`` that the fold writes again."""
