"""Draws a snapshot of a run as seven lines. Reads no clock and no terminal."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from clamshell_tui.formats import count, duration, money, percent
from clamshell_tui.report.chart_terminal import sparkline
from clamshell_tui.run.snapshot import Snapshot
from clamshell_tui.text import show

CELLS = 30  # width of the bars of batch and pool
SPARK_CELLS = 24
_NAME_CELLS = 10
_NOTE_CELLS = 40  # fixed, so that the bar does not change its length
_QUIET = "dim"
_GOOD, _BUSY, _HELPED, _ALARM = "green", "cyan", "magenta", "yellow"


class _Part(NamedTuple):
    """A part of a bar, with its explanation."""

    number: int
    word: str
    style: str
    glyph: str
    ascii: str


class LiveView:
    """Draws the snapshots of one run; keeps past accuracies for their sparkline."""

    def __init__(self, title: str, *, unicode: bool = True) -> None:
        self._title = title
        self._unicode = unicode
        self._model = 0
        self._accuracies: list[float] = []

    def waiting(self, what: str) -> RenderableType:
        return Group(self._heading(""), _line("", Text(what, style=_QUIET)))

    def draw(self, snapshot: Snapshot) -> RenderableType:
        self._remember(snapshot)
        return Group(
            self._heading(duration(snapshot.now)),
            self._progress(snapshot),
            Text(),
            _line(f"batch {snapshot.batches or ''}", self._batch(snapshot)),
            _line("pool", self._pool(snapshot)),
            _line("work", _work(snapshot)),
            _line("cost", _cost(snapshot)),
            _line("model", self._model_text(snapshot)),
        )

    def _remember(self, snapshot: Snapshot) -> None:
        model = snapshot.model
        if model.version != self._model and model.accuracy is not None:
            self._model = model.version
            self._accuracies.append(model.accuracy)

    def _heading(self, clock: str) -> RenderableType:
        row = Table.grid(expand=True, padding=(0, 1, 0, 0))
        row.add_column(no_wrap=True, ratio=1)
        row.add_column(justify="right", no_wrap=True)
        row.add_row(Text(f" {show(self._title)}", style="bold"), Text(clock, style="bold"))
        return row

    def _progress(self, snapshot: Snapshot) -> RenderableType:
        """Draw filled slots until the first batch, then labels."""
        if snapshot.phase == "recruiting":
            done, total = snapshot.seated, snapshot.slots
            note = f"{done} of {count(total, 'slot')} filled"
        else:
            done, total = snapshot.labels, goal(snapshot)
            note = f"{count(done)} of {count(total, 'label')}{_to_go(snapshot)}"
        bar = _Bar(done / total if total else 0.0, unicode=self._unicode)
        row = Table.grid(expand=True, padding=(0, 1, 0, 0))
        row.add_column(width=_NAME_CELLS + 1, no_wrap=True)
        row.add_column(ratio=1, no_wrap=True)
        row.add_column(no_wrap=True)
        row.add_row(Text(f" {snapshot.phase}", style=_QUIET), bar, Text(note.ljust(_NOTE_CELLS)))
        return row

    def _batch(self, snapshot: Snapshot) -> Text:
        batch = snapshot.batch
        if batch is None:
            return Text("between two batches" if snapshot.batches else "none yet", style=_QUIET)
        parts = [
            _Part(batch.done, "done", _GOOD, "■", "#"),
            _Part(batch.covered, "covered", _HELPED, "▣", "%"),
            _Part(batch.tasks - batch.done - batch.covered, "to do", _BUSY, "□", "."),
        ]
        text = self._explained(parts)
        text.append(f"  {duration(batch.age)} old", style=_QUIET)
        return text

    def _pool(self, snapshot: Snapshot) -> Text:
        seated = [worker for worker in snapshot.workers if worker.slot is not None]
        away = sum(not worker.connected for worker in seated)
        working = sum(worker.connected and worker.state == "active" for worker in seated)
        parts = [
            _Part(working, "working", _BUSY, "●", "@"),
            _Part(len(seated) - working - away, "waiting", _GOOD, "○", "o"),
            _Part(away, "away", _ALARM, "◌", "?"),
            _Part(max(0, snapshot.slots - len(seated)), "empty", _QUIET, "·", "."),
        ]
        text = self._explained(parts)
        behind = [(snapshot.reserve, "in reserve"), (snapshot.training, "training")]
        for number, word in behind:
            if number:
                text.append(f"  {number} {word}", style=_QUIET)
        return text

    def _model_text(self, snapshot: Snapshot) -> Text:
        model = snapshot.model
        if not model.version:
            return Text("training the first one" if model.training else "none yet", style=_QUIET)
        text = Text(percent(model.accuracy), style="bold")
        spark = sparkline(self._accuracies, SPARK_CELLS, unicode=self._unicode)
        text.append(f"  {spark}", style=_GOOD)
        how = "cross-validated, " if model.estimated else ""
        text.append(f"  {how}{count(model.labels_used, 'label')} used", style=_QUIET)
        return text

    def _explained(self, parts: Sequence[_Part]) -> Text:
        """Return a bar with a glyph for each item, scaled down if there are too many, and a key."""
        text = Text(no_wrap=True, overflow="ellipsis")
        sizes = _scaled([part.number for part in parts], CELLS)
        for part, cells in zip(parts, sizes, strict=True):
            text.append((part.glyph if self._unicode else part.ascii) * cells, style=part.style)
        for part in parts:
            if part.number:
                text.append("  ")
                text.append(f"{part.number} {part.word}", style=part.style)
        return text


class _Bar:
    """A bar that fills the available width."""

    def __init__(self, share: float, *, unicode: bool) -> None:
        self._share = min(1.0, max(0.0, share))
        self._full, self._empty = ("━", "─") if unicode else ("=", "-")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        full = round(self._share * width)
        yield Text.assemble((self._full * full, _GOOD), (self._empty * (width - full), _QUIET))


def goal(snapshot: Snapshot) -> int:
    """Return the number of labels that the run needs, as far as it is known."""
    records = snapshot.records - snapshot.set_aside
    return records if snapshot.budget is None else min(snapshot.budget, records)


def _to_go(snapshot: Snapshot) -> str:
    """Return the time left at the rate so far, in seconds of the run."""
    left, started = goal(snapshot) - snapshot.labels, snapshot.first_assignment
    if started is None or not snapshot.labels or left <= 0 or snapshot.finish_reason:
        return ""
    return f", {duration((snapshot.now - started) / snapshot.labels * left)} to go"


def _work(snapshot: Snapshot) -> Text:
    duplicates, evictions = snapshot.duplicates, snapshot.evictions
    text = Text(count(snapshot.assignments, "assignment"))
    text.append(f"  {count(duplicates, 'duplicate')}", style=_HELPED if duplicates else _QUIET)
    text.append(f"  {count(evictions, 'eviction')}", style=_ALARM if evictions else _QUIET)
    if snapshot.set_aside:
        text.append(f"  {count(snapshot.set_aside, 'record')} set aside", style=_ALARM)
    return text


def _cost(snapshot: Snapshot) -> Text:
    """Return the three kinds of cost that the paper distinguishes."""
    paid = snapshot.cost
    text = Text(money(sum(paid.values())), style="bold")
    kinds = {
        "waiting": paid["waiting"] + paid["training"],
        "records": paid["records"] + paid["partial"],
        "terminated": paid["terminated"],
    }
    for kind, micros in kinds.items():
        text.append(f"  {kind} {money(micros)}", style=_QUIET)
    return text


def _line(name: str, content: Text) -> Text:
    line = Text(f" {name:<{_NAME_CELLS}} ", style=_QUIET, no_wrap=True, overflow="ellipsis")
    return line.append_text(content)


def _scaled(numbers: Sequence[int], cells: int) -> list[int]:
    """As many cells as things, or the share of ``cells`` that each number has of all."""
    total = sum(numbers)
    if total <= cells:
        return list(numbers)
    edges, so_far = [0], 0
    for number in numbers:
        so_far += number
        edges.append(round(so_far / total * cells))
    return [after - before for before, after in pairwise(edges)]
