"""What came of a table: its runs, its figures with their verdicts, and why some differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from clamshell_tui.experiments.paper.panel import Panel
from clamshell_tui.experiments.paper.runs import Runs, gathered
from clamshell_tui.experiments.paper.table import Seen, Table
from clamshell_tui.experiments.paper.verdicts import Cell, judged, reasons


class Outcome(Struct, frozen=True):
    """``reasons`` are by the name of the column; ``panels`` make its figure."""

    table: Table
    runs: Runs
    cells: tuple[Cell, ...]
    reasons: Mapping[str, str]
    panels: tuple[Panel, ...]


def outcome(table: Table, seen: Sequence[Seen], scenario: Path) -> Outcome:
    """Of what was seen of all the table's runs; the reasons stand in the scenario's comment."""
    runs = gathered(table, seen)
    cells = tuple(judged(table, runs))
    return Outcome(table, runs, cells, reasons(scenario), tuple(table.panels(table, runs)))
