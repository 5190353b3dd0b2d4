"""Which class is taken for which: a grid of heat and numbers, or the worst cases in words."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, centred, clip, fit, strip_of
from clamshell_tui.operator_app.widgets.glyphs import UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.palette import Palette

_LABELS = 12  # cells at most, for the names at the left
_CORNER = "truth"
_WIDEST = 8  # cells


class ConfusionMatrix(Drawn):
    """Rows are the true class, columns what it was taken for; the diagonal is what was right.

    The shade is the share of its row. Where the grid does not fit, the most frequent mistakes are
    listed instead.
    """

    DEFAULT_CSS = "ConfusionMatrix { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        *,
        empty: str = "",
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._empty = empty
        self._names: tuple[str, ...] = ()
        self._counts: tuple[tuple[int, ...], ...] = ()

    def update(self, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """``counts[truth][answer]``, a square as large as there are classes; ValueError if not."""
        if len(counts) != len(classes) or any(len(row) != len(classes) for row in counts):
            raise ValueError(f"{len(classes)} classes need as many rows and columns of counts")
        shown = (tuple(classes), tuple(tuple(row) for row in counts))
        if shown != (self._names, self._counts):
            self._names, self._counts = shown
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """The grid if every number fits into it."""
        if not any(map(any, self._counts)):
            return centred([self._empty], width, height, palette)
        classes = len(self._names)
        labels = min(_LABELS, max(len(_CORNER), *(cell_len(clip(n, 99)) for n in self._names)))
        digits = max(len(str(count)) for row in self._counts for count in row)
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
