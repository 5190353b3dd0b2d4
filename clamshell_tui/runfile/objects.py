"""Allow-list of the tables, views, triggers and indexes of a run file.

In a hostile file a view may replace a table, and a check, a generated column or an index may run
any expression while it is read. So a file is read only if the SQL of each object is ours.
"""

import sqlite3
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b

from clamshell_tui.runfile.differences import Difference
from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES, DRAFT, DRAFT_DDL
from clamshell_tui.runfile.extra_table import EXTRA, EXTRA_DDL
from clamshell_tui.runfile.schema import DDL, LIVE_DDL

_Object = tuple[str, str, str, str]  # type, name, table, SQL

# fmt: off
_FORMER = frozenset(
    {
        "04d095e8d0ade3ca", "05fee4d5ed5e2190", "13710cbc12524e14", "1c40a1f3a93acc84",
        "1e149fb303057b59", "26fb3f9b173ea5c5", "295df499a185adf7", "35b2367cef714eb3",
        "39c8ba1cc4980ab2", "3efacb2e220cafcd", "6ea0464bd308c783", "6fb6d283bbfa9966",
        "78cc6e32eb80c588", "79339f36ba239d32", "80d87df842c689ae", "b802b5c7eb790947",
        "c3f1e3ceb4d5a449", "c70bed528942040a", "cdc1ae18394e7028", "d8520ab7fcb116e3",
        "dd1581bfa1b7a893", "f0e0ac917f149ccb", "f2633e1ddd248e4e", "fa2e0057fb068209",
        "fd94540b764867c0",
    }
)
# fmt: on
"""Digests of the objects in run files of rules 1, and in those before there were machines."""

_FORMER_ACCESS = "credential"
"""Table in place of ``access`` in live runs of version 0.2.0 and before."""


def strange_objects(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the objects that no version of ours made, such as ``view label``."""
    ours = _ours(extra=False) | _ours(extra=True)
    for found in _objects(connection):
        if found not in ours and digest(found) not in _FORMER:
            yield f"{found[0]} {found[1]}"


def is_ours(connection: sqlite3.Connection, table: str) -> bool:
    """Return whether a file has this table with our SQL."""
    ours = _ours(extra=False) | _ours(extra=True)
    mine = [each for each in _objects(connection) if each[1] == table]
    return bool(mine) and all(each in ours or digest(each) in _FORMER for each in mine)


def missing_objects(connection: sqlite3.Connection, *, former: bool) -> Iterator[Difference]:
    """Yield the objects of the current rules that a file lacks; ``former`` is one of format 1."""
    found = _objects(connection)
    live = {table.name for table in COORDINATOR_TABLES}
    names = {each[2] for each in found}
    expected = set() if live.isdisjoint(names) else live - {DRAFT.name}  # it came later
    if _FORMER_ACCESS in names:
        expected = expected - {"access"}
    older = {each[:2] for each in found if digest(each) in _FORMER}
    for each in sorted(_ours(extra=EXTRA.name in names) - found):
        if each[:2] in older or (former and _is_new(each)):
            continue
        if each[2] in expected or each[2] not in live:
            yield Difference("sqlite_schema", each[1], "", f"a {each[0]}", "no row")


def _is_new(found: _Object) -> bool:
    """Whether format 1 lacked this object: it had another answer table, and fewer triggers."""
    return found[2] == "answer" or (found[0] == "trigger" and found[2] not in {"journal", "ledger"})


@cache
def _ours(*, extra: bool) -> frozenset[_Object]:
    """Return the objects of a run file, with those that only runs with checks have."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(DDL + LIVE_DDL + DRAFT_DDL + (EXTRA_DDL if extra else ""))
        return _objects(connection)
    finally:
        connection.close()


def _objects(connection: sqlite3.Connection) -> frozenset[_Object]:
    sql = "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema"
    return frozenset([(str(a), str(b), str(c), str(d)) for a, b, c, d in connection.execute(sql)])


def digest(found: _Object) -> str:
    """Return the digest that identifies an object of former rules."""
    return blake2b(repr(found).encode(), digest_size=8).hexdigest()
