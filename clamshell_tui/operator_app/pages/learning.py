"""The page Learning: how good the model is, what it learned from, and where crowd and model err."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from clamshell_tui.formats import count, percent
from clamshell_tui.operator_app.pages.learning_batches import (
    BatchRow,
    BatchRows,
    batch_columns,
    batch_key,
)
from clamshell_tui.operator_app.pages.learning_curve import LearningCurve, accuracy_kind
from clamshell_tui.operator_app.pages.learning_figures import (
    class_items,
    readings,
    uncertainty_figure,
)
from clamshell_tui.operator_app.pages.overview_tiles import Tile
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.signs import signs_of
from clamshell_tui.operator_app.pages.truth import TruthCount
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import (
    UNICODE,
    BarList,
    ConfusionMatrix,
    Glyphs,
    LiveTable,
    Plot,
)
from clamshell_tui.operator_app.widgets.drawn import Inked

_NARROW, _SHORT = 100, 28  # cells of the page
_MARKS = 40  # of the learning curve
_FRAME = 2  # lines around a box
_OFF = "Learning is off: every record is labelled by the crowd."
_SOON = "A point appears here with every model."


class LearningPage(Page):
    """The curve and the batches at the left, classes and doubts at the right."""

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

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._glyphs = glyphs
        self._curve = LearningCurve(signs_of(glyphs), _MARKS)
        self._rows = BatchRows()
        self._truth: TruthCount | None = None
        self._fitted_for = 0
        self._titles: dict[str, tuple[str, str]] = {}

    def compose(self) -> ComposeResult:
        """Headlines, then two columns of boxes."""
        glyphs = self._glyphs
        with Horizontal(id="numbers"):
            for name in ("accuracy", "learned", "training", "ranking", "unsure"):
                yield Tile(glyphs=glyphs, id=name, classes="box")
        with Horizontal(id="halves"):
            with Vertical(id="left"):
                yield Static(_OFF, markup=False, id="off", classes="box")
                yield Plot(empty=_SOON, glyphs=glyphs, id="curve", classes="box")
                yield LiveTable[BatchRow](
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
        """Where there is little room, the less important boxes go."""
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.height < _SHORT, "-short")

    def entered(self) -> None:
        """Keys are for the table."""
        self.query_one(LiveTable).focus()

    def show(self, view: View) -> None:
        """Draw this moment."""
        learning = view.source.config.learning.enabled
        self.set_class(not learning, "-off")
        self._fit(len(view.classes))
        if learning:
            self._show_model(view)
        self.query_one("#batches", LiveTable).update(self._rows.rows(view))
        self._entitle("batches", "Batches", "k active, p random; ranking: its age when used")
        self._show_crowd(view)

    def _fit(self, classes: int) -> None:
        """No box is higher than what its classes take, so that the plot gets the rest."""
        if classes != self._fitted_for:
            self._fitted_for = classes
            self.query_one("#classes").styles.max_height = classes + _FRAME
            self.query_one("#confusion").styles.max_height = classes + 1 + _FRAME

    def _show_model(self, view: View) -> None:
        for name, reading in readings(view, signs_of(self._glyphs)).items():
            self.query_one(f"#{name}", Tile).update(reading)
        self.query_one("#curve", Plot).update(self._curve.figure(view))
        model = view.frame.run.model
        note = accuracy_kind(model.estimated) if model.version else ""
        self._entitle("curve", "Model's accuracy over labels", note)
        items, whose = class_items(view)
        self.query_one("#classes", BarList).update(items)
        self._entitle("classes", "Model's accuracy by class", whose)
        self.query_one("#doubts", Plot).update(uncertainty_figure(view))
        measure = view.source.config.learning.uncertainty
        self._entitle("doubts", "Uncertainty of the candidates", measure)

    def _show_crowd(self, view: View) -> None:
        if self._truth is None:
            self._truth = TruthCount(len(view.classes))
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
            self.query_one(f"#{box}", Inked).entitle(above, below)
