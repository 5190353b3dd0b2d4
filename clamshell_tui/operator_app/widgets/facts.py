"""Figures with their names, aligned, in as many columns as it takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, clip, fit, fit_spans, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.operator_app.widgets.sparkline import bars

_GAP = 3  # cells between columns of facts
_LONGEST_LABEL = 24
_CURVE = 6  # cells, below which a curve says nothing


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, a figure, a quiet note behind it, and how the figure went if there is room."""

    label: str
    value: str
    ink: str = "text"
    note: str = ""
    curve: tuple[float, ...] = ()


class Facts(Drawn):
    """Down the first column, then down the next; a figure is clipped after everything else."""

    DEFAULT_CSS = "Facts { width: 1fr; height: 1fr; }"

    _facts: tuple[Fact, ...] = ()

    def update(self, facts: Sequence[Fact]) -> None:
        """Show these."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """As few columns as the height allows."""
        columns = max(1, -(-len(self._facts) // height))
        depth = min(height, len(self._facts))
        room = max(1, (width - _GAP * (columns - 1)) // columns)
        lines = []
        for row in range(depth):
            spans: list[Span] = []
            for column in range(columns):
                block = self._facts[column * depth : (column + 1) * depth]
                if row < len(block):
                    gap: list[Span] = [(" " * _GAP, "text")] if spans else []
                    spans += gap + self._spans(block, row, room)
            lines.append(strip_of(spans, width, palette))
        return lines

    def _spans(self, block: Sequence[Fact], row: int, width: int) -> list[Span]:
        fact = block[row]
        values = max(cell_len(clip(one.value, width)) for one in block)
        longest = max(cell_len(clip(one.label, _LONGEST_LABEL)) for one in block)
        labels = max(0, min(longest, width - values - 1))
        label = fit(fact.label, labels) + " " if labels else ""
        spans: list[Span] = [
            (label, "muted"),
            (fit(fact.value, min(values, width), "right"), f"{fact.ink} bold"),
        ]
        left = width - cell_len(label) - values
        note = f"  {clip(fact.note, max(0, left - 2))}" if fact.note and left > 4 else ""
        left -= cell_len(note)
        spans.append((note, "muted"))
        if fact.curve and left > _CURVE:
            spans += [(" ", "text"), (bars(fact.curve, left - 1, 1, self.glyphs)[0], "sky")]
        return fit_spans(spans, width)
