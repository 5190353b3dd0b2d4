"""Horizontal bars with labels: shares by class, a histogram by interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, centred, clip, fit, strip_of
from clamshell_tui.operator_app.widgets.glyphs import UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.numbers import number
from clamshell_tui.operator_app.widgets.palette import Palette

_LONGEST_LABEL = 20


@dataclass(frozen=True, slots=True)
class BarItem:
    """``text`` stands for the value, if given; a value that is not finite has no bar."""

    label: str
    value: float
    text: str = ""
    ink: str = "sky"


class BarList(Drawn):
    """Bars from 0 to ``most`` (the largest value, if None), with a mark at ``guide``."""

    DEFAULT_CSS = "BarList { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        *,
        most: float | None = None,
        guide: float | None = None,
        empty: str = "",
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._most = most
        self._guide = guide
        self._empty = empty
        self._items: tuple[BarItem, ...] = ()

    def update(self, items: Sequence[BarItem]) -> None:
        """Show these, from top to bottom."""
        if tuple(items) != self._items:
            self._items = tuple(items)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """One line each; the last line says how many more there are."""
        items = self._items
        if not items:
            return centred([self._empty], width, height, palette)
        left_out = len(items) - height + 1 if len(items) > height > 1 else 0
        shown = items[: len(items) - left_out][:height]
        texts = [item.text or self._number(item.value) for item in shown]
        labels = min(_LONGEST_LABEL, width // 3, max(cell_len(clip(i.label, 99)) for i in shown))
        values = min(width // 3, max(cell_len(clip(text, 99)) for text in texts))
        room = max(0, width - labels - values - 2)
        strips = []
        for item, text in zip(shown, texts, strict=True):
            spans: list[Span] = [(f"{fit(item.label, labels)} ", "text")]
            spans += self._bar(item, room, self._scale())
            spans.append((f" {fit(text, values, 'right')}", "text bold"))
            strips.append(strip_of(spans, width, palette))
        if left_out:
            strips.append(strip_of([(f"{left_out} more", "muted italic")], width, palette))
        return strips

    def _number(self, value: float) -> str:
        """Counts as they are, shares to a hundredth of the scale."""
        if all(float(item.value).is_integer() for item in self._items):
            return f"{value:,.0f}"
        return number(value, self._scale() / 100)

    def _scale(self) -> float:
        finite = [item.value for item in self._items if isfinite(item.value)]
        return self._most if self._most is not None else max(finite, default=0.0)

    def _bar(self, item: BarItem, room: int, most: float) -> list[Span]:
        """The bar to an eighth of a cell, the mark where nothing covers it, and the ground."""
        levels = self.glyphs.rightward
        share = item.value / most if most > 0 and isfinite(item.value) else 0.0
        parts = round(max(0.0, min(1.0, share)) * room * len(levels))
        full, rest = divmod(parts, len(levels))
        bar = levels[-1] * full + (levels[rest - 1] if rest else "")
        spans: list[Span] = [(bar, item.ink)]
        ground = " " * (room - len(bar))
        if self._guide is not None and most > 0 and room:
            at = min(room - 1, round(max(0.0, min(1.0, self._guide / most)) * room)) - len(bar)
            if 0 <= at < len(ground):
                spans += [(ground[:at], "text"), (self.glyphs.wall, "muted")]
                ground = ground[at + 1 :]
        return [*spans, (ground, "text")]
