"""A comparison of the clocks as a table: one line a metric, ``NO`` where one is too far off."""

from collections.abc import Iterator

from clamshell_tui.scenario.expectation import Value
from clamshell_tui.testing.live.conformance import Conformance, Row
from clamshell_tui.text import show

_NAME, _COLUMN = 24, 16


def drawn(found: Conformance) -> str:
    """The table, and a last line that says whether the clocks agree."""
    return "\n".join(_lines(found))


def _lines(found: Conformance) -> Iterator[str]:
    live = [f"live {speed:g}x" for speed in found.speeds]
    heads = ["simulated", *live, "tolerance"]
    yield f"{show(found.name):{_NAME}}" + "".join(f"{head:>{_COLUMN}}" for head in heads)
    yield from (_line(row) for row in found.rows)
    off = sum(not row.agrees(value) for row in found.rows for value in row.live)
    total = sum(len(row.live) for row in found.rows)
    yield f"the clocks agree in all {total}" if not off else f"{off} of {total} are too far off"


def _line(row: Row) -> str:
    cells = [_number(row.simulated)]
    cells += [_number(value) + ("" if row.agrees(value) else " NO") for value in row.live]
    return f"{row.metric:{_NAME}}" + "".join(
        f"{c:>{_COLUMN}}" for c in [*cells, str(row.tolerance)]
    )


def _number(value: Value) -> str:
    return "-" if value is None else f"{value:,.4g}"
