"""Format 2 of the run file: one SQLite file, STRICT tables, readable with plain SQL.

Seconds are REAL and count from the start of the run; money is INTEGER micro-dollars, so that
``SUM(micros) / 1e6`` is exact dollars. Tables whose rows never change refuse UPDATE and DELETE.

The journal is the truth, and the other tables follow from it. In a live run they may lag behind:
they are those of entry ``tables_at`` in ``meta``. Format 1 had no such position, since it wrote an
entry and its rows in one transaction, and had another table ``answer`` and other seals.

A live run has two more tables: who may come in, and the records that came over the wire. No secret
is kept, nor anything that could confirm a guess, so that a run file can be published.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.run import tables as rows

APPLICATION_ID = 0x434C414D  # "CLAM"
FORMAT = 2
OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables


def _one_of(column: str, values: str) -> str:
    """Return a CHECK clause. SQLite would build a temporary table per statement for an IN list."""
    return "CHECK (" + " OR ".join([f"{column} = '{value}'" for value in values.split()]) + ")"


_WORKER = _one_of("state", "joined training reserve pool rejected evicted left released")
_TASK = _one_of("state", "unassigned active complete set-aside")
_ASSIGNMENT = _one_of(
    "state", "active completed terminated skipped not-shown left lost expired preempted"
)
_PAYMENT = _one_of("kind", "waiting training records terminated partial machine")

_TABLES = f"""
CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at REAL NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE worker (
    id TEXT PRIMARY KEY NOT NULL,
    joined_at REAL NOT NULL,
    correct INTEGER,
    asked INTEGER CHECK (correct BETWEEN 0 AND asked),
    admitted_at REAL,
    slot INTEGER,
    seated_at REAL,
    left_at REAL CHECK (left_at >= joined_at),
    state TEXT NOT NULL {_WORKER},
    reason TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL,
    tasks INTEGER NOT NULL CHECK (tasks >= 0),
    records INTEGER NOT NULL CHECK (records >= 0),
    active_records INTEGER NOT NULL CHECK (active_records BETWEEN 0 AND records),
    cut_at REAL NOT NULL,
    started_at REAL CHECK (started_at >= cut_at),
    ended_at REAL CHECK (ended_at >= cut_at),
    mpl REAL
) STRICT;
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    records TEXT NOT NULL CHECK (json_type(records) = 'array'),
    state TEXT NOT NULL {_TASK},
    started_at REAL,
    completed_at REAL CHECK (completed_at >= started_at),
    CHECK ((state = 'complete') = (completed_at IS NOT NULL))
) STRICT;
CREATE TABLE assignment (
    id INTEGER PRIMARY KEY,
    task INTEGER NOT NULL REFERENCES task (id),
    worker TEXT NOT NULL REFERENCES worker (id),
    duplicate INTEGER NOT NULL CHECK (duplicate IN (0, 1)),
    started_at REAL NOT NULL,
    ended_at REAL CHECK (ended_at >= started_at),
    state TEXT NOT NULL {_ASSIGNMENT},
    micros INTEGER NOT NULL CHECK (micros >= 0),
    CHECK ((state = 'active') = (ended_at IS NULL))
) STRICT;
CREATE TABLE answer (
    assignment INTEGER NOT NULL REFERENCES assignment (id),
    record INTEGER NOT NULL CHECK (record >= 0),
    label TEXT NOT NULL,
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    PRIMARY KEY (assignment, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE label (
    record INTEGER PRIMARY KEY CHECK (record >= 0),
    external_id TEXT NOT NULL,
    task INTEGER REFERENCES task (id),
    label TEXT NOT NULL,
    truth TEXT,
    support REAL NOT NULL CHECK (support BETWEEN 0 AND 1.000001),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    at REAL NOT NULL
) STRICT;
CREATE TABLE eviction (
    worker TEXT PRIMARY KEY NOT NULL REFERENCES worker (id),
    at REAL NOT NULL,
    reason TEXT NOT NULL,
    estimate REAL NOT NULL,
    threshold REAL NOT NULL,
    evidence REAL NOT NULL
) STRICT;
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    worker TEXT NOT NULL,
    kind TEXT NOT NULL {_PAYMENT},
    micros INTEGER NOT NULL CHECK (micros >= 0),
    reason_key TEXT NOT NULL UNIQUE,
    since REAL,
    until REAL CHECK (until >= since),
    CHECK ((since IS NULL) = (until IS NULL))
) STRICT;
CREATE TABLE model (
    version INTEGER PRIMARY KEY,
    trained_at REAL NOT NULL,
    labels_used INTEGER NOT NULL CHECK (labels_used >= 0),
    accuracy REAL CHECK (accuracy BETWEEN 0 AND 1),
    estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
    seconds REAL NOT NULL CHECK (seconds >= 0)
) STRICT;
CREATE TABLE warning (
    at REAL NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
"""

_PAY_VIEW = """
CREATE VIEW worker_pay AS
SELECT worker,
       SUM(micros) FILTER (WHERE kind = 'waiting') AS waiting_micros,
       SUM(micros) FILTER (WHERE kind = 'training') AS training_micros,
       SUM(micros) FILTER (WHERE kind = 'records') AS records_micros,
       SUM(micros) FILTER (WHERE kind = 'terminated') AS terminated_micros,
       SUM(micros) FILTER (WHERE kind = 'partial') AS partial_micros,
       SUM(micros) AS micros,
       SUM(micros) / 1e6 AS dollars
FROM ledger GROUP BY worker;
"""
LATENCY_VIEW = """
CREATE VIEW assignment_latency AS
SELECT assignment.id AS assignment, task.batch, task.id AS task, worker, duplicate,
       assignment.state, assignment.ended_at - assignment.started_at AS seconds,
       (assignment.ended_at - assignment.started_at) / {records}
           AS seconds_per_label
FROM assignment JOIN task ON task.id = assignment.task
WHERE assignment.ended_at IS NOT NULL;
"""
TASK_SIZE = "json_array_length(task.records)"

_NEVER_CHANGING = ("journal", "answer", "label", "eviction", "ledger", "model", "warning")
_APPEND_ONLY = """
CREATE TRIGGER {table}_is_never_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END;
CREATE TRIGGER {table}_is_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END;
"""

DDL = (
    f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {FORMAT};\n"
    + _TABLES
    + _PAY_VIEW
    + LATENCY_VIEW.format(records=TASK_SIZE)
    + "".join([_APPEND_ONLY.format(table=table) for table in _NEVER_CHANGING])
)

# Without an adapter for its class, sqlite3 searches for one per value, which takes longer than
# storing the value.
sqlite3.register_adapter(type(None), lambda none: none)

_Load = Callable[[Any], Any]  # Any: one column's value as SQLite gives it


class TableSchema(NamedTuple):
    """Mapping of a row class to its table; ``key`` is None where rows never change.

    ``names`` are the columns that identify a row, none where only its position does. ``attribute``
    of :class:`~clamshell_tui.run.tables.Tables` holds the rows that a replay gives. ``order`` is
    that of the stored rows.
    """

    name: str
    row: type[msgspec.Struct]
    key: str | None = None
    loads: Mapping[str, _Load] = MappingProxyType({})
    names: tuple[str, ...] = ()
    attribute: str = ""
    order: str = "rowid"

    def insert(self, rows: int = 1) -> str:
        """Return the INSERT of ``rows`` rows, or the upsert for a table with a key.

        One statement for several rows costs half of one statement per row.
        """
        columns = self.row.__struct_fields__
        one = f"({', '.join('?' * len(columns))})"
        sql = f"INSERT INTO {self.name} VALUES {', '.join([one] * rows)}"
        if self.key is None:
            return sql
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != self.key)
        return f"{sql} ON CONFLICT ({self.key}) DO UPDATE SET {changes}"

    def cells(self, rows: Iterable[msgspec.Struct]) -> list[Any]:  # Any: what SQLite stores
        """Return the values of rows, one row after another, as SQLite gives them back."""
        found = list(chain.from_iterable(map(astuple, rows)))
        width = len(self.row.__struct_fields__)
        for place, store in _stores(self.row):
            found[place::width] = map(store, found[place::width])
        return found

    @property
    def select(self) -> str:
        """SELECT of all columns, in the order in which they are stored."""
        return f"SELECT * FROM {self.name} ORDER BY {self.order}"

    @property
    def place(self) -> Callable[[Any], Any]:  # of a row of the class `row`
        """The key that sorts rows as they are stored; not for ``rowid``."""
        return attrgetter(*self.order.split(", "))

    def load(self, found: sqlite3.Cursor) -> Iterator[Any]:  # rows of the class `row`
        """Yield the rows of a SELECT's result.

        A missing column, as in a file of former rules, has its default. Raises
        msgspec.ValidationError for a value that no run can have.
        """
        names = [column[0] for column in found.description]
        loads = [(names.index(name), load) for name, load in self.loads.items()]
        whole = names == [*self.row.__struct_fields__]
        while some := found.fetchmany(_CHUNK):
            for columns in msgspec.convert(some, _columns(self.row, *names)):
                values = list(columns)
                for index, load in loads:
                    values[index] = load(values[index])
                named = {} if whole else dict(zip(names, values, strict=True))
                yield self.row(**named) if named else self.row(*values)


@cache
def _stores(row: type[msgspec.Struct]) -> list[tuple[int, _Load]]:
    """Return the columns whose values SQLite stores as another type, and how to convert them."""
    hints = get_type_hints(row)
    kinds = [hints[name] for name in row.__struct_fields__]
    stores: dict[Any, _Load] = {bool: int, bool | None: _flag, float: float, float | None: _real}
    return [
        (place, _as_json if get_origin(kind) is tuple else stores[kind])
        for place, kind in enumerate(kinds)
        if get_origin(kind) is tuple or kind in stores
    ]


def _real(value: float | None) -> float | None:
    return None if value is None else float(value)


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_CHUNK = 5_000  # rows
_Moment = Annotated[float, msgspec.Meta(ge=0.0, le=1e10)]  # seconds: three centuries
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_UNBOUNDED = frozenset({"estimate", "threshold", "evidence"})  # a threshold may be infinite


@cache
def _columns(row: type[msgspec.Struct], *names: str) -> Any:
    """Return the type of rows as SQLite gives them, with the limits of each column."""
    hints = get_type_hints(row)
    return list[tuple[tuple(_kind(name, hints[name]) for name in names)]]  # type: ignore[misc]


def _kind(name: str, kind: Any) -> Any:
    optional = get_args(kind)[0] if type(None) in get_args(kind) else None
    if optional is not None:
        return _kind(name, optional) | None
    if kind is float:
        return float if name in _UNBOUNDED else _Moment
    stored: dict[Any, Any] = {int: _Whole, bool: Literal[0, 1]}
    return stored.get(kind, str if get_origin(kind) is tuple else kind)


_record_ids = msgspec.json.Decoder(tuple[_Whole, ...]).decode

TABLES_AT = "tables_at"
"""Key of ``meta``: number of the journal's last entry that the other tables include."""

META = TableSchema("meta", rows.MetaRow, key="key", order="key")
JOURNAL = TableSchema("journal", rows.JournalRow)
TABLES = (  # referenced tables first, so that foreign keys hold at every moment
    META,
    JOURNAL,
    TableSchema("worker", rows.WorkerRow, "id", names=("id",), attribute="workers", order="id"),
    TableSchema("batch", rows.BatchRow, "id", names=("id",), attribute="batches"),
    TableSchema("task", rows.TaskRow, "id", {"records": _record_ids}, ("id",), "tasks"),
    TableSchema(
        "assignment", rows.AssignmentRow, "id", {"duplicate": bool}, ("id",), "assignments"
    ),
    TableSchema(
        "answer",
        rows.AnswerRow,
        None,
        {"counted": bool},
        ("assignment", "record"),
        "answers",
        "assignment, record",
    ),
    TableSchema("label", rows.LabelRow, None, {"active": bool}, ("record",), "labels", "record"),
    TableSchema("eviction", rows.EvictionRow, names=("worker",), attribute="evictions"),
    TableSchema("ledger", rows.LedgerRow, names=("id",), attribute="ledger"),
    TableSchema("model", rows.ModelRow, None, {"estimated": bool}, ("version",), "models"),
    TableSchema("warning", rows.WarningRow, attribute="warnings"),
)


def require_strict_tables(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
    """Raise EnvironmentFaultError when this machine's SQLite is older than STRICT tables."""
    if version < OLDEST_SQLITE:
        found = ".".join(map(str, version[:2]))
        raise EnvironmentFaultError(
            f"SQLite {found} is too old (need 3.37). Use a Python built with a newer SQLite"
        )


class AccessRow(Struct, gc=False):
    """A name that may come in: a ``seat`` for a person, a ``bot`` or a ``machine``, a worker's
    ``session`` at a seat, the run's ``operator`` or ``requester``.

    Its code or token is derived from ``kind``, ``label`` and ``issue`` by a key that is kept
    elsewhere. ``seat`` is the label of a session's seat.
    """

    label: str
    kind: str
    issue: int = 1
    revoked: bool = False
    seat: str | None = None


class RecordRow(Struct, gc=False):
    """A record that a requester submitted over the wire; ``body`` is its JSON as received."""

    id: int
    external_id: str
    body: str


_ACCESS = _one_of("kind", "seat bot machine session operator requester")

ACCESS_DDL = f"""
CREATE TABLE access (
    label TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL {_ACCESS},
    issue INTEGER NOT NULL CHECK (issue > 0),
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    seat TEXT CHECK ((kind = 'session') = (seat IS NOT NULL))
) STRICT, WITHOUT ROWID;
"""
LIVE_DDL = f"""{ACCESS_DDL}CREATE TABLE record (
    id INTEGER PRIMARY KEY CHECK (id >= 0),
    external_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
"""

ACCESS = TableSchema("access", AccessRow, "label", {"revoked": bool}, ("label",), order="label")
RECORD = TableSchema("record", RecordRow, names=("id",))
LIVE_TABLES = (ACCESS, RECORD)
