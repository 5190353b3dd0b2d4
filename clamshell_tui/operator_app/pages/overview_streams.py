"""What happened last, newest first: the labels that came, and the log of the run."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.strip import Strip

from clamshell_tui.operator_app.pages.signs import Signs
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import UNICODE, Column, Glyphs
from clamshell_tui.operator_app.widgets.columns import place
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, centred
from clamshell_tui.operator_app.widgets.numbers import clock
from clamshell_tui.operator_app.widgets.ordering import Order
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.operator_app.widgets.table_line import RowPainter
from clamshell_tui.replica.history import Delivered, Happening, History, Moment

T = TypeVar("T")
_SHOWN = 64  # lines at most: more than fit beside the other boxes
_WENT = " went: "


class Stream(Drawn, Generic[T]):
    """Rows in columns under a line of titles; nothing to choose, so no cursor."""

    DEFAULT_CSS = "Stream { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        columns: Sequence[Column[T]],
        *,
        empty: str,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._columns = tuple(columns)
        self._empty = empty
        self._rows: tuple[T, ...] = ()

    def update(self, rows: Sequence[T]) -> None:
        """Show these from top to bottom, as many as there is room for."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Titles and rows."""
        if not self._rows:
            return centred([self._empty], width, height, palette)
        painter = RowPainter(place(self._columns, width), width, None, palette, self.glyphs)
        rows = self._rows[: height - 1]
        return [painter.header(Order()), *[painter.strip(painter.cells(row)) for row in rows]]


# -- labels ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label as a person reads it; ``truth`` is the true class, None if it is not known."""

    at: float
    record: str
    label: str
    active: bool
    support: float
    who: str
    truth: str | None


class LabelRows:
    """The newest labels; built anew when there is another, or another name."""

    def __init__(self) -> None:
        self._built_for = (-1, -1)
        self._rows: tuple[LabelRow, ...] = ()

    def rows(self, view: View) -> tuple[LabelRow, ...]:
        """Newest first."""
        count = view.history.labels_until(view.at)
        if (count, len(view.names)) != self._built_for:
            self._built_for = count, len(view.names)
            newest = [*view.history.labels(count - _SHOWN, count)]
            self._rows = tuple([_label_row(view, label) for label in reversed(newest)])
        return self._rows


def label_columns(signs: Signs) -> list[Column[LabelRow]]:
    """How a label is written."""

    def truth(row: LabelRow) -> str:
        if row.truth is None:
            return signs.waits
        return signs.right if row.truth == row.label else f"{signs.wrong} {row.truth}"

    def truth_ink(row: LabelRow) -> str:
        if row.truth is None:
            return "faint"
        return "green bold" if row.truth == row.label else "vermilion bold"

    def kind(row: LabelRow, width: int) -> Sequence[Span]:
        ink = "orange" if row.active else "sky"
        sign = signs.active if row.active else signs.passive
        word = "active" if row.active else "random"
        return [(f"{sign} {word}" if width > len(word) + 1 else sign, ink)]

    return [
        Column("at", "time", lambda row: clock(row.at), 7, 5, align="right", ink=_muted),
        Column("record", "record", lambda row: row.record, 8, 6, flex=1),
        Column("label", "label", lambda row: row.label, 8, 5, flex=2, ink=lambda _: "text bold"),
        Column("truth", "truth", truth, 9, 5, flex=1, ink=truth_ink),
        Column("who", "by", lambda row: row.who, 12, 5, flex=2, priority=2),
        Column("kind", "", lambda row: "", 8, 1, priority=4, spans=kind),
        Column("support", "support", _support, 7, 7, align="right", priority=3, ink=_muted),
    ]


def _label_row(view: View, label: Delivered) -> LabelRow:
    name = view.names.get(label.record)
    known = name is not None and name.truth is not None
    return LabelRow(
        at=label.at,
        record=view.record_id(label.record),
        label=view.classes[label.label],
        active=label.active,
        support=label.support,
        who=_who(view, label),
        truth=view.classes[name.truth] if known else None,  # type: ignore[union-attr, index]
    )


def _who(view: View, label: Delivered) -> str:
    answers = view.source.replica.engine.state.tasks[label.task].answers
    return ", ".join([str(answer.worker) for answer in answers])


def _support(row: LabelRow) -> str:
    return f"{row.support:.0%}"


def _muted(_: object) -> str:
    return "muted"


# -- log ------------------------------------------------------------------------------------------


class LogLines:
    """The log without its models, which have a box of their own, and with partings in one line."""

    def __init__(self) -> None:
        self._read = 0
        self._lines: list[Happening] = []

    def rows(self, history: History, at: float) -> tuple[Happening, ...]:
        """The last that had happened, newest first."""
        for line in history.log[self._read :]:
            self._take(line)
        self._read = len(history.log)
        last = bisect_right(self._lines, at, key=lambda line: line.at)
        return tuple(self._lines[max(0, last - _SHOWN) : last][::-1])

    def _take(self, line: Happening) -> None:
        if line.moment is Moment.MODEL:
            return
        last = self._lines[-1] if self._lines else None
        _, went, why = line.text.partition(_WENT)
        if went and last is not None and last.at == line.at and last.text.endswith(went + why):
            others = last.text.removesuffix(went + why)
            self._lines[-1] = Happening(line.at, line.moment, f"{others}, {line.text}")
            return
        self._lines.append(line)


def log_columns(signs: Signs) -> list[Column[Happening]]:
    """How a line of the log is written: what matters has a sign and an ink."""
    loud = {
        Moment.EVICTION: (signs.stress, "orange bold"),
        Moment.WARNING: (signs.wrong, "vermilion bold"),
        Moment.ORDER: (signs.order, "purple bold"),
        Moment.BATCH: (signs.working, "sky"),
    }
    quiet = (signs.waits, "muted")

    def sign(line: Happening) -> str:
        return loud.get(line.moment, quiet)[0]

    def ink(line: Happening) -> str:
        return loud.get(line.moment, quiet)[1]

    return [
        Column("at", "time", lambda line: clock(line.at), 7, 5, align="right", ink=_muted),
        Column("sign", "", sign, 1, ink=ink),
        Column("text", "what happened", lambda line: line.text, 20, flex=1, ink=ink),
    ]
