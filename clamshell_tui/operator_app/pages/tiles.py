"""The row of headline figures: each a large number, how it went, and what it means to come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.braille import bars
from clamshell_tui.operator_app.widgets.line_widget import Drawn
from clamshell_tui.operator_app.widgets.panels import MeterPart, meter_spans
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, clip, strip_of


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure. Below it stand its ``parts`` as a bar, or the ``curve`` that it took."""

    title: str
    value: str
    note: str = ""
    under: str = ""
    ink: str = "text"
    parts: tuple[MeterPart, ...] = ()
    curve: tuple[float, ...] = ()
    low: float | None = 0.0  # the floor of the curve; None: its smallest value


class Tile(Drawn):
    """A box for one :class:`Reading`; the figure is the last to be clipped."""

    DEFAULT_CSS = "Tile { width: 1fr; height: 4; }"

    _reading = Reading("", "")

    def update(self, reading: Reading) -> None:
        """Show this."""
        if reading == self._reading:
            return
        if (reading.title, reading.under) != (self._reading.title, self._reading.under):
            self.entitle(reading.title, reading.under)
        self._reading = reading
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """The figure, then the bar or the curve."""
        reading = self._reading
        room = width - cell_len(reading.value) - 2
        fits = cell_len(reading.note) <= room
        spans: list[Span] = [(reading.value, f"{reading.ink} bold")]
        spans.append((f"  {clip(reading.note, room)}" if fits else "", "muted"))
        return [strip_of(spans, width, palette), *self._below(width, height - 1, palette)]

    def _below(self, width: int, height: int, palette: Palette) -> Sequence[Strip]:
        reading = self._reading
        if reading.parts:
            return [strip_of(meter_spans(reading.parts, width, self.glyphs), width, palette)]
        curve = stretched(reading.curve, width)
        rows = bars(curve, width, height, self.glyphs, low=reading.low) if height else []
        return [strip_of([(row, "sky")], width, palette) for row in rows]


def stretched(values: Sequence[float], width: int) -> list[float]:
    """Each value so many times that few of them still fill ``width`` cells, all alike."""
    times = max(1, width // len(values)) if values else 1
    return [value for value in values for _ in range(times)]
