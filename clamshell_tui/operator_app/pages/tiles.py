"""Headline figures: a number, its note and a small bar or curve."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.panels import MeterPart, bars, meter_spans
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, clip, strip_of


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure. Its ``parts`` are drawn as a bar below it, or else its ``curve``."""

    title: str
    value: str
    note: str = ""
    under: str = ""
    ink: str = "text"
    parts: tuple[MeterPart, ...] = ()
    curve: tuple[float, ...] = ()
    low: float | None = 0.0  # the floor of the curve; None: its smallest value


class Tile(LineWidget):
    """A box for one :class:`Headline`; the note is dropped before the figure is clipped."""

    DEFAULT_CSS = "Tile { width: 1fr; height: 4; }"

    _headline = Headline("", "")

    def update(self, headline: Headline) -> None:
        if headline == self._headline:
            return
        if (headline.title, headline.under) != (self._headline.title, self._headline.under):
            self.entitle(headline.title, headline.under)
        self._headline = headline
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        headline = self._headline
        room = width - cell_len(headline.value) - 2
        fits = cell_len(headline.note) <= room
        spans: list[Span] = [(headline.value, f"{headline.ink} bold")]
        spans.append((f"  {clip(headline.note, room)}" if fits else "", "muted"))
        return [strip_of(spans, width, palette), *self._below(width, height - 1, palette)]

    def _below(self, width: int, height: int, palette: Palette) -> Sequence[Strip]:
        headline = self._headline
        if headline.parts:
            return [strip_of(meter_spans(headline.parts, width, self.glyphs), width, palette)]
        curve = stretched(headline.curve, width)
        rows = bars(curve, width, height, self.glyphs, low=headline.low) if height else []
        return [strip_of([(row, "sky")], width, palette) for row in rows]


def stretched(values: Sequence[float], width: int) -> list[float]:
    """Repeat each value equally often so that a short series fills ``width`` cells."""
    times = max(1, width // len(values)) if values else 1
    return [value for value in values for _ in range(times)]
