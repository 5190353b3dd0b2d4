"""Panels of the overview: tasks of the batch, costs and headline figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from clamshell_tui.formats import count, duration, money, percent, price
from clamshell_tui.operator_app.pages.costs import (
    goal,
    mean_rate,
    rates,
    recent_rate,
    seconds_left,
    whole,
)
from clamshell_tui.operator_app.pages.figures import BatchHistory, TruthCount
from clamshell_tui.operator_app.pages.learning_charts import thinned
from clamshell_tui.operator_app.pages.page import Signs, signs_of
from clamshell_tui.operator_app.pages.tiles import Headline
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.panels import BarItem, Fact, MeterPart
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, centred, fit, strip_of, width_of
from clamshell_tui.run.history import History
from clamshell_tui.run.snapshot import TaskSnapshot

WAITING, WORKING, DUPLICATED, DONE, DROPPED = "waiting", "working", "duplicated", "done", "dropped"
_INKS = {
    DONE: "green on green/12",
    DUPLICATED: "orange bold on orange/28",
    WORKING: "sky bold on sky/20",
    WAITING: "muted on text/8",
    DROPPED: "vermilion bold on vermilion/20",
}
_WIDEST, _WIDE = 17, 11  # cells of a task at most and if possible, with the gap after it
_WITH_AGE = 7  # cells without the gap, in which more than two signs fit
_ENDS = {"complete", "set-aside", "cancelled"}


@dataclass(frozen=True, slots=True)
class TaskCell:
    """One task; ``age`` is in whole seconds since its first assignment, or until its end."""

    state: str
    active: bool
    live: int = 0
    age: int | None = None


class TaskStrip(LineWidget):
    """A cell for each task of the batch, and a legend below."""

    DEFAULT_CSS = "TaskStrip { width: 1fr; height: 3; }"

    _cells: tuple[TaskCell, ...] = ()
    _empty = ""

    def update(self, cells: Sequence[TaskCell], empty: str = "") -> None:
        """Show these tasks, or the text ``empty``."""
        if (tuple(cells), empty) != (self._cells, self._empty):
            self._cells, self._empty = tuple(cells), empty
            self.redraw()

    def lines_wanted(self, most: int) -> int:
        """Lines for the tasks and the legend, with at most ``most`` for the tasks."""
        width = max(1, self.size.width)  # none yet, on a page that was hidden until now
        _, across = _columns(len(self._cells), width, most)
        return 1 + min(most, max(1, -(-len(self._cells) // across)))

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        if not self._cells:
            return centred([self._empty], width, height, palette)
        rows = max(1, height - 1)
        wide, across = _columns(len(self._cells), width, rows)
        lines = [self._cells[n : n + across] for n in range(0, len(self._cells), across)]
        strips = [strip_of(self._line(line, wide), width, palette) for line in lines[:rows]]
        unseen = max(0, len(self._cells) - rows * across)
        return [*strips, strip_of(self._legend(unseen, width), width, palette)]

    def _line(self, cells: Sequence[TaskCell], wide: int) -> list[Span]:
        signs = signs_of(self.glyphs)
        gap = 1 if wide > 2 else 0
        spans: list[Span] = []
        for cell in cells:
            text = fit(_text(cell, wide - gap, signs), wide - gap)
            spans += [(text, _INKS[cell.state]), (" " * gap, "text")]
        return spans

    def _legend(self, unseen: int, width: int) -> list[Span]:
        signs = signs_of(self.glyphs)
        counts = Counter(cell.state for cell in self._cells)
        spans: list[Span] = []
        for state in (DONE, DUPLICATED, WORKING, WAITING, DROPPED):
            if counts[state]:
                spans += [(f" {_sign(state, signs)} ", _INKS[state]), (" ", "text")]
                spans += [(str(counts[state]), "text bold"), (f" {state}   ", "muted")]
        kinds: list[Span] = [
            (signs.active, "text bold"),
            (" active  ", "muted"),
            (signs.passive, "text bold"),
            (" random", "muted"),
        ]
        if unseen:
            kinds.append((f"  {unseen} more", "muted italic"))
        gap = width - width_of([*spans, *kinds])
        return [*spans, (" " * gap, "text"), *kinds] if gap >= 0 else spans


def _columns(cells: int, width: int, most: int) -> tuple[int, int]:
    """Width of a task in cells, and tasks per line; prefers few lines if tasks stay wide."""
    wide = 0
    for rows in range(1, most + 1):
        across = max(1, -(-cells // rows))
        wide = min(_WIDEST, (width + 1) // across)
        if wide >= _WIDE:
            return wide, across
    wide = max(2, wide)
    return wide, (width + 1) // wide


def task_cells(view: View) -> tuple[TaskCell, ...]:
    """The tasks of the open batch, or else of the last one."""
    history = view.history
    if view.snapshot.tasks:
        return tuple([_cell(card, history) for card in view.snapshot.tasks])
    notes = history.batches_until(view.at)
    if not notes:
        return ()
    note = notes[-1]
    return tuple([_ended(row.id, history, active=note.chose(row)) for row in note.tasks])


def _ended(task: int, history: History, *, active: bool) -> TaskCell:
    row, end = history.tasks[task], history.end_of(task)
    if end is None or row.started_at is None:
        return TaskCell(DROPPED, active)
    state = DONE if end.state == "complete" else DROPPED
    return TaskCell(state, active, age=int(end.at - row.started_at))


def _cell(card: TaskSnapshot, history: History) -> TaskCell:
    if card.state in _ENDS:
        return _ended(card.task, history, active=card.active)
    if not card.live:
        return TaskCell(WAITING, card.active)
    state = DUPLICATED if card.live > card.missing else WORKING
    return TaskCell(state, card.active, card.live, int(card.age))


def _sign(state: str, signs: Signs) -> str:
    return {
        DONE: signs.right,
        DUPLICATED: signs.times,
        WORKING: signs.working,
        WAITING: signs.waits,
        DROPPED: signs.wrong,
    }[state]


def _text(cell: TaskCell, width: int, signs: Signs) -> str:
    """Kind, state, copies and age, as far as they fit with blanks between the figures."""
    kind = signs.active if cell.active else signs.passive
    sign, age = _sign(cell.state, signs), _age(cell.age)
    if width < _WITH_AGE:
        return f"{kind}{sign}"
    if cell.state == DUPLICATED:
        sign = f"{sign}{cell.live}"
    choices = [f" {kind} {sign:<2} {age}", f"{kind}{sign:<2} {age}", f"{kind}{sign} {age}"]
    choices += [f"{sign} {age}", f"{kind} {age}"]
    return next((text for text in choices if len(text) <= width), age)


def _age(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds}s" if seconds < 1000 else f"{seconds // 60}m"


_KINDS = {
    "records": ("work", "green"),
    "terminated": ("terminated", "orange"),
    "waiting": ("waiting", "sky"),
    "training": ("training", "purple"),
    "partial": ("partial", "grey"),
}


def cost_parts(view: View) -> tuple[MeterPart, ...]:
    return tuple([MeterPart(_name(kind), micros, _ink(kind)) for kind, micros in _costs(view)])


def cost_bars(view: View) -> list[BarItem]:
    return [
        BarItem(_name(kind), micros / 1e6, money(micros, view.currency), _ink(kind))
        for kind, micros in _costs(view)
        if micros
    ]


def worth_facts(view: View, truth: TruthCount) -> list[Fact]:
    run = view.snapshot.run
    total = sum(run.cost.values())
    facts = [
        Fact("a label", price(total / run.labels, view.currency) if run.labels else "-"),
        Fact("a minute", price(total * 60.0 / run.now, view.currency) if run.now > 0 else "-"),
    ]
    if truth.known:
        facts.append(Fact("right", percent(truth.accuracy), note=f"of {count(truth.known)}"))
    if run.agreement is not None:
        facts.append(Fact("agreement", f"{run.agreement:.2f}", note="alpha"))
    if run.set_aside:
        facts.append(Fact("set aside", count(run.set_aside), "vermilion", "records"))
    return facts


def _costs(view: View) -> list[tuple[str, int]]:
    cost = view.snapshot.run.cost
    return [(kind, cost.get(kind, 0)) for kind in _KINDS] + [
        (kind, micros) for kind, micros in cost.items() if kind not in _KINDS
    ]


def _name(kind: str) -> str:
    return "machines" if kind == "machine" else _KINDS.get(kind, (kind, ""))[0]


def _ink(kind: str) -> str:
    return _KINDS.get(kind, ("", "grey"))[1]


_CURVE = 64  # values of a small curve


def labels_headline(view: View) -> Headline:
    done, wanted = view.history.labels_until(view.at), goal(view)
    left = seconds_left(view)
    under = "" if left is None else f"ETA {whole(left)}"
    if view.snapshot.run.phase == "finished":
        under = "finished"
    in_play = min(max(0, wanted - done), _records_in_play(view))
    parts = (
        MeterPart("done", done, "green"),
        MeterPart("in play", in_play, "sky"),
        MeterPart("to do", max(0, wanted - done - in_play), "text/18"),
    )
    value = f"{count(done)} of {count(wanted)}"
    return Headline("Labels", value, percent(done / wanted) if wanted else "", under, parts=parts)


def speed_headline(view: View) -> Headline:
    start = view.snapshot.run.first_assignment
    if start is None or start > view.at:
        return Headline("Speed", "-", under="not begun")
    times = view.history.label_times()
    recent, mean = (rate(times, start, view.at) for rate in (recent_rate, mean_rate))
    return Headline(
        "Speed",
        "-" if recent is None else f"{recent:.0f}",
        "labels a minute",
        "" if mean is None else f"mean {mean:.0f}",
        curve=rates(times, start, view.at),
    )


def model_headline(view: View, truth: TruthCount) -> Headline:
    """Accuracy of the model, or of the crowd if learning is off."""
    model = view.snapshot.run.model
    if not view.source.config.learning.enabled:
        note = f"of {count(truth.known)} right" if truth.known else ""
        under = "" if truth.known else "truth unknown"
        return Headline("Crowd's labels", percent(truth.accuracy), note, under)
    if not model.version:
        under = "training the first" if model.training else "none yet"
        return Headline("Model", "-", under=under)
    curve = [one.accuracy for one in thinned(view.history.models_until(view.at), _CURVE)]
    return Headline(
        "Model",
        percent(model.accuracy),
        "estimated" if model.estimated else "right",
        "training now" if model.training else f"{whole(model.age)} old",
        curve=tuple([accuracy for accuracy in curve if accuracy is not None]),
        low=None,
    )


def cost_headline(view: View) -> Headline:
    total = sum(view.snapshot.run.cost.values())
    labels = view.snapshot.run.labels
    under = f"{money(total / labels, view.currency)} a label" if labels else "no label yet"
    return Headline("Cost", money(total, view.currency), under=under, parts=cost_parts(view))


def latency_headline(view: View, batches: BatchHistory) -> Headline:
    ended = batches.ended_until(view.at)
    latencies = batches.latencies(ended, _CURVE)
    if not latencies:
        return Headline("Batch latency", "-", under="none is over yet")
    under = f"mean {duration(batches.mean(ended))}"
    return Headline("Batch latency", duration(latencies[-1]), "the last", under, curve=latencies)


def _records_in_play(view: View) -> int:
    batch, notes = view.snapshot.run.batch, view.history.batches_until(view.at)
    if batch is None or not notes:
        return 0
    return round(notes[-1].row.records * (1 - batch.done / max(1, batch.tasks)))
