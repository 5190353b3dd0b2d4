"""A comparison of the clocks as a table: one line a metric, ``NO`` where one is too far off."""

from clamshell_tui.report.aligned import aligned
from clamshell_tui.scenario.expectation import Value
from clamshell_tui.testing.live.conformance import Conformance, Row
from clamshell_tui.text import show

_NAME = 24  # cells of a scenario's name


def drawn(found: Conformance, width: int | None = None) -> str:
    """The table, in parts if it is wider than ``width``, and whether the clocks agree."""
    live = [f"live {speed:g}x" for speed in found.speeds]
    rows = [[show(found.name, _NAME), "simulated", *live, "tolerance"]]
    rows += [_cells(row) for row in found.rows]
    return "\n".join([*aligned(rows, width=width), _verdict(found)])


def _verdict(found: Conformance) -> str:
    off = sum(not row.agrees(value) for row in found.rows for value in row.live)
    total = sum(len(row.live) for row in found.rows)
    return f"the clocks agree in all {total}" if not off else f"{off} of {total} are too far off"


def _cells(row: Row) -> list[str]:
    live = [_number(value) + ("" if row.agrees(value) else " NO") for value in row.live]
    return [row.metric, _number(row.simulated), *live, str(row.tolerance)]


def _number(value: Value) -> str:
    return "-" if value is None else f"{value:,.4g}"
