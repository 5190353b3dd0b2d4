"""A run file is proven, or the first difference is named: by table, row and column."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.engine import Engine
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import LIVE_DDL, LIVE_TABLES, META, TABLES, TableSchema
from clamshell_tui.runfile.seal import seals
from clamshell_tui.runfile.verify import verify
from clamshell_tui.runfile.writer import RunFileWriter
from tests.kept import simulated

STORY = """\
description = "Every table of a run file has rows"
seed = 3
dataset = {kind = "generated", classes = 2, records = 90}
pool = {size = 4, reserve = 2}
tasks = {records_per_task = 2}
maintenance = {threshold = 6.0}
stop = {labels = 24}
"""

EVERY = (*TABLES, *LIVE_TABLES)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A finished run with rows in every table, those of a live run too."""
    path = simulated(tmp_path_factory.mktemp("verify"), STORY)
    with _open(path) as connection:
        connection.executescript(LIVE_DDL)
        connection.execute("INSERT INTO access VALUES ('S001', 'seat', 1, 0, NULL)")
        connection.execute("INSERT INTO access VALUES ('P001', 'session', 2, 0, 'S001')")
        records = connection.execute("SELECT record, external_id FROM label").fetchall()
        for record, external_id in records:
            body = f'{{"id":"{external_id}","text":"meow"}}'
            connection.execute("INSERT INTO record VALUES (?, ?, ?)", (record, external_id, body))
        connection.execute(
            "INSERT INTO warning (rowid, at, code, message) VALUES (0, 0, 'dataset', 'a note')"
        )
        connection.executemany(META.insert(), list(seals(connection)))
    return path.read_bytes()


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file as an attacker that can bypass triggers and checks."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection


@pytest.fixture
def run_file(tmp_path: Path, original: bytes) -> Path:
    path = tmp_path / "run.db"
    path.write_bytes(original)
    return path


def _complaint(path: Path) -> str:
    """Return the error of a file that must be refused: one line, exit code 3."""
    with pytest.raises(EnvironmentFaultError) as caught, open_run(path) as file:
        verify(file)
    told = str(caught.value)
    assert "\n" not in told
    assert len(told) < 500
    return told


@contextmanager
def _without_triggers(path: Path) -> Iterator[sqlite3.Connection]:
    """Changes that leave no trace: the triggers are there again afterwards."""
    with _open(path) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def test_a_whole_run_is_proven(run_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(run_file)]) == 0
    assert "Replaying them gives every table" in capsys.readouterr().out


CELLS = [
    (table, column)
    for table in EVERY
    for column in table.row.__struct_fields__
    if table.name != "journal"
]
KEYS = {
    "access": "label",
    "meta": "key",
    "worker": "id",
    "eviction": "worker",
    "answer": "1000 * assignment + record",
}
"""Of tables without a rowid, or whose rows are named otherwise."""
NOT_IMPLIED = {
    ("label", "truth"),
    *[(t.name, c) for t in LIVE_TABLES for c in t.row.__struct_fields__],
}
"""Cells that no journal implies: only their table has a digest."""


def _other_value(table: TableSchema, column: str) -> str:
    """SQL of another value that such a column may hold."""
    if table.name == "task" and column == "records":
        return "replace(records, ']', ',77]')"
    if column == "body":
        return "replace(body, 'meow', 'woof')"
    kind = table.row.__annotations__[column]
    if kind is bytes:
        return f"CAST(substr({column}, 2) || x'61' AS BLOB)"
    if kind is bool:
        return f"1 - {column}"
    if kind in {float, float | None}:
        return f"COALESCE({column}, 0.25) / 2 + 0.125"
    if kind in {int, int | None}:
        return f"COALESCE({column}, 0) + 100000"
    return f"COALESCE({column}, '') || 'x'"


@pytest.mark.parametrize(
    ("table", "column"), CELLS, ids=[f"{table.name}.{column}" for table, column in CELLS]
)
def test_a_changed_cell_is_named_by_table_row_and_column(
    run_file: Path, table: TableSchema, column: str
) -> None:
    name, key = table.name, KEYS.get(table.name, "rowid")
    with _without_triggers(run_file) as connection:
        done = connection.execute(
            f"UPDATE {name} SET {column} = {_other_value(table, column)} "
            f"WHERE {key} = (SELECT MAX({key}) FROM {name} WHERE {key} <> 'version')"
        )
        assert done.rowcount == 1
    said = _complaint(run_file)
    if (name, column) in NOT_IMPLIED:
        assert f"table {name}: expected the digest " in said
    else:
        assert f"table {name}, row " in said
        if column not in {*table.names, table.key}:
            assert f", column {column}: expected " in said
    assert ", found " in said


@pytest.mark.parametrize("table", [each.name for each in EVERY])
def test_an_emptied_table_is_noticed(run_file: Path, table: str) -> None:
    with _without_triggers(run_file) as connection:
        connection.execute(f"DELETE FROM {table}")
    if table == "meta":
        with pytest.raises(ClamshellError), open_run(run_file) as file:
            verify(file)
    elif table == "journal":
        assert "journal entry 0 is not the end" in _complaint(run_file)
    else:
        assert f"table {table}" in _complaint(run_file)


@pytest.mark.parametrize("table", [each.name for each in EVERY if each.name != "journal"])
def test_a_lost_row_is_noticed(run_file: Path, table: str) -> None:
    with _without_triggers(run_file) as connection:
        key = KEYS.get(table, "rowid")
        connection.execute(f"DELETE FROM {table} WHERE {key} = (SELECT MAX({key}) FROM {table})")
    assert f"table {table}" in _complaint(run_file)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO ledger SELECT MAX(id) + 1, 1, worker, 'records', 500000000, 'x', NULL, NULL "
        "FROM ledger",
        "INSERT INTO worker (id, joined_at, state) VALUES ('W99', 1, 'joined')",
        "INSERT INTO warning VALUES (1, 'x', 'y')",
        "INSERT INTO warning VALUES (0, 'dataset', 'y')",
        "INSERT INTO meta VALUES ('note', 'mine')",
        "INSERT INTO access VALUES ('ann', 'operator', 1, 0, NULL)",
        "INSERT INTO record VALUES (5000, 'extra', '{}')",
        "INSERT INTO answer SELECT assignment, record + 1000, label, counted FROM answer LIMIT 1",
        "INSERT INTO model SELECT 99, trained_at, labels_used, accuracy, estimated, seconds "
        "FROM model LIMIT 1",
        "INSERT INTO eviction SELECT 'W1', at, reason, 1, 2, 3 FROM eviction LIMIT 1",
    ],
)
def test_an_added_row_is_noticed(run_file: Path, sql: str) -> None:
    with _open(run_file) as connection:
        assert connection.execute(sql).rowcount == 1
    assert f"table {sql.split()[2]}" in _complaint(run_file)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TRIGGER journal_is_never_updated",
        "DROP VIEW worker_pay",
    ],
)
def test_a_lost_view_or_trigger_is_noticed(run_file: Path, sql: str) -> None:
    with _open(run_file) as connection:
        connection.execute(sql)
    kind, name = sql.split()[1:]
    said = _complaint(run_file)
    assert f"table sqlite_schema, row {name}: expected a {kind.lower()}, found no row" in said


def _content(path: Path) -> list[object]:
    """All that a file says, by SQLite alone."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        found: list[object] = [
            connection.execute(f"PRAGMA {name}").fetchall()
            for name in ("application_id", "user_version", "encoding")
        ]
        for table in ("sqlite_schema", *[each.name for each in EVERY]):
            columns = "type, name, tbl_name, sql" if table == "sqlite_schema" else "*"
            found.append(connection.execute(f"SELECT {columns} FROM {table}").fetchall())
    return found


@pytest.mark.parametrize("flips", [80, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_flipped_bit_is_noticed_or_changes_nothing(
    run_file: Path, original: bytes, flips: int
) -> None:
    rng, wanted, refused = Random(11), _content(run_file), 0
    for _ in range(flips):
        content = bytearray(original)
        place = rng.randrange(len(content) * 8)
        content[place // 8] ^= 1 << place % 8
        run_file.write_bytes(content)
        try:
            with open_run(run_file) as file:
                assert verify(file).finished
        except ClamshellError:
            refused += 1
        else:
            assert _content(run_file) == wanted, f"bit {place}"
    assert refused > flips / 4


def test_a_run_without_its_end_is_unfinished_though_all_else_is_right(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As one that was cut, decided again, and sealed like a run that is over."""
    cut = tmp_path / "cut.db"
    with open_run(run_file) as file:
        meta = {key: file.meta[key] for key in file.meta if not key.startswith(("fin", "state_"))}
        config = config_of(file)
        engine = Engine(config)
        ids = [str(number) for number in range(90)]
        with RunFileWriter(cut, meta) as writer:
            names = RecordNames(config.classes, ids)
            model, journal = RunModel(writer.tables, names), Journal()
            for at, event in islice(file.events(), file.entries() - 20):
                writer.append(journal.entry(at, event))
                model.apply(at, event, engine.handle(event, at))
    assert main(["verify", str(cut)]) == 3
    assert "unfinished: it was closed in good order" in capsys.readouterr().err


def test_a_run_that_is_still_in_two_files_is_unfinished(
    run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(run_file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert main(["verify", str(run_file)]) == 3
    assert "unfinished: entries may be missing at the end" in capsys.readouterr().err
