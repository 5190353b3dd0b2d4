"""Small panels: meters, bar lists, facts and the confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import Glyphs, Palette, number
from clamshell_tui.operator_app.widgets.table_layout import (
    Span,
    centred,
    clip,
    fit,
    fit_spans,
    strip_of,
)

_FILLS = "█▓▒░▚"
_ASCII_FILLS = "#%=.:"


@dataclass(frozen=True, slots=True)
class MeterPart:
    """An amount in one state. Its position among the parts sets its glyph.

    So that a state keeps its glyph in monochrome, pass a part for each state in a fixed order, even
    if its amount is 0.
    """

    name: str
    amount: float
    ink: str = "text"


class Meter(LineWidget):
    """A segmented bar, with a legend of the amounts below it if there are two lines or more."""

    DEFAULT_CSS = "Meter { width: 1fr; height: 2; }"

    _parts: tuple[MeterPart, ...] = ()

    def update(self, parts: Sequence[MeterPart]) -> None:
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        bar = meter_spans(self._parts, width, self.glyphs)
        lines = [bar, *self._legend(self._parts, width)]
        return [strip_of(line, width, palette) for line in lines[:height]]

    def _legend(self, parts: Sequence[MeterPart], width: int) -> list[list[Span]]:
        lines: list[list[Span]] = [[]]
        left = width
        for part, fill in zip(parts, _fills(parts, self.glyphs), strict=True):
            if not part.amount:
                continue
            amount, name = number(part.amount), clip(part.name, width)
            need = len(amount) + cell_len(name) + 3
            if need > left and lines[-1]:
                lines.append([])
                left = width
            gap = "  " if lines[-1] else ""
            lines[-1] += [(f"{gap}{fill} ", part.ink), (amount, "text bold")]
            lines[-1].append((f" {name}", "muted"))
            left -= need + 2
        return lines


def meter_spans(parts: Sequence[MeterPart], width: int, glyphs: Glyphs) -> list[Span]:
    """The bar without a legend, ``width`` cells wide."""
    total = sum(max(0.0, part.amount) for part in parts)
    if total <= 0:
        return [(glyphs.line * width, "faint")]
    cells = _shared_out([max(0.0, part.amount) for part in parts], width)
    fills = _fills(parts, glyphs)
    return [(fill * n, p.ink) for p, fill, n in zip(parts, fills, cells, strict=True) if n]


def _fills(parts: Sequence[MeterPart], glyphs: Glyphs) -> list[str]:
    signs = _FILLS if glyphs.braille else _ASCII_FILLS
    return [signs[min(n, len(signs) - 1)] for n in range(len(parts))]


def _shared_out(amounts: Sequence[float], width: int) -> list[int]:
    """Distribute cells by largest remainder; amounts above 0 get at least one if possible."""
    total = sum(amounts)
    exact = [amount / total * width for amount in amounts]
    cells = [int(share) for share in exact]
    order = sorted(range(len(amounts)), key=lambda n: cells[n] - exact[n])
    for n in order[: width - sum(cells)]:
        cells[n] += 1
    for n, amount in enumerate(amounts):
        if amount > 0 and cells[n] == 0 and max(cells) > 1:
            cells[cells.index(max(cells))] -= 1
            cells[n] = 1
    return cells


_LONGEST_LABEL = 20


@dataclass(frozen=True, slots=True)
class BarItem:
    """One bar; ``text`` replaces the value, and a value that is not finite has no bar."""

    label: str
    value: float
    text: str = ""
    ink: str = "sky"


class BarList(LineWidget):
    """Horizontal bars from 0 to ``most`` (the largest value if None)."""

    DEFAULT_CSS = "BarList { width: 1fr; height: 1fr; }"

    _items: tuple[BarItem, ...] = ()

    def __init__(
        self,
        *,
        most: float | None = None,
        empty: str = "",
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, glyphs=glyphs, id=id, classes=classes)
        self._most = most

    def update(self, items: Sequence[BarItem]) -> None:
        if tuple(items) != self._items:
            self._items = tuple(items)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        items = self._items
        if not items:
            return centred([self.empty], width, height, palette)
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
        """Counts in full, shares to a hundredth of the scale."""
        if all(float(item.value).is_integer() for item in self._items):
            return f"{value:,.0f}"
        return number(value, self._scale() / 100)

    def _scale(self) -> float:
        finite = [item.value for item in self._items if isfinite(item.value)]
        return self._most if self._most is not None else max(finite, default=0.0)

    def _bar(self, item: BarItem, room: int, most: float) -> list[Span]:
        """The bar, to an eighth of a cell, and the empty rest."""
        levels = self.glyphs.rightward
        share = item.value / most if most > 0 and isfinite(item.value) else 0.0
        parts = round(max(0.0, min(1.0, share)) * room * len(levels))
        full, rest = divmod(parts, len(levels))
        bar = levels[-1] * full + (levels[rest - 1] if rest else "")
        return [(bar, item.ink), (" " * (room - len(bar)), "text")]


def bars(
    values: Sequence[float],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    low: float | None = 0.0,
) -> list[str]:
    """Lines of ``width`` glyphs, right-aligned; the smallest value is the floor if ``low`` is None.

    If there are more values than cells, neighbours are averaged; values that are not finite leave a
    gap.
    """
    known = _squeezed(values, max(0, width))
    finite = [value for value in known if isfinite(value)]
    floor = min(finite, default=0.0) if low is None else low
    span = max(finite, default=0.0) - floor
    levels = len(glyphs.upward)
    flat = 0.5 if low is None else 0.0
    heights = [_eighths(value, floor, span, levels * height, flat) for value in known]
    lines = []
    for row in range(height):
        base = (height - 1 - row) * levels
        line = "".join(_sign(eighths - base, glyphs.upward) for eighths in heights)
        lines.append(fit(line, width, "right"))
    return lines


def _squeezed(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)] if width else []
    groups = (values[a:b] for a, b in pairwise(edges))
    return [sum(group) / len(group) for group in groups]


def _eighths(value: float, floor: float, span: float, top: int, flat: float) -> int:
    """Height of a bar; at least one, so that a zero differs from a gap. ``flat``: if span is 0."""
    if not isfinite(value):
        return 0
    share = (value - floor) / span if span > 0 else flat
    return max(1, round(max(0.0, min(1.0, share)) * top))


def _sign(eighths: int, levels: str) -> str:
    return levels[min(eighths, len(levels)) - 1] if eighths > 0 else " "


_GAP = 3  # cells between columns of facts
_LONGEST_FACT = 24
_CURVE = 6  # cells, below which a curve says nothing


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, a figure, a note, and a curve of the figure if there is room."""

    label: str
    value: str
    ink: str = "text"
    note: str = ""
    curve: tuple[float, ...] = ()


class Facts(LineWidget):
    """Facts in columns, as few as the height allows; figures are clipped last."""

    DEFAULT_CSS = "Facts { width: 1fr; height: 1fr; }"

    _facts: tuple[Fact, ...] = ()

    def update(self, facts: Sequence[Fact]) -> None:
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
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
        longest = max(cell_len(clip(one.label, _LONGEST_FACT)) for one in block)
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


_LABELS = 12  # cells at most, for the names at the left
_CORNER = "truth"
_WIDEST = 8  # cells


class ConfusionMatrix(LineWidget):
    """Rows are true classes, columns labels. The shade is the share of the row.

    Where the grid does not fit, the most frequent mistakes are listed instead.
    """

    DEFAULT_CSS = "ConfusionMatrix { width: 1fr; height: 1fr; }"

    _names: tuple[str, ...] = ()
    _counts: tuple[tuple[int, ...], ...] = ()

    def update(self, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show ``counts[truth][answer]``; ValueError unless it is square, with a row per class."""
        if len(counts) != len(classes) or any(len(row) != len(classes) for row in counts):
            raise ValueError(f"{len(classes)} classes need as many rows and columns of counts")
        shown = (tuple(classes), tuple(tuple(row) for row in counts))
        if shown != (self._names, self._counts):
            self._names, self._counts = shown
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        if not any(map(any, self._counts)):
            return centred([self.empty], width, height, palette)
        classes = len(self._names)
        labels = min(_LABELS, max(len(_CORNER), *(cell_len(clip(n, 99)) for n in self._names)))
        digits = len(str(max(map(max, self._counts))))
        cell = min(_WIDEST, (width - labels - 1) // classes)
        if cell < digits + 1 or height < classes + 1:
            return self._worst(width, height, palette)
        head: list[Span] = [(f"{fit(_CORNER, labels)} ", "muted italic")]
        head += [(f"{fit(name, cell - 1, 'right')} ", "muted bold") for name in self._names]
        return [strip_of(head, width, palette)] + [
            strip_of(self._row(truth, labels, cell), width, palette) for truth in range(classes)
        ]

    def _row(self, truth: int, labels: int, cell: int) -> list[Span]:
        counts = self._counts[truth]
        total = max(1, sum(counts))
        spans: list[Span] = [(f"{fit(self._names[truth], labels)} ", "muted bold")]
        for answer, count in enumerate(counts):
            hue = "sky" if answer == truth else "orange"
            heat = round((count / total) ** 0.5 * 18) * 5  # few shades: few styles
            text = str(count) if count else self.glyphs.dot
            ink = f"auto bold on {hue}/{max(10, heat)}" if count else "faint"
            spans.append((f"{fit(text, cell - 1, 'right')} ", ink))
        return spans

    def _worst(self, width: int, height: int, palette: Palette) -> list[Strip]:
        mistakes = sorted(
            (-count, truth, answer)
            for truth, row in enumerate(self._counts)
            if sum(row) != row[truth]  # of 1,000 classes, few have mistakes
            for answer, count in enumerate(row)
            if count and truth != answer
        )
        right = sum(row[truth] for truth, row in enumerate(self._counts))
        total = sum(map(sum, self._counts))
        lines: list[list[Span]] = [[(f"{right} of {total} right; taken for", "muted italic")]]
        for count, truth, answer in mistakes[: height - 1]:
            names = clip(self._names[truth], _LABELS), clip(self._names[answer], _LABELS)
            lines.append([(f"{-count:>5} ", "orange bold"), (" as ".join(names), "text")])
        return [strip_of(line, width, palette) for line in lines]
