"""``clamshell report`` from the command line."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TINY
from tests.kept import simulated

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def run_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A run of the tiny scenario."""
    return simulated(tmp_path_factory.mktemp("report"), TINY, "name=tiny").read_bytes()


@pytest.fixture
def run_db(tiny: Path, run_bytes: bytes) -> Path:
    """The same, in the current directory."""
    path = tiny.with_name("run.db")
    path.write_bytes(run_bytes)
    return path


def test_report_writes_the_page_and_a_file_for_each_figure(
    clamshell: Command, run_db: Path
) -> None:
    before = run_db.read_bytes()
    done = clamshell("report", "run.db", "-o", "report.html", "--csv", "new/figures")
    assert (done.code, done.out) == (0, "")
    assert "report in report.html" in done.err
    text = run_db.with_name("report.html").read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>tiny, seed 3</title>" in text
    folder = run_db.with_name("new") / "figures"
    files = sorted(path.name for path in folder.iterdir())
    assert f"{len(files)} CSV files in new/figures" in done.err
    assert {"timeline.csv", "pay_by_kind.csv", "learning.csv", "pool_history.csv"} <= set(files)
    assert all(name in text for name in ("timeline.csv", "pay_by_kind.csv"))
    assert run_db.read_bytes() == before


def test_what_exists_is_only_replaced_with_force(clamshell: Command, run_db: Path) -> None:
    page, sheet = run_db.with_name("r.html"), run_db.with_name("csv") / "pay_by_kind.csv"
    args = ("report", "run.db", "-o", "r.html", "--csv", "csv")
    clamshell(*args)
    good = page.read_bytes(), sheet.read_bytes()
    former = sheet.read_text().replace("W1", "another")
    sheet.write_text(former)
    refused = clamshell(*args)
    assert refused.code == 2
    assert "r.html exists; replace it with --force" in refused.err
    page.unlink()
    refused = clamshell(*args)
    assert refused.code == 2
    assert "csv has CSV files; replace them with --force" in refused.err
    assert not page.exists()
    assert sheet.read_text() == former
    assert clamshell(*args, "--force").code == 0
    assert (page.read_bytes(), sheet.read_bytes()) == good


def test_only_a_report_is_ever_replaced(clamshell: Command, run_db: Path) -> None:
    before = run_db.read_bytes()
    done = clamshell("report", "run.db", "-o", "run.db", "--force")
    assert done.code == 2
    assert "run.db is read by this command and would be replaced (--out)" in done.err
    assert run_db.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("run.db",), 2, "nothing to write: say -o HTML, --csv DIR, or both"),
        (("none.db", "-o", "r.html"), 2, "no such file: none.db"),
        (("tiny.toml", "-o", "r.html"), 2, "tiny.toml is not a CLAMShell run"),
        (("run.db", "-o", "."), 3, "it is a directory. Name a file in it"),
        (("run.db", "-o", "none/r.html"), 3, "no such directory"),
        (("run.db", "--csv", "tiny.toml"), 2, "tiny.toml is not a directory"),
        (("run.db", "--csv", "tiny.toml/x"), 3, "cannot write"),
    ],
)
def test_bad_input_is_told_in_one_line_and_leaves_nothing(
    clamshell: Command, run_db: Path, args: tuple[str, ...], code: int, words: str
) -> None:
    done = clamshell("report", *args)
    assert done.code == code
    assert words in done.err
    assert sorted(path.name for path in run_db.parent.iterdir()) == ["run.db", "tiny.toml"]


def test_a_run_without_its_configuration_is_refused(clamshell: Command, run_db: Path) -> None:
    with closing(sqlite3.connect(run_db)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'scenario_toml'")
    done = clamshell("report", "run.db", "-o", "r.html")
    assert done.code == 2
    assert "does not say which scenario" in done.err


def test_a_journal_that_cannot_be_replayed_is_told(clamshell: Command, run_db: Path) -> None:
    with closing(sqlite3.connect(run_db)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_deleted")
        connection.execute("DELETE FROM journal WHERE seq = 3")
        connection.execute("UPDATE meta SET value = value - 1 WHERE key = 'tables_at'")
    done = clamshell("report", "run.db", "-o", "r.html")
    assert done.code == 3
    assert "run.db is damaged: its journal cannot be replayed" in done.err
