"""Pictures of the widgets together; the words in them are asserted elsewhere."""

from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical

from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import (
    BarItem,
    BarList,
    ConfusionMatrix,
    Fact,
    Facts,
    Meter,
    MeterPart,
)
from clamshell_tui.operator_app.widgets.plot import Plot
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.table_layout import TableSection
from tests.operator_app.widgets.samples import (
    SEAT_COLUMNS,
    Seat,
    learning_figure,
    seats,
    timeline,
)


class Board(App[None]):
    """One of each."""

    CSS = """
    Horizontal { height: 1fr; }
    .framed { border: round $primary 40%; border-title-color: $primary; padding: 0 1; }
    #side { width: 34; }
    Meter.framed { height: 5; }
    """

    def __init__(self, theme: str, glyphs: Glyphs) -> None:
        super().__init__()
        self.theme = theme
        self.table = LiveTable[Seat](
            SEAT_COLUMNS, lambda seat: seat.worker, glyphs=glyphs, classes="framed"
        )
        self.plot = Plot(glyphs=glyphs, classes="framed")
        self.gantt = Gantt(glyphs=glyphs, classes="framed")
        self.facts = Facts(glyphs=glyphs, classes="framed")
        self.meter = Meter(glyphs=glyphs, classes="framed")
        self.bars = BarList(most=1.0, glyphs=glyphs, classes="framed")
        self.matrix = ConfusionMatrix(glyphs=glyphs, classes="framed")

    def compose(self) -> ComposeResult:
        """Tables on top, time below."""
        with Horizontal():
            yield self.table
            yield self.plot
        with Horizontal():
            with Vertical(id="side"):
                yield self.facts
                yield self.meter
            yield self.bars
            yield self.matrix
        yield self.gantt

    def on_ready(self) -> None:
        """Everything at a moment that never changes."""
        rows = seats(12)
        self.table.entitle("Pool", "12 slots")
        self.table.update(
            [*rows[:8], TableSection("reserve", "2"), *rows[8:10], TableSection("gone")]
        )
        self.table.sort("age", descending=True)
        self.plot.update(learning_figure())
        self.facts.update(
            [
                Fact("labels", "1,284", "good", "of 5,000"),
                Fact("rate", "12.4/s", curve=tuple(float(n % 7) for n in range(40))),
                Fact("cost", "$48.21"),
            ]
        )
        parts = [("done", 31, "green"), ("working", 12, "sky"), ("doubled", 3, "orange")]
        self.meter.update([MeterPart(*part) for part in parts])
        self.bars.update([BarItem(f"class {n}", 0.95 - n / 20) for n in range(8)])
        self.matrix.update(["cat", "dog", "猫"], [[70, 3, 0], [12, 60, 1], [0, 2, 9]])
        source = timeline(6, 60)
        self.gantt.update(source, 118.0)
        row = next(
            (row.key, bar)
            for row in source.rows()
            for bar in source.bars(row.key, 60, 118)
            if bar.duplicate
        )
        self.gantt.select(*row)


@pytest.mark.parametrize(
    ("theme", "glyphs", "size"),
    [
        ("textual-dark", UNICODE, (120, 44)),
        ("textual-light", UNICODE, (120, 44)),
        ("textual-dark", ASCII, (80, 36)),
    ],
    ids=["dark", "light", "ascii"],
)
def test_the_widgets_together(
    snap_compare: Callable[..., bool], theme: str, glyphs: Glyphs, size: tuple[int, int]
) -> None:
    assert snap_compare(Board(theme, glyphs), terminal_size=size)
