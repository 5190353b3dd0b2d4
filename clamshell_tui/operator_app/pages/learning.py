"""The Learning page: accuracy of the model, its labels, and errors of model and crowd."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from clamshell_tui.core.events import ModelTrained
from clamshell_tui.formats import count, duration, percent
from clamshell_tui.operator_app.pages.costs import whole
from clamshell_tui.operator_app.pages.figures import TruthCount
from clamshell_tui.operator_app.pages.learning_charts import (
    BatchLine,
    BatchRows,
    LearningCurve,
    accuracy_kind,
    batch_columns,
    batch_key,
    thinned,
)
from clamshell_tui.operator_app.pages.page import Page, Signs, signs_of
from clamshell_tui.operator_app.pages.tiles import Headline, Tile
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import StyledWidget, glyphs_here
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import BarItem, BarList, ConfusionMatrix, MeterPart
from clamshell_tui.operator_app.widgets.plot import Figure, Plot, Series
from clamshell_tui.operator_app.widgets.style import Glyphs
from clamshell_tui.run.tables import ModelRow

_CURVE = 64  # values of a small curve
_POINTS = 128  # models drawn
_MEDIAN = 2  # of five quartiles, from the minimum to the maximum
_LOW = 0.8  # times the mean accuracy, below which a class stands out


def headlines(view: View, signs: Signs) -> dict[str, Headline]:
    models = view.history.models_until(view.at)
    return {
        "accuracy": _accuracy(view, models),
        "learned": _learned(view, models, signs),
        "training": _training(view, models),
        "ranking": _ranking(view),
        "unsure": _unsure(view, models),
    }


def class_items(view: View) -> tuple[list[BarItem], str]:
    """Accuracy per class of the last model that reported it, and a note naming the model."""
    models = view.history.models_until(view.at)[-_CURVE:]
    reported = next((row for row in reversed(models) if _report(view, row).by_class), None)
    if reported is None:
        return [], ""
    by_class = _report(view, reported).by_class
    measured = [share for share in by_class if share >= 0]
    low = _LOW * sum(measured) / max(1, len(measured))
    items = [
        BarItem(name, share, percent(share), "orange" if share < low else "green/55")
        if share >= 0
        else BarItem(name, 0.0, "-", "muted")
        for name, share in zip(view.classes, by_class, strict=False)
    ]
    return items, f"model {reported.version}"


def uncertainty_figure(view: View) -> Figure:
    models = thinned(view.history.models_until(view.at), _POINTS)
    reports = [_report(view, model) for model in models]
    reported = [each for each in reports if len(each.uncertainty) > 2 * _MEDIAN]
    if not reported:
        return Figure()
    names = (
        ("upper quartile", 3, "grey"),
        ("median", _MEDIAN, "sky"),
        ("lower quartile", 1, "purple"),
    )
    return Figure(
        series=tuple(
            [
                Series(
                    name,
                    tuple([(one.labels_used, one.uncertainty[place]) for one in reported]),
                    ink=ink,
                )
                for name, place, ink in names
            ]
        ),
        x_label="labels",
        x_format=count,
    )


def _accuracy(view: View, models: Sequence[ModelRow]) -> Headline:
    last = _last(models)
    if last is None:
        waits = "training the first" if view.snapshot.run.model.training else "no model yet"
        return Headline("Model", "-", under=waits)
    curve = [one.accuracy for one in thinned(models, _CURVE) if one.accuracy is not None]
    note = "estimated" if last.estimated else "held out"
    under = f"version {last.version}"
    return Headline("Model", percent(last.accuracy), note, under, curve=tuple(curve), low=None)


def _learned(view: View, models: Sequence[ModelRow], signs: Signs) -> Headline:
    last = _last(models)
    if last is None:
        return Headline("Learned from", "-", under="no label yet")
    active = view.history.active_labels_until(last.labels_used)
    parts = (
        MeterPart("active", active, "orange"),
        MeterPart("random", last.labels_used - active, "sky"),
    )
    under = f"{signs.active} {count(active)}  {signs.passive} {count(last.labels_used - active)}"
    return Headline("Learned from", count(last.labels_used), "labels", under, parts=parts)


def _training(view: View, models: Sequence[ModelRow]) -> Headline:
    last, model = _last(models), view.snapshot.run.model
    under = "training now" if model.training else "idle"
    if last is None:
        return Headline("Training", "-", under=under)
    if not model.training:
        under = f"idle, {whole(model.age)} old"
    curve = tuple([one.seconds for one in thinned(models, _CURVE)])
    return Headline("Training", duration(last.seconds), "a model", under, curve=curve)


def _ranking(view: View) -> Headline:
    """Age of the ranking when the last batch first used it."""
    notes = [note for note in view.history.batches_until(view.at)[-_CURVE:] if note.chosen]
    ages = [note.model_age for note in notes if note.model_age is not None]
    if not ages:
        return Headline("Ranking used", "-", under="no active record yet")
    under = f"model {notes[-1].model}"
    return Headline("Ranking used", duration(ages[-1]), "old", under, curve=tuple(ages))


def _unsure(view: View, models: Sequence[ModelRow]) -> Headline:
    reports = [_report(view, model).uncertainty for model in thinned(models, _CURVE)]
    reported = [each for each in reports if len(each) > _MEDIAN]
    measure = view.source.config.learning.uncertainty
    if not reported:
        return Headline("Uncertainty", "-", under=measure)
    curve = tuple([quartiles[_MEDIAN] for quartiles in reported])
    return Headline("Uncertainty", f"{curve[-1]:.2f}", "median", measure, curve=curve)


def _report(view: View, model: ModelRow) -> ModelTrained:
    return view.history.reports[model.version - 1]


def _last(models: Sequence[ModelRow]) -> ModelRow | None:
    return models[-1] if models else None


_NARROW, _SHORT = 100, 28  # cells of the page
_MARKS = 40  # of the learning curve
_FRAME = 2  # lines around a box
_OFF = "Learning is off: every record is labelled by the crowd."
_SOON = "A point appears here with every model."


class LearningPage(Page):
    ID: ClassVar[str] = "learning"
    TITLE: ClassVar[str] = "Learning"
    DEFAULT_CSS = """
    LearningPage {
        layout: vertical;
        #numbers { height: 4; }
        #halves { height: 1fr; }
        #left { width: 7fr; }
        #right { width: 5fr; }
        #curve { height: 3fr; }
        #off { display: none; height: 5; content-align: center middle; text-style: italic; }
        #batches { height: 2fr; }
        #classes { height: 10fr; }
        #confusion { height: 13fr; }
        #doubts { height: 9fr; }
        &.-narrow #unsure { display: none; }
        &.-short #doubts, &.-short #confusion { display: none; }
        &.-short #curve { height: 1fr; }
        &.-short #batches { height: 7; }
        &.-off #numbers, &.-off #curve, &.-off #classes, &.-off #doubts { display: none; }
        &.-off #confusion, &.-off #off { display: block; }
    }
    """

    def __init__(self, *, glyphs: Glyphs | None = None, id: str | None = None) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._glyphs = glyphs or glyphs_here()
        self._curve = LearningCurve(signs_of(self._glyphs), _MARKS)
        self._rows = BatchRows()
        self._truth: TruthCount | None = None
        self._fitted_for = 0
        self._titles: dict[str, tuple[str, str]] = {}

    def compose(self) -> ComposeResult:
        glyphs = self._glyphs
        with Horizontal(id="numbers"):
            for name in ("accuracy", "learned", "training", "ranking", "unsure"):
                yield Tile(glyphs=glyphs, id=name, classes="box")
        with Horizontal(id="halves"):
            with Vertical(id="left"):
                yield Static(_OFF, markup=False, id="off", classes="box")
                yield Plot(empty=_SOON, glyphs=glyphs, id="curve", classes="box")
                yield LiveTable[BatchLine](
                    batch_columns(glyphs),
                    batch_key,
                    empty="Batches appear here when they are cut.",
                    glyphs=glyphs,
                    id="batches",
                    classes="box",
                )
            with Vertical(id="right"):
                yield BarList(
                    most=1.0,
                    empty="Each class's accuracy appears here.",
                    glyphs=glyphs,
                    id="classes",
                    classes="box",
                )
                yield ConfusionMatrix(
                    empty="Labels are counted here against the truth.",
                    glyphs=glyphs,
                    id="confusion",
                    classes="box",
                )
                yield Plot(
                    empty="The candidates' quartiles appear here.",
                    glyphs=glyphs,
                    id="doubts",
                    classes="box",
                )

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.height < _SHORT, "-short")

    def entered(self) -> None:
        self.query_one(LiveTable).focus()

    def show(self, view: View) -> None:
        learning = view.source.config.learning.enabled
        self.set_class(not learning, "-off")
        self._fit(len(view.classes))
        if learning:
            self._show_model(view)
        self.query_one("#batches", LiveTable).update(self._rows.rows(view))
        self._entitle("batches", "Batches", "k active, p random; ranking: its age when used")
        self._show_crowd(view)

    def _fit(self, classes: int) -> None:
        """Limit the boxes to one line per class, so that the plot gets the rest."""
        if classes != self._fitted_for:
            self._fitted_for = classes
            self.query_one("#classes").styles.max_height = classes + _FRAME
            self.query_one("#confusion").styles.max_height = classes + 1 + _FRAME

    def _show_model(self, view: View) -> None:
        for name, headline in headlines(view, signs_of(self._glyphs)).items():
            self.query_one(f"#{name}", Tile).update(headline)
        self.query_one("#curve", Plot).update(self._curve.figure(view))
        model = view.snapshot.run.model
        note = accuracy_kind(model.estimated, view.source.title) if model.version else ""
        self._entitle("curve", "Model's accuracy over labels", note)
        items, whose = class_items(view)
        self.query_one("#classes", BarList).update(items)
        self._entitle("classes", "Model's accuracy by class", whose)
        self.query_one("#doubts", Plot).update(uncertainty_figure(view))
        measure = view.source.config.learning.uncertainty
        self._entitle("doubts", "Uncertainty of the candidates", measure)

    def _show_crowd(self, view: View) -> None:
        if self._truth is None:
            self._truth = TruthCount(view.classes)
        truth, labels = self._truth, view.history.labels_until(view.at)
        truth.go_to(view.history, view.names, labels)
        self.query_one("#confusion", ConfusionMatrix).update(view.classes, truth.confusion)
        note = f"{percent(truth.accuracy)} of {count(truth.known)} right" if truth.known else ""
        if truth.counted < labels:
            note = f"{count(truth.counted)} of {count(labels)} counted"
        self._entitle("confusion", "Crowd's labels against the truth", note)

    def _entitle(self, box: str, above: str, below: str) -> None:
        if self._titles.get(box) != (above, below):
            self._titles[box] = (above, below)
            self.query_one(f"#{box}", StyledWidget).entitle(above, below)
