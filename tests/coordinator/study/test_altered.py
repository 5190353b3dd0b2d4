"""Every column of every table of a study that is over: ``verify`` finds a changed value."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clamshell_tui.errors import ClamshellError
from clamshell_tui.study.verify import verify_study
from tests.coordinator.study.conftest import FinishedStudy

TOKENS = "label LIKE ':%'"  # rows whose number of issue the journal does not have


@pytest.mark.parametrize("name", ["study.db", pytest.param("one.db", marks=pytest.mark.slow)])
def test_verify_finds_any_value_that_was_changed(
    name: str, finished: FinishedStudy, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder)
    verify_study(folder)
    unnoticed = []
    for sql in list(changes(folder / name)):
        alter(folder / name, sql)
        try:
            verify_study(folder)
            unnoticed.append(sql)
        except ClamshellError:
            pass
        shutil.copy(finished.folder / name, folder / name)
    assert not unnoticed


def changes(path: Path) -> Iterator[str]:
    """Statements that each change one value, remove a row, or cut the end off."""
    with closing(sqlite3.connect(path)) as file:
        for (table,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
            columns = file.execute(f"PRAGMA table_info({table})").fetchall()
            rows = f"FROM {table}" + (f" WHERE NOT {TOKENS}" if table == "access" else "")
            keys = [name for _, name, _, _, _, place in columns if place] or ["rowid"]
            ids = f"({', '.join(keys)})"
            count = file.execute(f"SELECT COUNT(*) {rows}").fetchone()[0]
            if not count:
                continue
            one = (
                f"{ids} = (SELECT {', '.join(keys)} {rows} ORDER BY 1 LIMIT 1 OFFSET {count // 2})"
            )
            kinds = {name: kind for _, name, kind, _, _, _ in columns}
            for column, kind in kinds.items():
                blob = f"zeroblob(length({column}))"
                new = {"TEXT": f"{column} || 'x'", "BLOB": blob}.get(kind, f"{column} + 1000")
                instead = {"TEXT": "'x'", "BLOB": "zeroblob(32)"}.get(kind, "1")
                yield f"UPDATE {table} SET {column} = COALESCE({new}, {instead}) WHERE {one}"
            yield f"DELETE FROM {table} WHERE {one}"
            end = f"SELECT {', '.join(keys)} {rows} ORDER BY 1 DESC LIMIT 2"
            yield f"DELETE FROM {table} WHERE {ids} IN ({end})"


def alter(path: Path, sql: str) -> None:
    """Change a file as if it had no triggers and no checks."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA ignore_check_constraints = ON")
        triggers = file.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for name, _ in (all_triggers := triggers.fetchall()):
            file.execute(f"DROP TRIGGER {name}")
        file.execute(sql)
        for _, trigger in all_triggers:
            file.execute(trigger)
