"""A run file made to do harm: one line, within seconds, from every command that opens one."""

import sqlite3
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.runfile.schema import META
from clamshell_tui.runfile.seal import seals
from tests.kept import simulated

STORY = """\
description = "A small run"
seed = 3
dataset = {kind = "generated", classes = 2, records = 60}
pool = {size = 3, reserve = 1}
tasks = {records_per_task = 2}
stop = {labels = 10}
"""
SECONDS = 10.0  # of the processor: a busy machine does not count; each takes a tenth of a second

READERS: Sequence[Sequence[str]] = [
    ("summary", "run.db"),
    ("report", "run.db", "-o", "page.html"),
    ("verify", "run.db"),
    ("trace", "run.db"),
    ("rerun", "run.db"),
    ("advise", "run.db"),
    ("replay", "run.db"),
    ("watch", "run.db"),
    ("serve", "story.toml", "--db", "run.db", "--port", "0", "--headless"),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return simulated(tmp_path_factory.mktemp("hostile"), STORY).read_bytes()


@pytest.fixture
def run_file(tmp_path: Path, original: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("run.db").write_bytes(original)
    Path("story.toml").write_text(STORY)
    return Path("run.db")


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Allow any change; restore the triggers and seal the result."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def _forge(path: Path, bodies: Sequence[tuple[float, str]]) -> None:
    """Replace the journal by another one with correct hashes, and seal it."""
    with _changing(path) as connection:
        connection.execute("DELETE FROM journal")
        last = bytes(32)
        for seq, (at, body) in enumerate(bodies, 1):
            last = blake2b(
                last + struct.pack(">qd", seq, at) + body.encode(), digest_size=32
            ).digest()
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (seq, at, body, last))
        count = str(len(bodies))
        end = {"journal_entries": count, "journal_hash": last.hex(), "tables_at": count}
        connection.executemany(META.insert(), list(end.items()))
        connection.executemany(META.insert(), list(seals(connection)))


def _answers(command: Sequence[str], capsys: pytest.CaptureFixture[str], *codes: int) -> str:
    """Return a command's error for a hostile file: one line, soon, and nothing on stdout."""
    began = time.process_time()
    code = main([*command])
    said = capsys.readouterr()
    assert time.process_time() - began < SECONDS
    assert code in codes, said.err
    assert said.err.count("\n") == 1
    assert said.err.startswith("clamshell: error: ")
    assert len(said.err) < 600
    assert "bug" not in said.err
    assert said.out == ""
    return said.err


FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
SCHEMAS = {
    "a view that never ends": f"""
        DROP VIEW assignment_latency; DROP TABLE label;
        CREATE VIEW label AS {FOREVER} SELECT i AS record, '' AS external_id, i AS task,
        '' AS label, '' AS truth, 1.0 AS support, 0 AS active, 1.0 AS at FROM n;""",
    "a view of gigabytes": """
        DROP TABLE warning; CREATE VIEW warning AS
        SELECT 1.0 AS at, 'x' AS code, hex(zeroblob(1000000000)) AS message;""",
    "views in a circle": """
        DROP TABLE model; CREATE VIEW other AS SELECT * FROM worker_pay;
        CREATE VIEW model AS SELECT * FROM other, model;""",
    "a view in place of meta": f"""
        DROP TABLE meta; CREATE VIEW meta AS {FOREVER}
        SELECT 'key' || i AS key, hex(zeroblob(100000000)) AS value FROM n;""",
    "a generated column": """
        DROP TABLE warning; CREATE TABLE warning (at REAL NOT NULL, code TEXT NOT NULL,
        message TEXT AS (hex(zeroblob(1000000000))));""",
    "a check that costs gigabytes": """
        DROP TABLE warning; CREATE TABLE warning (at REAL NOT NULL, code TEXT NOT NULL,
        message TEXT NOT NULL CHECK (hex(zeroblob(999000000 + length(code))) <> '')) STRICT;
        INSERT INTO warning VALUES (1, 'x', 'y');""",
    "an index of an expression": "CREATE INDEX mine ON ledger (hex(zeroblob(1000 + id)));",
    "another trigger": """
        CREATE TRIGGER mine AFTER INSERT ON worker BEGIN DELETE FROM label; END;""",
    "a view in place of meta, of a later format": f"""
        DROP TABLE meta; CREATE VIEW meta AS {FOREVER} SELECT 'k' AS key, 'v' AS value FROM n;
        PRAGMA user_version = 9;""",
    "another table": "CREATE TABLE mine (x);",
    "a virtual table": "CREATE VIRTUAL TABLE mine USING fts5(x);",
    "a table that is not strict": """
        CREATE TABLE copied AS SELECT * FROM model; DROP TABLE model;
        ALTER TABLE copied RENAME TO model;""",
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
@pytest.mark.parametrize("command", READERS, ids=[command[0] for command in READERS])
def test_foreign_tables_views_and_triggers_are_refused_unread(
    run_file: Path, schema: str, command: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(run_file)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.executescript(schema)
    said = _answers(command, capsys, 2, 3)
    assert "run.db was altered: " in said or "(format 9)" in said or "run.db is damaged" in said


JOURNALS = {
    "two thousand million records": [
        (0.0, '{"event":"RecordsSubmitted","first":0,"count":2000000000}')
    ],
    "records beyond any machine": [
        (0.0, f'{{"event":"RecordsSubmitted","first":0,"count":{2**63 - 1}}}')
    ],
    "a number of four thousand digits": [
        (0.0, f'{{"event":"RecordsSubmitted","first":0,"count":{"9" * 4000}}}')
    ],
    "records again and again": [
        (0.0, f'{{"event":"RecordsSubmitted","first":{n},"count":9000000,"last":false}}')
        for n in (0, 9_000_000)
    ],
    "nested deeply": [(0.0, '{"event":' * 5000)],
    "no event": [(0.0, "[]")],
    "an unknown event": [(0.0, '{"event":"Strike"}')],
    "an unknown worker": [(0.0, '{"event":"WorkerLeft","worker":"\\u001b[2J"}')],
    "time that runs backwards": [
        (9.0, '{"event":"TimePassed"}'),
        (1.0, '{"event":"TimePassed"}'),
    ],
    "a time without end": [(float("inf"), '{"event":"TimePassed"}')],
    "a model that ranks what is not there": [
        (0.0, '{"event":"RecordsSubmitted","first":0,"count":5}'),
        (1.0, '{"event":"ModelTrained","ranking":[99999999999,-3],"labels_used":-1}'),
    ],
}


@pytest.mark.parametrize("journal", JOURNALS.values(), ids=JOURNALS.keys())
@pytest.mark.parametrize("command", [READERS[n] for n in (1, 2, 3)], ids=lambda each: str(each[0]))
def test_absurd_events_are_refused_though_every_hash_is_right(
    run_file: Path,
    journal: Sequence[tuple[float, str]],
    command: Sequence[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _forge(run_file, journal)
    said = _answers(command, capsys, 2, 3)
    if "RecordsSubmitted" in journal[-1][1]:
        assert "a run has at most 10000000 records" in said


ABSURD = {
    "a payment of an unknown worker": "UPDATE ledger SET worker = 'nobody'",
    "a kind of pay that there is not": "UPDATE ledger SET kind = 'bribe' WHERE id = 1",
    "an assignment of no task": "UPDATE assignment SET task = 2000000000",
    "tasks without records": "UPDATE task SET records = '[]'",
    "records that are not numbers": "UPDATE task SET records = '[\"a\"]'",
    "more money than there is": "UPDATE ledger SET micros = 9223372036854775807",
    "times beyond any run": "UPDATE assignment SET ended_at = 1e300",
    "a time without end": "UPDATE batch SET ended_at = 9e999",
    "a batch of so many tasks": "UPDATE batch SET tasks = 2000000000, records = 2000000000",
    "an end that is no time": "UPDATE meta SET value = 'soon' WHERE key = 'finished_at'",
    "an end without end": "UPDATE meta SET value = 'inf' WHERE key = 'finished_at'",
    "no classes": "UPDATE meta SET value = '[]' WHERE key = 'classes'",
    "a million classes": "UPDATE meta SET value = '[' || rtrim(replace(hex(zeroblob(1000000)), "
    "'00', '\"a\",'), ',') || ']' WHERE key = 'classes'",
    "a scenario that is none": "UPDATE meta SET value = 'pool = 3' WHERE key = 'scenario_toml'",
    "a scenario of tables in tables": "UPDATE meta SET value = 'x = ' || replace(hex(zeroblob("
    "50000)), '00', '[') WHERE key = 'scenario_toml'",
    "a scenario of tens of megabytes": "UPDATE meta SET value = hex(zeroblob(10000000)) "
    "WHERE key = 'scenario_toml'",
}


@pytest.mark.parametrize("sql", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_rows_are_refused_or_shown_soon(
    run_file: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _changing(run_file) as connection:
        connection.execute(sql)
        connection.executemany(META.insert(), list(seals(connection)))
    _answers(("verify", "run.db"), capsys, 2, 3)
    for command in READERS[:2]:
        began = time.process_time()
        code = main([*command])
        said = capsys.readouterr()
        assert time.process_time() - began < SECONDS
        assert code in {0, 2, 3}, said.err
        assert code == 0 or said.err.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["more money than there is", "times beyond any run", "a time without end"]
)
def test_a_value_that_no_run_has_is_never_added_up(
    run_file: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _changing(run_file) as connection:
        connection.execute(ABSURD[name])
        connection.executemany(META.insert(), list(seals(connection)))
    for command in READERS[:2]:
        assert "holds a value that no run has" in _answers(command, capsys, 3)


def test_a_type_that_the_column_cannot_have_is_refused(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a file edited with the schema removed and restored."""
    with closing(sqlite3.connect(run_file, isolation_level=None)) as connection:
        sql = "SELECT sql FROM sqlite_schema WHERE name = 'model_is_never_updated'"
        (trigger,) = connection.execute(sql).fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        loose = "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'model'"
        connection.execute(loose)
        connection.execute("PRAGMA writable_schema = RESET")
        connection.execute("DROP TRIGGER model_is_never_updated")
        connection.execute("UPDATE model SET seconds = 'long', labels_used = x'00'")
        connection.executescript(trigger)
        connection.executemany(META.insert(), list(seals(connection)))
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'model'")
    for command in READERS:
        _answers(command, capsys, 3)
