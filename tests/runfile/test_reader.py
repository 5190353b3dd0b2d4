"""An unreadable file gives a one-line error and is never changed."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError
from clamshell_tui.runfile.journal import GENESIS
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import DDL


def _execute(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def _damage_every_page_but_the_first(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = b"\xa5" * 64
    path.write_bytes(content)


def _cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _copied_while_running(path: Path) -> None:
    live = path.with_name("live.db")
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executescript(DDL)
        path.write_bytes(live.read_bytes())
    live.unlink()


def _lost_a_table(path: Path) -> None:
    _execute(path, "DROP VIEW worker_pay; DROP TRIGGER ledger_is_never_deleted; DROP TABLE model")


def _from_the_future(path: Path) -> None:
    _execute(path, "UPDATE meta SET value = '0.9' WHERE key = 'version'; PRAGMA user_version = 7")


def _from_a_far_future(path: Path) -> None:
    _execute(path, "DROP TABLE meta; PRAGMA user_version = 9")


def _of_another_program(path: Path) -> None:
    path.unlink()
    _execute(path, "CREATE TABLE bookmarks (url)")


def _of_another_program_with_an_id(path: Path) -> None:
    path.unlink()
    _execute(path, "CREATE TABLE meta (key, value); PRAGMA application_id = 4711")


def _damage_page_6(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5 * 4096 : 5 * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "exit_code", "words"),
    [
        (lambda path: path.unlink(), 2, "no such file: {path}"),
        (lambda path: path.write_bytes(b""), 2, "run.db is not a CLAMShell run"),
        (lambda path: path.write_bytes(b"id,text\n" * 99), 2, "run.db is not a CLAMShell run"),
        (_of_another_program, 2, "run.db is a SQLite database of another program; not touched"),
        (
            _of_another_program_with_an_id,
            2,
            "run.db is a SQLite database of another program; not touched",
        ),
        (_from_the_future, 2, "run.db was written by version 0.9 (format 7); this is"),
        (_from_a_far_future, 2, "run.db was written by a newer version (format 9); this is"),
        (_copied_while_running, 2, "run.db looks incomplete: was it copied while running?"),
        (_lost_a_table, 2, "run.db looks incomplete"),
        (_damage_page_6, 3, "run.db is damaged (page 6)"),
        (_damage_every_page_but_the_first, 3, "run.db is damaged"),
        (_cut_in_half, 3, "run.db is damaged"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_not_touched(
    run_db: Path, spoil: Callable[[Path], object], exit_code: int, words: str
) -> None:
    spoil(run_db)
    content = run_db.read_bytes() if run_db.exists() else None
    names = os.listdir(run_db.parent)
    with pytest.raises(ClamshellError) as caught:
        open_run(run_db)
    assert words.format(path=run_db) in str(caught.value)
    assert caught.value.exit_code == exit_code
    assert "\n" not in str(caught.value)
    assert (run_db.read_bytes() if run_db.exists() else None) == content
    assert os.listdir(run_db.parent) == names


def test_a_directory_is_not_a_run_file(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="it is a directory"):
        open_run(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunFileError, match="pipe is a pipe"):
        open_run(tmp_path / "pipe")


def test_a_name_with_control_characters_is_quoted_harmlessly(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2Jb\n.db"
    path.write_bytes(b"no database")
    with pytest.raises(ClamshellError) as caught:
        open_run(path)
    assert str(caught.value).startswith("a\ufffd[2Jb\ufffd.db is not a CLAMShell run")


def test_a_run_that_a_coordinator_holds_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(DDL)
        with pytest.raises(EnvironmentFaultError, match=r"run\.db is locked"):
            open_run(path)


def test_a_run_can_be_read_beside_a_log_that_is_not_merged_yet(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(DDL)
        connection.execute("INSERT INTO worker (id, joined_at, state) VALUES ('W1', 0, 'joined')")
        with open_run(path) as run:
            assert list(run.tables().workers) == ["W1"]
            assert run.verify_journal() == 0


def test_reading_leaves_the_file_as_it_was(run_db: Path) -> None:
    before = run_db.read_bytes()
    with open_run(run_db) as run:
        assert run.verify_journal() == 20
        assert len(list(run.events())) == 20
        assert run.meta["version"] == "0.1.0"
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            run.connection.execute("DELETE FROM warning")
    assert run_db.read_bytes() == before
    assert os.listdir(run_db.parent) == ["run.db"]


def _tamper(path: Path, sql: str) -> None:
    """Edit as a user with SQL knowledge can: drop the trigger first."""
    _execute(
        path,
        "DROP TRIGGER journal_is_never_updated; DROP TRIGGER journal_is_never_deleted;" + sql,
    )


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("UPDATE journal SET at = at + 1e-9 WHERE seq = 7", "entry 7 does not match its hash"),
        ("UPDATE journal SET body = body || ' ' WHERE seq = 9", "entry 9 does not match"),
        ("DELETE FROM journal WHERE seq = 5", "entry 5 is missing"),
        ("DELETE FROM journal WHERE seq = 20", "entry 19 is not the end; the run recorded 20"),
        (
            "UPDATE meta SET value = 'ff' WHERE key = 'journal_hash'",
            "entry 20 is not the end",
        ),
    ],
)
def test_a_journal_that_was_tampered_with_is_found_out(
    run_db: Path, sql: str, complaint: str
) -> None:
    _tamper(run_db, sql)
    with open_run(run_db) as run, pytest.raises(EnvironmentFaultError) as caught:
        run.verify_journal()
    assert complaint in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_a_flipped_bit_in_the_journal_is_found_out(run_db: Path, flip: int) -> None:
    content = bytearray(run_db.read_bytes())
    content[content.index(b'"unreadable"') + 3] ^= flip
    run_db.write_bytes(content)
    with pytest.raises(EnvironmentFaultError, match="damaged"), open_run(run_db) as run:
        run.verify_journal()


def test_a_journal_entry_that_is_no_event_is_found_out(run_db: Path) -> None:
    _tamper(run_db, """UPDATE journal SET body = '{"event":"Strike"}' WHERE seq = 3""")
    with open_run(run_db) as run, pytest.raises(EnvironmentFaultError, match="entry 3 is not an"):
        list(run.events())


def test_the_chain_begins_with_zeros() -> None:
    assert bytes(32) == GENESIS
