"""Rebuild the tables of a run file from its journal.

The result is another file, in the current format, that replaces the old one at once: so damaged
pages of a table do no harm, and a crash leaves the old file.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from clamshell_tui.core.ids import Phase
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.formats import count
from clamshell_tui.run.check import check_same
from clamshell_tui.run.digest import state_digest
from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES, DRAFT_DDL
from clamshell_tui.runfile.fold import FOLDED, JournalFold, add_names, stored_names
from clamshell_tui.runfile.meta import DIGEST
from clamshell_tui.runfile.output_path import database_errors
from clamshell_tui.runfile.reader import RunFile, open_run
from clamshell_tui.runfile.schema import JOURNAL, LIVE_DDL
from clamshell_tui.runfile.seal import PREFIX
from clamshell_tui.runfile.writer import RunFileWriter
from clamshell_tui.scenario.rules import require_rules
from clamshell_tui.text import show


def repair_tables(path: Path) -> list[str]:
    """Rebuild a run file that no other process has open; return what could not be proven.

    Raises EnvironmentFaultError, and changes nothing, unless the journal is whole and by the
    current rules, and what it does not imply is as it was written.
    """
    open_run(path, check_pages=False).close()  # a run file, or an error
    _merge_log(path)
    with open_run(path, check_pages=False) as file:
        name = show(path.name)
        file.verify_journal()
        require_rules(file.meta, name, "hashes right; ")
        wrong = [each.table for each in file.broken_seals()]
        for table in wrong:
            if table not in FOLDED:
                raise EnvironmentFaultError(
                    f"{name} cannot be repaired: its table {show(table)} was altered, and does not "
                    "follow from the journal. Restore the file from a back-up"
                )
        fold = JournalFold(file)
        fold.advance()
        _check(file, fold)
        lacking = add_names(file, fold.tables, stored_names(file))
        if lacking and fold.engine.state.phase is not Phase.FINISHED:
            raise EnvironmentFaultError(
                f"{name} cannot be repaired: it lacks the ids of {count(lacking, 'record')}. Go on "
                "with the run: its coordinator knows them, and writes the tables"
            )
        _rewrite(file, fold)
        before = {} if file.format < 2 else file.seal
    with open_run(path) as file:
        return [*_unproven(wrong, before, file.seal)]


def _merge_log(path: Path) -> None:
    """Merge the write-ahead log; the file that replaces this one must not be read with it."""
    with (
        database_errors(path),
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = DELETE")


def _check(file: RunFile, fold: JournalFold) -> None:
    check_same(fold.engine, fold.tables, fold.engine.now)  # not caught: a bug of ours
    recorded = file.meta.get(DIGEST)
    if fold.engine.state.phase is not Phase.FINISHED or recorded is None:
        return
    if recorded != state_digest(fold.engine):
        raise EnvironmentFaultError(
            f"{show(file.path.name)} cannot be repaired: its journal leads to another final state "
            "than it recorded. Restore it from a back-up"
        )


def _rewrite(file: RunFile, fold: JournalFold) -> None:
    with RunFileWriter(file.path, file.meta, overwrite=True) as writer:
        for entry in file.rows(JOURNAL):
            writer.append(entry)
        if file.has_records:
            writer.connection.executescript(LIVE_DDL + DRAFT_DDL)
            for table in COORDINATOR_TABLES:  # join codes of format 1 are no longer of use
                writer.insert(table, file.rows(table) if file.has(table) else ())
        fold.tables.meta = writer.tables.meta | fold.tables.meta
        writer.tables = fold.tables


def _unproven(
    wrong: list[str], before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[str]:
    """Say which tables still differ from their old digests, or from those of format 1."""
    for table, what in (
        ("label", "ids and true classes of records"),
        ("warning", "notes on the data"),
    ):
        seal = PREFIX + table
        if (seal in before and before[seal] != after[seal]) or (not before and table in wrong):
            yield f"table {table}: {what} do not follow from the journal, and are not proven"
