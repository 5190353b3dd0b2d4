"""The study's own file ``study.db``: STRICT tables in SQLite, readable with plain SQL.

The journal is the truth; who is in which stage follows from it and is not stored. Beside it are
``meta`` (the plan, and all texts as participants saw them), ``sealed`` (replies to questionnaires,
which can be erased) and ``access`` (who may come in, without any code).
"""

import sqlite3
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from clamshell_tui.runfile.schema import ACCESS_DDL
from clamshell_tui.study.plan import Plan

APPLICATION_ID: Final = 0x434C5354  # "CLST"
FORMAT: Final = 2
"""2: the chain of digests begins with the description of the study."""
RULES: Final = 1
"""Version of the itinerary's rules: the same journal under other rules is another study."""

FILE: Final = "study.db"

DDL: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
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
CREATE TABLE sealed (
    participant TEXT NOT NULL,
    stage INTEGER NOT NULL CHECK (stage >= 0),
    question TEXT NOT NULL,
    value TEXT,
    key BLOB CHECK (length(key) = 32),
    PRIMARY KEY (participant, stage, question),
    CHECK ((value IS NULL) = (key IS NULL))
) STRICT;
{ACCESS_DDL}
CREATE TRIGGER journal_is_never_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""


class StudyMeta(Struct, frozen=True, kw_only=True):
    """Description of a study: each field is a row of ``meta``, as JSON.

    ``texts`` and ``digests`` are by the name of a file; ``letters`` stand for the conditions on
    blinded screens; ``runs`` are the fingerprints of the conditions' run files; ``began`` is in
    seconds since 1970.
    """

    name: str
    version: str  # of this package, when the study began
    rules: int = RULES
    began: float
    file: str  # name of the study file
    text: str  # of the study file
    texts: dict[str, str] = {}
    sentences: dict[str, str] = {}  # that replace the English ones, by key
    digest: str = ""
    digests: dict[str, str] = {}
    overrides: tuple[str, ...] = ()  # the settings of --set
    classes: tuple[str, ...] = ()
    letters: dict[str, str] = {}
    runs: dict[str, str] = {}
    plan: Plan


def chain_start(meta: Iterable[tuple[str, str]]) -> bytes:
    """Return what stands for the hash before the first entry: a digest of all rows of ``meta``.

    So a change of the plan or of a text is found like one of the journal.
    """
    return blake2b(msgspec.json.encode(sorted(meta)), digest_size=32).digest()


def run_fingerprint(secret: str) -> str:
    """Return what tells the run with this secret, in hex as in its ``meta``, from all others."""
    return blake2b(secret.encode(), digest_size=16).hexdigest()


@cache
def expected_objects() -> frozenset[tuple[str, str, str]]:
    """Return type, name and SQL of all objects that a file of ours has.

    In a hostile file a view may stand for a table, or a check run any expression.
    """
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(DDL)
        return objects(connection)
    finally:
        connection.close()


def objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Return type, name and SQL of the tables, triggers, views and indexes of a file."""
    sql = "SELECT type, name, COALESCE(sql, '') FROM sqlite_schema"
    return frozenset([(str(a), str(b), str(c)) for a, b, c in connection.execute(sql)])
