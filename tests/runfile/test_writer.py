"""A run file appears whole or not at all."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.run.tables import MetaRow, WorkerRow
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import APPLICATION_ID, FORMAT, require_strict_tables
from clamshell_tui.runfile.writer import RunFileWriter

Step = tuple[float, e.Event, Sequence[c.Command]]
Project = Callable[..., None]


def test_nothing_has_the_targets_name_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with RunFileWriter(path) as writer:
        writer.append(Journal().entry(0.0, e.TimePassed()))
        writer.flush()
        assert not path.exists()
    assert os.listdir(tmp_path) == ["run.db"]


def test_a_failing_run_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted() -> None:
        with RunFileWriter(tmp_path / "run.db") as writer:
            writer.tables.put(WorkerRow("W1", 0.0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_a_row_that_breaks_a_constraint_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError), RunFileWriter(tmp_path / "run.db") as writer:
        writer.tables.put(WorkerRow("W1", 0.0, state="on strike"))
    assert os.listdir(tmp_path) == []


def test_a_discarded_writer_finishes_nothing(tmp_path: Path) -> None:
    with RunFileWriter(tmp_path / "run.db") as writer:
        writer.discard()
    assert os.listdir(tmp_path) == []


def test_only_the_owner_may_read_it_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with RunFileWriter(tmp_path / "run.db"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "run.db").stat().st_mode & 0o777 == 0o600


def test_an_existing_run_is_replaced_only_on_request(run_db: Path) -> None:
    before = run_db.read_bytes()
    with pytest.raises(InputError, match=r"run\.db exists; .*--force"):
        RunFileWriter(run_db)
    assert run_db.read_bytes() == before
    with RunFileWriter(run_db, {"seed": "2"}, overwrite=True):
        pass
    with open_run(run_db) as run:
        assert run.meta == {"seed": "2", "tables_at": "0"}
    assert os.listdir(run_db.parent) == ["run.db"]


def test_a_failing_replacement_keeps_the_old_run(run_db: Path) -> None:
    before = run_db.read_bytes()
    with pytest.raises(ZeroDivisionError), RunFileWriter(run_db, overwrite=True) as writer:
        writer.tables.put(MetaRow("share", str(1 / 0)))
    assert run_db.read_bytes() == before
    assert os.listdir(run_db.parent) == ["run.db"]


def test_a_run_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = RunFileWriter(path)
    path.write_bytes(b"somebody was quicker")
    with pytest.raises(InputError, match="exists"):
        writer.finish()
    assert path.read_bytes() == b"somebody was quicker"
    assert os.listdir(tmp_path) == ["run.db"]


def test_force_never_replaces_another_programs_file(tmp_path: Path) -> None:
    path = tmp_path / "thesis.tex"
    path.write_text("years of work")
    with pytest.raises(InputError, match="not a CLAMShell run and is not replaced"):
        RunFileWriter(path, overwrite=True)
    assert path.read_text() == "years of work"


@pytest.fixture
def places() -> Iterator[Path]:
    """A directory with a read-only one and a file in it, looked at without root's privileges."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    (root / "readonly").mkdir()
    (root / "readonly").chmod(0o555)
    (root / "file").write_text("")
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(65_534)
    try:
        yield root
    finally:
        if privileged:
            os.seteuid(0)
        (root / "readonly").chmod(0o755)
        shutil.rmtree(root)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/run.db", ["cannot write in", "nowhere: no such directory"]),
        ("readonly/run.db", ["cannot write in", "readonly: read-only"]),
        ("readonly", ["cannot write", "it is a directory"]),
        ("file/run.db", ["cannot write in", "file: not a directory"]),
        ("x" * 300, ["the file name is too long"]),
    ],
)
def test_a_place_that_cannot_be_written_is_told_in_one_line(
    places: Path, place: str, words: list[str]
) -> None:
    with pytest.raises(EnvironmentFaultError) as caught:
        RunFileWriter(places / place).finish()
    assert caught.value.exit_code == 3
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(os.listdir(places)) == ["file", "readonly"]
    assert os.listdir(places / "readonly") == []


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    writer = RunFileWriter(tmp_path / "run.db")
    writer.connection.execute("PRAGMA max_page_count = 45")
    for number in range(10_000):
        writer.tables.put(MetaRow(str(number), "x" * 100))
    with pytest.raises(EnvironmentFaultError, match="disk full"):
        writer.finish()
    assert os.listdir(tmp_path) == []


def test_an_old_sqlite_is_refused() -> None:
    with pytest.raises(ClamshellError, match=r"SQLite 3\.31 is too old \(need 3\.37\)") as caught:
        require_strict_tables((3, 31, 1))
    assert caught.value.exit_code == 3
    require_strict_tables((3, 37, 0))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *[(table, "at") for table in ("journal", "label", "eviction", "ledger", "warning")],
        *[("answer", "counted"), ("model", "seconds")],
    ],
)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1} + 1", "DELETE FROM {0}"])
def test_tables_whose_rows_never_change_are_append_only(
    run_db: Path, table: str, column: str, change: str
) -> None:
    with closing(sqlite3.connect(run_db)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match=f"the {table} is append-only"):
            connection.execute(change.format(table, column))
        assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] > 0


@pytest.mark.parametrize(
    ("table", "column"),
    [("worker", "state"), ("task", "state"), ("assignment", "state"), ("ledger", "kind")],
)
def test_a_word_of_no_meaning_is_refused(run_db: Path, table: str, column: str) -> None:
    with closing(sqlite3.connect(run_db)) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
        row |= {"id": "W9" if table == "worker" else 99, column: "asleep"}
        row |= {"reason_key": "new"} if table == "ledger" else {}
        names = ", ".join(f":{name}" for name in row)
        with pytest.raises(sqlite3.IntegrityError, match=f"{column} = '.* OR "):
            connection.execute(f"INSERT INTO {table} VALUES ({names})", row)


def test_nobody_is_paid_twice_for_one_thing(run_db: Path) -> None:
    again = "INSERT INTO ledger VALUES (99, 0, 'W1', 'records', 1, 'records:2', NULL, NULL)"
    with (
        closing(sqlite3.connect(run_db)) as connection,
        pytest.raises(sqlite3.IntegrityError, match=r"ledger\.reason_key"),
    ):
        connection.execute(again)


def test_the_file_answers_plain_sql(run_db: Path) -> None:
    with closing(sqlite3.connect(run_db)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        pay = connection.execute(
            "SELECT waiting_micros, records_micros, terminated_micros, dollars "
            "FROM worker_pay WHERE worker = 'W1'"
        ).fetchone()
        assert pay == (25_000, 10_000, 30_000, 0.078333)
        fastest = connection.execute(
            "SELECT assignment, worker, seconds, seconds_per_label FROM assignment_latency "
            "WHERE state = 'completed' ORDER BY seconds LIMIT 1"
        ).fetchone()
        assert fastest == (2, "W2", 10.0, 5.0)


def test_the_same_run_gives_the_same_bytes(
    steps: list[Step], project: Project, tmp_path: Path
) -> None:
    for name in ("a.db", "b.db"):
        with RunFileWriter(tmp_path / name, {"seed": "1"}) as writer:
            project(writer, steps)
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()
