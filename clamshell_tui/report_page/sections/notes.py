"""What the operator was told, and what operators did."""

from typing import NamedTuple

from clamshell_tui.formats import duration
from clamshell_tui.replica.history import Moment
from clamshell_tui.report_page.markup import joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Column, Section, paragraph, table
from clamshell_tui.report_page.sheet import Sheet


class _Note(NamedTuple):
    at: float
    kind: str
    text: str


def notes(material: Material) -> Section:
    """Warnings and orders in the order of time."""
    warnings = [
        _Note(row.at, "warning", f"{row.code}: {row.message}") for row in material.tables.warnings
    ]
    orders = [
        _Note(line.at, "order", line.text)
        for line in ([] if material.replica is None else material.replica.history.log)
        if line.moment is Moment.ORDER
    ]
    rows = sorted([*warnings, *orders], key=lambda note: note.at)
    sheet = Sheet("notes", _Note._fields, rows)
    if not rows:
        empty = paragraph("There were no warnings, and no operator did anything.")
        return Section("notes", "Warnings and orders", empty, (sheet,))
    columns = [Column("At"), Column("", numeric=False), Column("What", numeric=False)]
    lines = [[duration(note.at), note.kind, note.text] for note in rows]
    told = "Warnings and operators' orders, in the order of time."
    body = joined(table(columns, lines, told, sheet=sheet))
    return Section("notes", "Warnings and orders", body, (sheet,))
