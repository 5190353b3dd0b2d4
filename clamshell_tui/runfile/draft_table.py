"""The table of labels that were chosen and not sent yet, so that they outlive their client.

It is the coordinator's own: no entry of the journal has them, and nothing follows from them. Files
of former versions lack it, and get it when a coordinator goes on with their run.
"""

import msgspec
from msgspec import Struct

from clamshell_tui.runfile.schema import LIVE_TABLES, TableSchema


class DraftRow(Struct, gc=False):
    """The labels so far of the task that a worker has in hand, or had last; null: none yet.

    Empty labels: they were sent, or the task was given back.
    """

    worker: str
    assignment: int
    labels: tuple[int | None, ...]


DRAFT_DDL = """
CREATE TABLE IF NOT EXISTS draft (
    worker TEXT PRIMARY KEY NOT NULL,
    assignment INTEGER NOT NULL CHECK (assignment >= 0),
    labels TEXT NOT NULL CHECK (json_type(labels) = 'array')
) STRICT, WITHOUT ROWID;
"""

DRAFT = TableSchema(
    "draft",
    DraftRow,
    "worker",
    {"labels": msgspec.json.Decoder(tuple[int | None, ...]).decode},
    ("worker",),
    order="worker",
)
COORDINATOR_TABLES = (*LIVE_TABLES, DRAFT)
"""Tables of live runs only."""
