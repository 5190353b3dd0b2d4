"""Tables that cannot be used: readers take the journal's, and ``--repair-tables`` writes them anew.

A file of format 1 is read, verified and repaired as well.
"""

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.config import RULES
from clamshell_tui.runfile.differences import differences
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import ACCESS, FORMAT, META, RECORD
from clamshell_tui.runfile.seal import seals
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.rules import rules_of
from tests.kept import simulated

STORY = """\
description = "A small run"
seed = 3
dataset = {kind = "generated", classes = 2, records = 90}
pool = {size = 4, reserve = 2}
tasks = {records_per_task = 2}
maintenance = {threshold = 6.0}
stop = {labels = 24}
learning.active_fraction = 0.5
"""
OLDER = Path(__file__).parent / "older"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return simulated(tmp_path_factory.mktemp("repair"), STORY).read_bytes()


@pytest.fixture
def run_file(tmp_path: Path, original: bytes) -> Path:
    path = tmp_path / "run.db"
    path.write_bytes(original)
    return path


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def _lagging(path: Path, entries: int) -> None:
    """Take the tables back to an earlier entry: without a seal, as after a crash."""
    with open_run(path) as file:
        moment = [at for at, _ in file.events()][entries]
    with _changing(path) as connection:
        connection.execute("DELETE FROM meta WHERE key LIKE 'seal_%' OR key LIKE 'journal_%'")
        connection.execute("DELETE FROM meta WHERE key = 'state_digest' OR key LIKE 'fini%'")
        connection.execute(f"UPDATE meta SET value = '{entries}' WHERE key = 'tables_at'")
        connection.execute("DELETE FROM warning WHERE at >= ?", (moment,))
        connection.execute("DELETE FROM label WHERE at >= ?", (moment,))


def _summary(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert main(["summary", str(path), "--json"]) == 0
    said = capsys.readouterr()
    return said.out, said.err


CHANGES = {
    "a label": "UPDATE label SET label = 'class ' || (label = 'class 0')",
    "pay": "UPDATE ledger SET micros = micros + 1000",
    "a worker": "UPDATE worker SET state = 'left'",
    "an answer less": "DELETE FROM answer WHERE assignment = 1",
    "a task without a batch": "UPDATE task SET batch = 1",
}


@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_altered_tables_are_read_from_the_journal_and_it_is_said(
    run_file: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, quiet = _summary(run_file, capsys)
    with _changing(run_file) as connection:
        connection.execute(sql)
    found, said = _summary(run_file, capsys)
    assert (found, quiet) == (before, "")
    assert said.startswith("clamshell: run.db: its table ")
    assert said.endswith(" was altered; read from its journal instead\n")


def test_tables_that_lag_behind_are_read_from_the_journal_and_it_is_said(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run(run_file) as file:
        whole, entries = file.tables(), file.entries()
    _lagging(run_file, entries - 20)
    with open_run(run_file) as file:
        lost = whole.labels.keys() - file.tables().labels.keys()
        assert lost
        tables, note = current_tables(file)
    assert note == (
        f"run.db: its tables lack the last 20 of {entries} journal entries; "
        f"read from its journal instead, without the ids of {len(lost)} records"
    )
    for record in lost:  # the requester's data are not in the journal
        row = tables.labels[record]
        assert (row.external_id, row.truth) == (f"#{record}", None)
        row.external_id, row.truth = whole.labels[record].external_id, whole.labels[record].truth
    whole.meta.clear()
    assert not [*differences(whole, tables)]
    page = tmp_path / "page.html"
    assert main(["report", str(run_file), "-o", str(page)]) == 0
    assert "its tables lack the last 20 of" in capsys.readouterr().err
    assert "its tables lack the last 20 of" in page.read_text()


def test_tables_without_a_position_are_not_used(run_file: Path) -> None:
    for value in ("", "many", "-1", "\u0663", "9" * 5000):
        with closing(sqlite3.connect(run_file)) as connection, connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'tables_at'", (value,))
        with open_run(run_file) as file:
            assert "read from its journal" in current_tables(file).note


@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_repaired_tables_are_those_of_the_journal(
    run_file: Path, original: bytes, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _changing(run_file) as connection:
        connection.execute(sql)
    assert main(["verify", str(run_file)]) == 3
    assert "Write its tables anew with clamshell verify --repair-tables" in capsys.readouterr().err
    assert main(["verify", "--repair-tables", str(run_file)]) == 0
    said = capsys.readouterr()
    assert "all tables were written anew from the journal" in said.err
    assert "Replaying them gives every table" in said.out
    assert run_file.read_bytes() == original
    assert run_file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(run_file.parent) == ["run.db"]


def test_damaged_pages_of_tables_are_repaired_and_what_was_lost_is_said(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(run_file)) as connection:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name IN ('label', 'ledger', 'assignment')"
        pages = [page for (page,) in connection.execute(sql)]
    content = bytearray(run_file.read_bytes())
    for page in pages:
        content[(page - 1) * 4096 : (page - 1) * 4096 + 64] = b"\xa5" * 64
    run_file.write_bytes(content)
    assert main(["summary", str(run_file)]) == 3
    capsys.readouterr()
    assert main(["verify", "--repair-tables", str(run_file)]) == 0
    said = capsys.readouterr().err
    assert "table label: ids and true classes of records do not follow from the journal" in said
    with open_run(run_file) as file:
        assert len(file.tables().labels) == 24
        assert all(row.external_id.startswith("#") for row in file.tables().labels.values())


REFUSED = {
    "a changed event": (
        "UPDATE journal SET body = replace(body, '\"W1\"', '\"W2\"')",
        "does not match its hash",
    ),
    "a lost end": ("DELETE FROM journal WHERE seq > 9", "journal entry 9 is not the end"),
    "another scenario": (
        "UPDATE meta SET value = replace(value, 'size = 4', 'size = 3')",
        "its table meta was altered, and does not follow from the journal",
    ),
}


@pytest.mark.parametrize(("sql", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_without_a_whole_journal_is_not_repaired(
    run_file: Path, sql: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _changing(run_file) as connection:
        connection.execute(sql)
    before = run_file.read_bytes()
    assert main(["verify", "--repair-tables", str(run_file)]) == 3
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert run_file.read_bytes() == before
    assert os.listdir(run_file.parent) == ["run.db"]


def test_a_file_whose_journal_is_right_but_leads_elsewhere_is_not_repaired(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _changing(run_file) as connection:
        connection.execute("UPDATE meta SET value = 'ab' WHERE key = 'state_digest'")
        connection.executemany(META.insert(), list(seals(connection)))
    assert main(["verify", "--repair-tables", str(run_file)]) == 3
    assert "leads to another final state than it recorded" in capsys.readouterr().err


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """A finished run that a version with format 1 made."""
    return _older(tmp_path, "format-1")


def _older(folder: Path, name: str) -> Path:
    path = folder / "former.db"
    path.write_bytes(gzip.decompress((OLDER / f"{name}.db.gz").read_bytes()))
    with open_run(path) as file:
        if rules_of(file.meta) != RULES:
            pytest.skip("it is read as other files of former rules, see tests/scenario/test_rules")
    return path


def test_a_run_of_format_1_is_read_and_verified(
    former: Path, run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run(former) as file, open_run(run_file) as today:
        assert (file.format, today.format) == (1, FORMAT)
        tables, note = current_tables(file)
        assert note == ""
        assert verify(file).finished
        assert [*file.events()] == [*today.events()], "the same scenario"
        same = today.tables()
    same.meta.clear()
    assert not [*differences(same, tables)]
    assert main(["verify", str(former)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE answer SET label = 'class 7'", "table answer, row 0 62, column label"),
        ("UPDATE label SET truth = 'class 7'", "table label: expected the digest "),
        ("UPDATE meta SET value = 'x' WHERE key = 'dataset'", "table meta: expected the digest "),
    ],
)
def test_a_changed_cell_of_format_1_is_noticed(
    former: Path, sql: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(former)) as connection, connection:
        connection.execute(sql)
    assert main(["verify", str(former)]) == 3
    assert words in capsys.readouterr().err


def test_a_repaired_run_of_format_1_is_of_the_present_format(
    former: Path, run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--repair-tables", str(former)]) == 0
    assert capsys.readouterr().err.count("\n") == 1
    with open_run(former) as file, open_run(run_file) as today:
        assert file.format == FORMAT
        assert {**file.seal, "seal_meta": ""} == {**today.seal, "seal_meta": ""}


def test_a_live_run_of_format_1_is_repaired_without_its_join_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _older(tmp_path, "format-1-live")
    assert main(["verify", "--repair-tables", str(path)]) == 3
    assert "unfinished: it was closed in good order" in capsys.readouterr().err
    with open_run(path) as file:
        assert file.format == FORMAT
        assert [row.external_id for row in file.rows(RECORD)] == ["meow", "woof", "grr"]
        assert not [*file.rows(ACCESS)]
