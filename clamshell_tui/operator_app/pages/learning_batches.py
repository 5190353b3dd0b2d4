"""The table of batches: what was chosen, by which ranking, and how long it took."""

from collections.abc import Sequence
from dataclasses import dataclass

from clamshell_tui.formats import duration
from clamshell_tui.operator_app.pages.batch_history import latency_of
from clamshell_tui.operator_app.pages.pace import whole
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Column, Glyphs, Part
from clamshell_tui.operator_app.widgets.fitting import Span
from clamshell_tui.operator_app.widgets.meter import meter_spans
from clamshell_tui.operator_app.widgets.numbers import clock
from clamshell_tui.replica.history import BatchNote, Moment

_SHOWN = 300  # batches: the table is for looking at, the run file for the rest


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch; ``active`` (k) and ``passive`` (p) records, times in seconds.

    ``stale`` is the age of the ranking of ``model`` when it was used, in a batch that grew when it
    was used first. An open batch has no ``mpl`` yet, and its
    ``latency`` goes on.
    """

    number: int
    cut: float
    active: int
    passive: int
    model: int
    stale: float | None
    open: bool
    latency: float
    mpl: float | None
    duplicates: int


class BatchRows:
    """Those of batches that ended are made once."""

    def __init__(self) -> None:
        self._ended: dict[int, BatchRow] = {}

    def rows(self, view: View) -> list[BatchRow]:
        """Newest first."""
        notes = view.history.batches_until(view.at)[-_SHOWN:]
        return [self._row(view, note) for note in reversed(notes)]

    def _row(self, view: View, note: BatchNote) -> BatchRow:
        ended = note.batch.ended
        if ended is None or ended > view.at:
            return _row(view, note, view.at)
        row = self._ended.get(note.batch.id)
        if row is None:
            row = self._ended[note.batch.id] = _row(view, note, ended)
        return row


def batch_columns(glyphs: Glyphs) -> list[Column[BatchRow]]:
    """How a batch is written."""

    def split(row: BatchRow, width: int) -> Sequence[Span]:
        parts = [Part("active", row.active, "orange"), Part("random", row.passive, "sky")]
        return meter_spans(parts, width, glyphs)

    return [
        Column("number", "batch", lambda row: str(row.number), 5, align="right", sort=_number),
        Column("cut", "cut", lambda row: clock(row.cut), 7, align="right", priority=3, ink=_muted),
        Column("k", "k", lambda row: str(row.active), 4, align="right", ink=_orange),
        Column("p", "p", lambda row: str(row.passive), 4, align="right", ink=_sky),
        Column("split", "k / p", lambda row: "", 18, 6, priority=4, spans=split),
        Column("model", "model", _model, 5, align="right", priority=2),
        Column("stale", "ranking", _stale, 11, 8, align="right", sort=_stale_key, descending=True),
        Column(
            "latency",
            "latency",
            _latency,
            12,
            10,
            align="right",
            ink=lambda row: "accent" if row.open else "text",
            sort=lambda row: row.latency,
            descending=True,
        ),
        Column("mpl", "MPL", _mpl, 6, align="right", priority=1, sort=lambda row: row.mpl),
        Column(
            "duplicates",
            "dupl.",
            lambda row: str(row.duplicates),
            6,
            align="right",
            priority=1,
            sort=lambda row: row.duplicates,
            descending=True,
        ),
    ]


def batch_key(row: BatchRow) -> str:
    """Its name in the table."""
    return str(row.number)


def _row(view: View, note: BatchNote, until: float) -> BatchRow:
    batch, history = note.batch, view.history
    before = history.moments_until(Moment.DUPLICATE, batch.cut)
    ended = batch.ended is not None and batch.ended <= view.at
    latency = latency_of(note) if ended else until - (batch.started or batch.cut)
    return BatchRow(
        number=batch.id + 1,
        cut=batch.cut,
        active=note.active,
        passive=note.records - note.active,
        model=note.model,
        stale=note.model_age,
        open=not ended,
        latency=round(max(0.0, latency or 0.0), 1 if ended else 0),
        mpl=batch.mpl if ended else None,
        duplicates=history.moments_until(Moment.DUPLICATE, until) - before,
    )


def _number(row: BatchRow) -> int:
    return row.number


def _stale_key(row: BatchRow) -> float | None:
    return row.stale


def _model(row: BatchRow) -> str:
    return str(row.model) if row.active else "-"


def _stale(row: BatchRow) -> str:
    return "-" if row.stale is None else duration(row.stale)


def _latency(row: BatchRow) -> str:
    return f"{whole(row.latency)}+" if row.open else duration(row.latency)


def _mpl(row: BatchRow) -> str:
    return "-" if row.mpl is None else f"{row.mpl:.1f} s"


def _muted(_: BatchRow) -> str:
    return "muted"


def _orange(row: BatchRow) -> str:
    return "orange bold" if row.active else "faint"


def _sky(row: BatchRow) -> str:
    return "sky bold" if row.passive else "faint"
