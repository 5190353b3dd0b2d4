"""The tables that follow from the journal of a run file.

The journal is the truth, and the stored tables are a cache: those of a live run lag behind, and
those of any file may be altered. :func:`current_tables` uses them only if they are neither.
"""

from contextlib import AbstractContextManager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.core.config import RULES
from clamshell_tui.core.engine import Engine
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.formats import count
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.extra_table import FOLDED_TABLES
from clamshell_tui.runfile.meta import config_of, unproven
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.runfile.schema import TABLES
from clamshell_tui.scenario.rules import require_rules, rules_of
from clamshell_tui.text import show

FOLDED = frozenset({table.name for table in FOLDED_TABLES if table.attribute})
"""Names of the tables that follow from the journal, but for what :func:`add_names` adds."""


class JournalFold:
    """Replays a journal into ``tables`` and ``engine``; it may stop after any entry.

    Ids of records are their numbers, and no true class is known; see :func:`add_names`.
    """

    def __init__(self, file: RunFile) -> None:
        config = config_of(file)
        self.tables, self.engine = Tables(), Engine(config)
        self._path = file.path
        self._events = file.events()
        self._model = RunModel(self.tables, RecordNames(config.classes))

    def advance(self, most: int | None = None) -> None:
        """Replay the next ``most`` entries, or all; EnvironmentFaultError if one is impossible."""
        with replaying(self._path):
            for at, event in islice(self._events, most):
                self._model.apply(at, event, self.engine.handle(event, at))


def replay(file: RunFile) -> Engine:
    """Return an engine after the whole journal, without rows.

    Raises EnvironmentFaultError for a journal of other rules, or with an impossible entry.
    """
    require_rules(file.meta, show(file.path.name))
    engine = Engine(config_of(file))
    with replaying(file.path):
        for at, event in file.events():
            engine.handle(event, at)
    return engine


def replaying(path: Path) -> AbstractContextManager[None]:
    """Turn any error of a replay into EnvironmentFaultError; see :func:`unproven`."""
    return unproven(path, "its journal cannot be replayed")


def add_names(file: RunFile, expected: Tables, found: Tables) -> int:
    """Copy into the expected tables what a journal does not imply; return how many ids lack.

    The ids of records came over the wire, or are in the requester's data, as their true classes
    are: those are known only from the stored tables, as are the notes on the data. A record without
    an id is called ``#7``, after its number.
    """
    submitted, lacking = file.external_ids(), 0
    for record, row in expected.labels.items():
        other = found.labels.get(record)
        if other is not None:
            row.external_id, row.truth = other.external_id, other.truth
        elif record not in submitted:
            row.external_id = f"#{record}"
            lacking += 1
        row.external_id = submitted.get(record, row.external_id)
    notes = [row for row in found.warnings if row.at == 0.0 and row.code == "dataset"]
    expected.warnings[:0] = notes
    return lacking


class CurrentTables(NamedTuple):
    """Tables of a run, and why they are not the stored ones; empty if they are."""

    tables: Tables
    note: str


def current_tables(file: RunFile) -> CurrentTables:
    """Return the tables at the end of the journal.

    If the stored ones lag behind, or differ from their digests, the journal is replayed: a run of
    other rules cannot be, and its tables are returned as they are stored.
    """
    name = show(file.path.name)
    if not (fault := _fault(file)):
        wrong = next(file.broken_seals(), None)  # in a table that no journal restores
        note = f"{name}: its table {wrong.table} was altered; see clamshell verify" if wrong else ""
        return CurrentTables(file.tables(), note)
    if (rules := rules_of(file.meta)) != RULES:
        words = f"made by rules {rules}, this program has {RULES}: shown as they are"
        return CurrentTables(file.tables(), f"{name}: {fault}; {words}")
    fold = JournalFold(file)
    fold.advance()
    lacking = add_names(file, fold.tables, stored_names(file))
    fold.tables.meta = file.meta | fold.tables.meta
    ids = f", without the ids of {count(lacking, 'record')}" if lacking else ""
    return CurrentTables(fold.tables, f"{name}: {fault}; read from its journal instead{ids}")


def _fault(file: RunFile) -> str:
    if lag := file.lag():
        return f"its tables lack the last {lag:,} of {file.entries():,} journal entries"
    wrong = [each.table for each in file.broken_seals() if each.table in FOLDED]
    return f"its table {wrong[0]} was altered" if wrong else ""


def stored_names(file: RunFile) -> Tables:
    """Return the stored tables that :func:`add_names` needs, as far as they can be read."""
    found = Tables()
    for table in TABLES:
        if table.name in {"label", "warning"}:
            with suppress(EnvironmentFaultError):  # a damaged page, or a value that no run has
                for row in file.rows(table):
                    found.put(row)
    return found
