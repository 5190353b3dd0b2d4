"""Panels of the overview: latest labels, log, and state of the pool."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from textual.strip import Strip

from clamshell_tui.core.commands import Reject, Release
from clamshell_tui.formats import duration
from clamshell_tui.operator_app.pages.figures import BatchHistory, decisions_until
from clamshell_tui.operator_app.pages.page import Signs
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.panels import Fact, MeterPart
from clamshell_tui.operator_app.widgets.style import Glyphs, Palette, clock
from clamshell_tui.operator_app.widgets.table_layout import (
    Column,
    RowPainter,
    SortOrder,
    Span,
    centred,
    matches,
    place,
)
from clamshell_tui.run.history import History
from clamshell_tui.run.log import EventKind, LogEntry
from clamshell_tui.run.tables import LabelRow

T = TypeVar("T")
_SHOWN = 64  # lines at most: more than fit beside the other boxes


class Stream(LineWidget, Generic[T]):
    """A table without a cursor, drawn from top to bottom as far as there is room."""

    DEFAULT_CSS = "Stream { width: 1fr; height: 1fr; }"

    def __init__(
        self,
        columns: Sequence[Column[T]],
        *,
        empty: str,
        glyphs: Glyphs | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(empty=empty, glyphs=glyphs, id=id, classes=classes)
        self._columns = tuple(columns)
        self._rows: tuple[T, ...] = ()

    def update(self, rows: Sequence[T]) -> None:
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        if not self._rows:
            return centred([self.empty], width, height, palette)
        painter = RowPainter(place(self._columns, width), width, None, palette, self.glyphs)
        rows = self._rows[: height - 1]
        return [painter.header(SortOrder()), *[painter.strip(painter.cells(row)) for row in rows]]


# -- labels ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelLine:
    """One label with names for numbers; ``truth`` is the true class, None if unknown."""

    at: float
    record: str
    label: str
    active: bool
    support: float
    who: str
    truth: str | None


class LabelRows:
    """The newest labels, rebuilt when a label or a record's name arrives."""

    def __init__(self) -> None:
        self._built_for = (-1, -1)
        self._rows: tuple[LabelLine, ...] = ()

    def rows(self, view: View) -> tuple[LabelLine, ...]:
        count = view.history.labels_until(view.at)
        if (count, len(view.names)) != self._built_for:
            self._built_for = count, len(view.names)
            newest = view.history.labels[max(0, count - _SHOWN) : count]
            self._rows = tuple([_label_row(view, label) for label in reversed(newest)])
        return self._rows


def label_columns(signs: Signs) -> list[Column[LabelLine]]:

    def truth(row: LabelLine) -> str:
        if row.truth is None:
            return signs.waits
        return signs.right if row.truth == row.label else f"{signs.wrong} {row.truth}"

    def truth_ink(row: LabelLine) -> str:
        if row.truth is None:
            return "faint"
        return "green bold" if row.truth == row.label else "vermilion bold"

    def kind(row: LabelLine, width: int) -> Sequence[Span]:
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


def _label_row(view: View, label: LabelRow) -> LabelLine:
    name = view.names.get(label.record)
    known = name is not None and name.truth is not None
    return LabelLine(
        at=label.at,
        record=view.record_id(label.record),
        label=label.label,
        active=label.active,
        support=label.support,
        who=_voters(view, label),
        truth=view.classes[name.truth] if known else None,  # type: ignore[union-attr, index]
    )


def _voters(view: View, label: LabelRow) -> str:
    if label.task is None:
        return "machine"
    return ", ".join([row.worker for row in view.history.votes_until(label.task, label.at)])


def _support(row: LabelLine) -> str:
    return f"{row.support:.0%}"


def _muted(_: object) -> str:
    return "muted"


# -- log ------------------------------------------------------------------------------------------


class LogLine(NamedTuple):
    """A line of the log; workers who went together for one reason share it."""

    at: float
    kind: EventKind
    text: str


class LogLines:
    """The log without models, which have their own box."""

    def __init__(self) -> None:
        self._read = 0
        self._lines: list[list[LogEntry]] = []

    def rows(self, history: History, at: float, words: str = "") -> tuple[LogLine, ...]:
        """The last lines until ``at``, newest first; only those with all ``words``."""
        for entry in history.log[self._read :]:
            if entry.kind is not EventKind.MODEL:
                self._take(entry)
        self._read = len(history.log)
        last = bisect_right(self._lines, at, key=lambda line: line[0].at)
        newest = (_log_line(self._lines[index]) for index in range(last - 1, -1, -1))
        return tuple(islice((line for line in newest if matches(line.text, words)), _SHOWN))

    def _take(self, entry: LogEntry) -> None:
        if self._lines and _together(self._lines[-1][-1], entry):
            self._lines[-1].append(entry)
        else:
            self._lines.append([entry])


def _together(last: LogEntry, entry: LogEntry) -> bool:
    """Return whether two workers went at the same time and for the same reason."""
    gone = Release | Reject
    return (
        isinstance(last.what, gone)
        and isinstance(entry.what, gone)
        and (last.at, last.what.reason) == (entry.at, entry.what.reason)
    )


def _log_line(line: Sequence[LogEntry]) -> LogLine:
    *others, last = line
    names = "".join([f"{entry.what.worker}, " for entry in others])  # type: ignore[union-attr]
    return LogLine(last.at, last.kind, f"{names}{last.text}")


def log_columns(signs: Signs) -> list[Column[LogLine]]:
    """Columns of the log; important entries have a glyph and a colour."""
    loud = {
        EventKind.EVICTION: (signs.stress, "orange bold"),
        EventKind.WARNING: (signs.wrong, "vermilion bold"),
        EventKind.ORDER: (signs.order, "purple bold"),
        EventKind.BATCH: (signs.working, "sky"),
    }
    quiet = (signs.waits, "muted")

    def sign(line: LogLine) -> str:
        return loud.get(line.kind, quiet)[0]

    def ink(line: LogLine) -> str:
        return loud.get(line.kind, quiet)[1]

    return [
        Column("at", "time", lambda line: clock(line.at), 7, 5, align="right", ink=_muted),
        Column("sign", "", sign, 1, ink=ink),
        Column("text", "event", lambda line: line.text, 20, flex=1, ink=ink),
    ]


_LATELY = 64  # decisions among which the worst is shown


def pool_parts(view: View) -> list[MeterPart]:
    """Slots by state: every state, also with amount 0, so that each keeps its glyph."""
    run = view.snapshot.run
    states = Counter(
        _doing(card.task, card.connected) for card in view.snapshot.workers if card.slot is not None
    )
    return [
        MeterPart("working", states["working"], "sky"),
        MeterPart("waiting", states["waiting"], "green"),
        MeterPart("away", states["away"], "vermilion"),
        MeterPart("free", max(0, run.slots - run.seated), "text/25"),
    ]


def pool_facts(view: View, batches: BatchHistory) -> list[Fact]:
    """Most important first: facts that do not fit are dropped from the end."""
    snapshot = view.snapshot
    run = snapshot.run
    wanted = run.slots + _reserve(view) - run.seated - run.reserve - run.training
    if run.phase in {"draining", "finished"}:
        wanted = 0
    return [
        Fact("reserve", str(run.reserve), note=f"of {_reserve(view)}"),
        Fact("in training", str(run.training), note=f"{wanted} wanted" if wanted > 0 else ""),
        Fact("stragglers", str(snapshot.stragglers), _alarm(snapshot.stragglers), "over 2x mean"),
        Fact("uncovered", str(snapshot.starved), note="tasks" if snapshot.starved != 1 else "task"),
        Fact("duplicates", str(run.duplicates), note=_share(run.duplicates, run.assignments)),
        Fact("evictions", str(run.evictions), _alarm(run.evictions), _why(view)),
        *_latency_facts(view, batches),
    ]


def _latency_facts(view: View, batches: BatchHistory) -> list[Fact]:
    history = view.history
    made = decisions_until(history, view.at)
    decision = Fact("decision", "-", note="between batches")
    if made:
        note = f"worst {duration(max(history.waits[max(0, made - _LATELY) : made]))}"
        decision = Fact("decision", duration(history.waits[made - 1]), note=note)
    ended = batches.ended_until(view.at)
    mpl = history.batches[ended - 1].row.mpl if ended else None
    first = history.batches[0].row.mpl if ended > 1 else None
    note = "" if first is None else f"first {first:.1f} s"
    return [decision, Fact("pool latency", "-" if mpl is None else f"{mpl:.1f} s", note=note)]


def _doing(task: int | None, connected: bool) -> str:
    if not connected:
        return "away"
    return "waiting" if task is None else "working"


def _reserve(view: View) -> int:
    return view.source.config.pool.reserve


def _why(view: View) -> str:
    """The limit of evictions, as a note."""
    objective, threshold = view.source.config.maintenance.objective, view.snapshot.run.threshold
    if threshold is None:
        return "switched off"
    return f"over {threshold:.1f} s" if objective == "latency" else f"by {objective}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of work" if whole else ""


def _alarm(number: int) -> str:
    return "orange" if number else "text"
