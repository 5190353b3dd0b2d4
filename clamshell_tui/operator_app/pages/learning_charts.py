"""The learning curve and the table of batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from clamshell_tui.formats import count, duration, percent
from clamshell_tui.operator_app.pages.costs import whole
from clamshell_tui.operator_app.pages.figures import latency_of
from clamshell_tui.operator_app.pages.page import Signs
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.panels import MeterPart, meter_spans
from clamshell_tui.operator_app.widgets.plot import Figure, Guide, Series
from clamshell_tui.operator_app.widgets.style import Glyphs, clock
from clamshell_tui.operator_app.widgets.table_layout import Column, Span
from clamshell_tui.run.history import History
from clamshell_tui.run.log import BatchNote, EventKind
from clamshell_tui.run.names import Title
from clamshell_tui.run.tables import ModelRow

_POINTS = 128  # models drawn at most; a plot has fewer cells


class LearningCurve:
    """Accuracy over labels, redrawn for each model, with at most ``marks`` markers."""

    def __init__(self, signs: Signs, marks: int) -> None:
        self._signs = signs
        self._marks = marks
        self._models = -1
        self._figure = Figure()

    def figure(self, view: View) -> Figure:
        """The curve until now; markers show if most new labels were active or passive."""
        models = view.history.models_until(view.at)
        if len(models) != self._models:
            self._models = len(models)
            self._figure = self._drawn(view, models)
        return self._figure

    def _drawn(self, view: View, models: Sequence[ModelRow]) -> Figure:
        line = [model for model in thinned(models, _POINTS) if model.accuracy is not None]
        if not line:
            return Figure()
        marked = thinned(line, self._marks)
        after = mostly_active(view.history, marked)
        signs = self._signs
        return Figure(
            series=(
                *_lines(line, signs),
                Series("active", _points(marked, after, True), "points", "orange", signs.active),
                Series("random", _points(marked, after, False), "points", "sky", signs.passive),
            ),
            guides=_target(view),
            x_label="labels",
            x_format=count,
            y_format=_whole,
        )


def thinned(models: Sequence[ModelRow], most: int) -> list[ModelRow]:
    """Every model, or every 2nd, 4th, 8th, ... and the last: kept ones stay as models arrive."""
    step = 1
    while len(models) // step > most:
        step *= 2
    kept = list(models[::step])
    if models and kept[-1] is not models[-1]:
        kept.append(models[-1])
    return kept


def mostly_active(history: History, models: Sequence[ModelRow]) -> list[bool]:
    """For each model, True if most labels since the previous one were actively selected."""
    answers = []
    labels = active = 0
    for model in models:
        labels_now, active_now = model.labels_used, history.active_labels_until(model.labels_used)
        answers.append(2 * (active_now - active) > labels_now - labels)
        labels, active = labels_now, active_now
    return answers


def accuracy_kind(estimated: bool, title: Title) -> str:
    if estimated:
        return "cross-validated, an estimate"
    if not title.held_out or not title.held_out_largest_class:
        return "on held-out records"
    largest = percent(float(title.held_out_largest_class))
    return f"on {title.held_out} held out, {largest} of the largest class"


def _target(view: View) -> tuple[Guide, ...]:
    accuracy = view.source.config.stop.accuracy
    if accuracy is None:
        return ()
    return (Guide(accuracy, f"target {accuracy:.0%}", axis="y", ink="good"),)


def _lines(models: Sequence[ModelRow], signs: Signs) -> list[Series]:
    lines = []
    for name, estimated, ink in (("measured", False, "grey"), ("estimated", True, "purple")):
        points = _points(models, [model.estimated for model in models], estimated)
        if points:
            lines.append(Series(name, points, "line", ink, marker=signs.curve))
    return lines


def _points(
    models: Sequence[ModelRow], marks: Sequence[bool], wanted: bool
) -> tuple[tuple[float, float], ...]:
    return tuple(
        [
            (model.labels_used, model.accuracy or 0.0)
            for model, mark in zip(models, marks, strict=True)
            if mark is wanted
        ]
    )


def _whole(share: float) -> str:
    return f"{share:.0%}" if round(share * 100, 6) % 1 == 0 else percent(share)


_SHOWN = 300  # batches: the table is for looking at, the run file for the rest


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch; ``active`` (k) and ``passive`` (p) records, times in seconds.

    ``stale`` is the age of the ranking of ``model`` when first used in the batch. An open batch has
    no ``mpl``, and its ``latency`` grows.
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
    """Rows of the table; those of ended batches are cached."""

    def __init__(self) -> None:
        self._ended: dict[int, BatchLine] = {}

    def rows(self, view: View) -> list[BatchLine]:
        notes = view.history.batches_until(view.at)[-_SHOWN:]
        return [self._row(view, note) for note in reversed(notes)]

    def _row(self, view: View, note: BatchNote) -> BatchLine:
        ended = note.row.ended_at
        if ended is None or ended > view.at:
            return _row(view, note, view.at)
        row = self._ended.get(note.row.id)
        if row is None:
            row = self._ended[note.row.id] = _row(view, note, ended)
        return row


def batch_columns(glyphs: Glyphs) -> list[Column[BatchLine]]:

    def split(row: BatchLine, width: int) -> Sequence[Span]:
        parts = [MeterPart("active", row.active, "orange"), MeterPart("random", row.passive, "sky")]
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


def batch_key(row: BatchLine) -> str:
    return str(row.number)


def _row(view: View, note: BatchNote, until: float) -> BatchLine:
    batch, history = note.row, view.history
    before = history.events_until(EventKind.DUPLICATE, batch.cut_at)
    ended = batch.ended_at is not None and batch.ended_at <= view.at
    latency = latency_of(batch) if ended else until - (batch.started_at or batch.cut_at)
    return BatchLine(
        number=batch.id + 1,
        cut=batch.cut_at,
        active=batch.active_records,
        passive=batch.records - batch.active_records,
        model=note.model,
        stale=note.model_age,
        open=not ended,
        latency=round(max(0.0, latency or 0.0), 1 if ended else 0),
        mpl=batch.mpl if ended else None,
        duplicates=history.events_until(EventKind.DUPLICATE, until) - before,
    )


def _number(row: BatchLine) -> int:
    return row.number


def _stale_key(row: BatchLine) -> float | None:
    return row.stale


def _model(row: BatchLine) -> str:
    return str(row.model) if row.active else "-"


def _stale(row: BatchLine) -> str:
    return "-" if row.stale is None else duration(row.stale)


def _latency(row: BatchLine) -> str:
    return f"{whole(row.latency)}+" if row.open else duration(row.latency)


def _mpl(row: BatchLine) -> str:
    return "-" if row.mpl is None else f"{row.mpl:.1f} s"


def _muted(_: BatchLine) -> str:
    return "muted"


def _orange(row: BatchLine) -> str:
    return "orange bold" if row.active else "faint"


def _sky(row: BatchLine) -> str:
    return "sky bold" if row.passive else "faint"
