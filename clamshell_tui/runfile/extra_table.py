"""The table of records that fill assignments up; only runs with ``quality.checks_every`` have it.

It came after format 2. So files of former versions stay readable, and a run without checks has the
same tables as before.
"""

from clamshell_tui.run.tables import ExtraRow
from clamshell_tui.runfile.schema import LATENCY_VIEW, TABLES, TASK_SIZE, TableSchema

_FILLED_SIZE = f"""({TASK_SIZE} + EXISTS
           (SELECT 1 FROM extra_record WHERE extra_record.assignment = assignment.id))"""

EXTRA_DDL = """
CREATE TABLE extra_record (
    assignment INTEGER PRIMARY KEY REFERENCES assignment (id),
    record INTEGER NOT NULL CHECK (record >= 0),
    position INTEGER NOT NULL CHECK (position >= 0),
    use TEXT NOT NULL CHECK (use = 'check' OR use = 'filler'),
    correct INTEGER CHECK (correct IN (0, 1))
) STRICT;
DROP VIEW assignment_latency;
""" + LATENCY_VIEW.format(records=_FILLED_SIZE)
"""Run after the other tables are made: a table more, and a view that counts its rows."""


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


EXTRA = TableSchema(
    "extra_record",
    ExtraRow,
    "assignment",
    {"correct": _truth},
    ("assignment",),
    "extras",
)
FOLDED_TABLES = (*TABLES, EXTRA)
"""All tables that follow from the journal; only runs with checks have the last one."""
