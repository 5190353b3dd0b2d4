"""The Overview page: speed, cost and accuracy of the run, the batch, and the latest events."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical

from clamshell_tui.core.config import slots_needed
from clamshell_tui.formats import count
from clamshell_tui.operator_app.pages import overview_panels as panels
from clamshell_tui.operator_app.pages.costs import labels_figure, whole
from clamshell_tui.operator_app.pages.figures import BatchHistory, TruthCount
from clamshell_tui.operator_app.pages.learning_charts import LearningCurve
from clamshell_tui.operator_app.pages.overview_panels import TaskStrip, task_cells
from clamshell_tui.operator_app.pages.overview_streams import (
    LabelLine,
    LabelRows,
    LogLine,
    LogLines,
    Stream,
    label_columns,
    log_columns,
    pool_facts,
    pool_parts,
)
from clamshell_tui.operator_app.pages.page import Page, signs_of
from clamshell_tui.operator_app.pages.tiles import Tile
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import StyledWidget, entitle, glyphs_here
from clamshell_tui.operator_app.widgets.panels import BarList, Facts, Meter
from clamshell_tui.operator_app.widgets.plot import Plot
from clamshell_tui.operator_app.widgets.style import Glyphs

_NARROW, _SHORT, _TALL = 100, 28, 44  # cells of the page
_MARKS = 24  # of the learning curve


class OverviewPage(Page):
    ID: ClassVar[str] = "overview"
    TITLE: ClassVar[str] = "Overview"
    ROWS: ClassVar[str] = "events"
    DEFAULT_CSS = """
    OverviewPage {
        #headlines { height: 4; }
        #batch { height: 5; }
        #boxes { layout: grid; grid-size: 24; grid-columns: 1fr; grid-rows: 1fr 1fr; height: 1fr; }
        #curve { column-span: 9; width: 1fr; height: 1fr; }
        #pool { column-span: 8; height: 1fr; }
        #cost { column-span: 7; height: 1fr; }
        #pool Meter, #cost BarList { margin-bottom: 1; }
        #labels { column-span: 12; }
        #log { column-span: 12; }
        &.-tall #boxes { grid-rows: 16 1fr; }
        &.-tall #headlines { height: 5; }
        &.-tall Tile { height: 5; }
        &.-narrow #latency, &.-narrow #cost { display: none; }
        &.-narrow #curve { column-span: 14; }
        &.-narrow #pool { column-span: 10; }
        &.-short.-narrow #pool { column-span: 11; }
        &.-short #boxes { grid-rows: 1fr; }
        &.-short #log, &.-short #cost { display: none; }
        &.-short #curve { column-span: 8; }
        &.-short #labels { column-span: 9; }
        &.-short.-narrow #curve { display: none; }
        &.-short.-narrow #labels { column-span: 13; }
        &.-short #pool Meter { margin-bottom: 0; }
    }
    """

    def __init__(self, *, glyphs: Glyphs | None = None, id: str | None = None) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._glyphs = glyphs or glyphs_here()
        self._curve = LearningCurve(signs_of(self._glyphs), _MARKS)
        self._batches = BatchHistory()
        self._label_rows = LabelRows()
        self._log_lines = LogLines()
        self._truth: TruthCount | None = None
        self._titles: dict[str, tuple[str, str]] = {}

    def compose(self) -> ComposeResult:
        glyphs, signs = self._glyphs, signs_of(self._glyphs)
        with Horizontal(id="headlines"):
            for name in ("progress", "speed", "model", "spent", "latency"):
                yield Tile(glyphs=glyphs, id=name, classes="box")
        yield TaskStrip(glyphs=glyphs, id="batch", classes="box")
        with Container(id="boxes"):
            yield Plot(
                empty="A curve appears with the labels.",
                glyphs=glyphs,
                id="curve",
                classes="box",
            )
            with Vertical(id="pool", classes="box"):
                yield Meter(glyphs=glyphs)
                yield Facts(glyphs=glyphs)
            with Vertical(id="cost", classes="box"):
                yield BarList(empty="Nothing was paid yet.", glyphs=glyphs)
                yield Facts(glyphs=glyphs)
            yield Stream[LabelLine](
                label_columns(signs),
                empty="Labels appear here as workers agree on them.",
                glyphs=glyphs,
                id="labels",
                classes="box",
            )
            yield Stream[LogLine](
                log_columns(signs),
                empty="Events of the run appear here.",
                glyphs=glyphs,
                id="log",
                classes="box",
            )

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.height < _SHORT, "-short")
        self.set_class(event.size.height >= _TALL, "-tall")

    def show(self, view: View) -> None:
        self._batches.follow(view.history)
        self._show_headlines(view)
        self._show_batch(view)
        learning = view.source.config.learning.enabled
        figure = self._curve.figure(view) if learning else labels_figure(view)
        self.query_one("#curve", Plot).update(figure)
        self._entitle("curve", curve_title(view), curve_note(view))
        self._show_pool(view)
        self._show_cost(view)
        self.query_one("#labels", Stream).update(self._label_rows.rows(view))
        events = self._log_lines.rows(view.history, view.at, self.words)
        self.query_one("#log", Stream).update(events)
        self._entitle("log", f"Events{self.note}")

    def _show_headlines(self, view: View) -> None:
        if self._truth is None:
            self._truth = TruthCount(view.classes)
        self._truth.go_to(view.history, view.names, view.history.labels_until(view.at))
        headlines = {
            "progress": panels.labels_headline(view),
            "speed": panels.speed_headline(view),
            "model": panels.model_headline(view, self._truth),
            "spent": panels.cost_headline(view),
            "latency": panels.latency_headline(view, self._batches),
        }
        for name, headline in headlines.items():
            self.query_one(f"#{name}", Tile).update(headline)

    def _show_batch(self, view: View) -> None:
        strip = self.query_one("#batch", TaskStrip)
        strip.update(task_cells(view), nothing_yet(view))
        lines = strip.lines_wanted(1 if self.has_class("-short") else 3) + 2
        if strip.outer_size.height != lines:
            strip.styles.height = lines
        self._entitle("batch", batch_title(view), batch_note(view))

    def _show_pool(self, view: View) -> None:
        run = view.snapshot.run
        self.query_one(Meter).update(pool_parts(view))
        self.query_one("#pool Facts", Facts).update(pool_facts(view, self._batches))
        entitle(self.query_one("#pool"), f"Pool, {run.seated} of {run.slots} slots")

    def _show_cost(self, view: View) -> None:
        items = panels.cost_bars(view)
        bars = self.query_one(BarList)
        bars.styles.height = max(1, len(items))
        bars.update(items)
        assert self._truth is not None, "counted with the headlines"
        self.query_one("#cost Facts", Facts).update(panels.worth_facts(view, self._truth))

    def _entitle(self, box: str, above: str, below: str = "") -> None:
        if self._titles.get(box) != (above, below):
            self._titles[box] = (above, below)
            self.query_one(f"#{box}", StyledWidget).entitle(above, below)

    def on_mount(self) -> None:
        self.query_one("#cost").border_title = "Cost and quality"
        self._entitle("labels", "Last labels")


def batch_title(view: View) -> str:
    notes = view.history.batches_until(view.at)
    if not notes:
        return "Batch"
    row = notes[-1].row
    over = "" if view.snapshot.run.batch else ", done"
    size = f"{count(row.tasks, 'task')} of {count(row.records, 'record')}"
    return f"Batch {row.id + 1}, {size}{over}"


def batch_note(view: View) -> str:
    batch = view.snapshot.run.batch
    if batch is None:
        return ""
    ranking = f", ranked by model {batch.model}" if batch.model else ""
    return f"{batch.done} of {batch.tasks} done, {whole(batch.age)} old{ranking}"


def nothing_yet(view: View) -> str:
    run = view.snapshot.run
    if run.phase == "recruiting":
        needed = slots_needed(view.source.replica.settings)
        return f"The first batch needs {needed} of {run.slots} slots filled: {run.seated} are."
    return "The tasks of a batch stand here."


def curve_title(view: View) -> str:
    model = view.snapshot.run.model
    if not view.source.config.learning.enabled:
        return "Labels over time"
    if not model.version:
        return "Model"
    how = "estimated" if model.estimated else "held out"
    return f"Model {model.version}, accuracy {how}"


def curve_note(view: View) -> str:
    labels = view.history.labels_until(view.at)
    if not view.source.config.learning.enabled:
        return ""
    active = view.history.active_labels_until(labels)
    return f"{count(active)} active, {count(labels - active)} random labels" if labels else ""
