"""The operator's widgets against the same dashboard of stock ones: CPU time per refresh.

``python -m tests.benchmarks.operator_widgets``; ``--help`` says more. The two dashboards show the
same data, one after the other in one process, headless, at 200x60. The plot of the stock one comes
from textual-plotext, which is no dependency (it pins an old plotext): where it is missing, a line
says so and that dashboard goes without. Figures are CPU time of the process, so that other work on
the machine disturbs little; the ratios are what counts.
"""

import asyncio
import importlib
from collections.abc import Callable
from random import Random
from time import process_time

import click
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import DataTable, Static

from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import Fact, Facts
from clamshell_tui.operator_app.widgets.plot import Figure, Plot
from tests.operator_app.widgets.samples import (
    SEAT_COLUMNS,
    Seat,
    changed_some,
    learning_figure,
    seats,
    timeline,
)

SIZE = (200, 60)
_ROWS = 200
_NOW = 1200.0
_CSS = "Horizontal { height: 1fr; } Horizontal > * { width: 1fr; height: 1fr; }"


class Data:
    """What both dashboards show; each step is a tenth of a second later."""

    def __init__(self) -> None:
        self._rng = Random(1)
        self.rows = seats(_ROWS)
        self.source = timeline(30, 3000)
        self.now = _NOW
        self.points = 30
        self.figure = learning_figure(self.points)

    def step(self) -> None:
        """A quarter of the rows change, time passes, now and then a new model is there."""
        self.rows = changed_some(self.rows, self._rng)
        self.now += 0.1
        if self._rng.random() < 0.1:
            self.points += 1
            self.figure = learning_figure(self.points)

    def facts(self) -> list[tuple[str, str]]:
        """Twelve figures, half of which change."""
        return [(f"fact {n}", f"{self.now * (n % 2) + n:.1f}") for n in range(12)]

    def bars(self) -> list[tuple[str, str]]:
        """The last minute of each slot in words, for want of a stock timeline."""
        return [
            (
                row.label,
                " ".join(
                    f"{bar.label}:{(bar.end or self.now) - bar.start:.1f}"
                    for bar in self.source.bars(row.key, self.now - 60, self.now)
                ),
            )
            for row in self.source.rows()
        ]


class Ours(App[None]):
    """LiveTable, Plot, Gantt, Facts."""

    CSS = _CSS

    def __init__(self) -> None:
        super().__init__()
        self.table = LiveTable[Seat](SEAT_COLUMNS, lambda seat: seat.worker)
        self.plot, self.gantt, self.facts = Plot(), Gantt(), Facts()

    def compose(self) -> ComposeResult:
        """Two above, two below."""
        with Horizontal():
            yield self.table
            yield self.plot
        with Horizontal():
            yield self.gantt
            yield self.facts

    def show(self, data: Data) -> None:
        """Hand everything over, changed or not."""
        self.table.update(data.rows)
        self.plot.update(data.figure)
        self.gantt.update(data.source, data.now)
        self.facts.update([Fact(label, value) for label, value in data.facts()])


class Stock(App[None]):
    """Three DataTables, of which only changed cells are updated, and textual-plotext."""

    CSS = _CSS

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[DataTable[str]] = [DataTable(), DataTable(), DataTable()]
        self.plot = _plotext()
        self.shown: list[dict[tuple[str, str], str]] = [{}, {}, {}]
        self.figure = Figure()

    def compose(self) -> ComposeResult:
        """The same places."""
        seat_table, bars, facts = self.tables
        with Horizontal():
            yield seat_table
            yield self.plot
        with Horizontal():
            yield bars
            yield facts

    def on_mount(self) -> None:
        """Titles."""
        for column in SEAT_COLUMNS:
            self.tables[0].add_column(column.title, key=column.key)
        for table in self.tables[1:]:
            for title in ("name", "value"):
                table.add_column(title, key=title)

    def show(self, data: Data) -> None:
        """The cells that changed, and the plot if it did."""
        cells = {
            (seat.worker, column.key): column.text(seat)
            for seat in data.rows
            for column in SEAT_COLUMNS
        }
        self._put(0, cells, [column.key for column in SEAT_COLUMNS])
        for at, pairs in ((1, data.bars()), (2, data.facts())):
            named = {(name, "name"): name for name, _ in pairs}
            values = {(name, "value"): value for name, value in pairs}
            self._put(at, {**named, **values}, ["name", "value"])
        if data.figure != self.figure and not isinstance(self.plot, Static):
            self.figure = data.figure
            _draw(self.plot, data.figure)

    def _put(self, at: int, cells: dict[tuple[str, str], str], columns: list[str]) -> None:
        table, shown = self.tables[at], self.shown[at]
        for row in dict.fromkeys(row for row, _ in cells):
            if (row, columns[0]) not in shown:
                table.add_row(*(cells[row, column] for column in columns), key=row)
            else:
                for column in columns:
                    if cells[row, column] != shown[row, column]:
                        table.update_cell(row, column, cells[row, column])
        self.shown[at] = cells


def _plotext() -> Widget:
    try:
        module = importlib.import_module("textual_plotext")
    except ImportError:
        click.echo("(no textual-plotext: pip install textual-plotext to compare with its plot)")
        return Static("no plot")
    widget = module.PlotextPlot()
    assert isinstance(widget, Widget)
    return widget


def _draw(widget: Widget, figure: Figure) -> None:
    plt = widget.plt  # type: ignore[attr-defined] # a plotext module, which has no types
    plt.clear_data()
    for series in figure.series:
        plt.plot(*zip(*series.points, strict=True), label=series.name)
    widget.refresh()


async def _cost(app: Ours | Stock, refreshes: int) -> tuple[float, float]:
    """CPU milliseconds of a refresh: on average, and the longest."""
    data = Data()
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(3):
            app.show(data)
            await _painted(pilot)
        spans = []
        for _ in range(refreshes):
            data.step()
            begin = process_time()
            app.show(data)
            await _painted(pilot)
            spans.append(1000 * (process_time() - begin))
    return sum(spans) / len(spans), max(spans)


async def _painted(pilot: Pilot[None]) -> None:
    """Until the screen has written what became dirty."""
    done = asyncio.Event()
    pilot.app.screen.call_after_refresh(done.set)
    await done.wait()


async def _scroll(bars: int, slots: int, steps: int, act: Callable[[Gantt, int], None]) -> float:
    """CPU milliseconds of a step of scrolling or zooming over so many bars, full screen."""
    gantt = Gantt()

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield gantt

    source = timeline(slots, bars)
    async with Alone().run_test(size=SIZE) as pilot:
        gantt.update(source, source.span()[1])
        gantt.action_edge(0)
        await _painted(pilot)
        begin = process_time()
        for n in range(steps):
            act(gantt, n)
            await _painted(pilot)
        return 1000 * (process_time() - begin) / steps


@click.command()
@click.option("--refreshes", default=60, show_default=True, help="Of each dashboard.")
@click.option("--steps", default=100, show_default=True, help="Of scrolling.")
def main(refreshes: int, steps: int) -> None:
    """Print CPU time per refresh of both dashboards, their ratio, and steps of a timeline."""
    ours, ours_most = asyncio.run(_cost(Ours(), refreshes))
    stock, stock_most = asyncio.run(_cost(Stock(), refreshes))
    click.echo(f"{'CPU ms per refresh':38}{'mean':>8}{'most':>8}")
    click.echo(f"{'our widgets':38}{ours:8.1f}{ours_most:8.1f}")
    click.echo(f"{'DataTable and textual-plotext':38}{stock:8.1f}{stock_most:8.1f}")
    verdict = "" if ours <= stock / 8 else "  MISSED"
    click.echo(
        f"{'ratio (target: 1/8 or less)':38}{'1/' + format(stock / ours, '.1f'):>8}{verdict}"
    )
    click.echo(f"\n{'timeline of 200 slots, CPU ms a step':38}{'10,000':>8}{'250,000':>9}{' bars'}")
    for name, act in _ACTS.items():
        times = [asyncio.run(_scroll(bars, 200, steps, act)) for bars in (10_000, 250_000)]
        click.echo(f"{name:38}{times[0]:8.1f}{times[1]:9.1f}")


_ACTS: dict[str, Callable[[Gantt, int], None]] = {
    "scroll by 8 cells": lambda gantt, _: gantt.action_scroll_time(8),
    "scroll by 3 rows": lambda gantt, n: gantt.action_scroll_rows(3 if n // 40 % 2 == 0 else -3),
    "zoom out and in": lambda gantt, n: gantt.action_zoom(-1 if n // 15 % 2 == 0 else 1),
}

if __name__ == "__main__":
    main()
