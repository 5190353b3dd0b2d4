"""Draws the totals of a run as seven lines. Reads no clock and no terminal."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from clamshell_tui.formats import count, duration, money, percent
from clamshell_tui.report.chart_terminal import sparkline
from clamshell_tui.run.totals import RunTotals
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

    def draw(self, seen: RunTotals) -> RenderableType:
        self._remember(seen)
        return Group(
            self._heading(duration(seen.now)),
            self._progress(seen),
            Text(),
            _line(f"batch {seen.batches or ''}", self._batch(seen)),
            _line("pool", self._pool(seen)),
            _line("work", _work(seen)),
            _line("cost", _cost(seen)),
            _line("model", self._model_text(seen)),
        )

    def _remember(self, seen: RunTotals) -> None:
        model = seen.model
        if model.version != self._model and model.accuracy is not None:
            self._model = model.version
            self._accuracies.append(model.accuracy)

    def _heading(self, clock: str) -> RenderableType:
        row = Table.grid(expand=True, padding=(0, 1, 0, 0))
        row.add_column(no_wrap=True, ratio=1)
        row.add_column(justify="right", no_wrap=True)
        row.add_row(Text(f" {show(self._title)}", style="bold"), Text(clock, style="bold"))
        return row

    def _progress(self, seen: RunTotals) -> RenderableType:
        """Draw filled slots until the first batch, then labels."""
        if seen.phase == "recruiting":
            done, total = seen.seated, seen.slots
            note = f"{done} of {count(total, 'slot')} filled"
        else:
            done, total = seen.labels, goal(seen)
            note = f"{count(done)} of {count(total, 'label')}{_to_go(seen)}"
        bar = _Bar(done / total if total else 0.0, unicode=self._unicode)
        row = Table.grid(expand=True, padding=(0, 1, 0, 0))
        row.add_column(width=_NAME_CELLS + 1, no_wrap=True)
        row.add_column(ratio=1, no_wrap=True)
        row.add_column(no_wrap=True)
        row.add_row(Text(f" {seen.phase}", style=_QUIET), bar, Text(note.ljust(_NOTE_CELLS)))
        return row

    def _batch(self, seen: RunTotals) -> Text:
        batch = seen.batch
        if batch is None:
            return Text("between two batches" if seen.batches else "none yet", style=_QUIET)
        parts = [
            _Part(batch.done, "done", _GOOD, "■", "#"),
            _Part(batch.covered, "covered", _HELPED, "▣", "%"),
            _Part(batch.tasks - batch.done - batch.covered, "to do", _BUSY, "□", "."),
        ]
        text = self._explained(parts)
        text.append(f"  {duration(batch.age)} old", style=_QUIET)
        return text

    def _pool(self, seen: RunTotals) -> Text:
        parts = [
            _Part(seen.seated - seen.idle - seen.away, "working", _BUSY, "●", "@"),
            _Part(seen.idle, "waiting", _GOOD, "○", "o"),
            _Part(seen.away, "away", _ALARM, "◌", "?"),
            _Part(max(0, seen.slots - seen.seated), "empty", _QUIET, "·", "."),
        ]
        text = self._explained(parts)
        behind = [(seen.reserve, "in reserve"), (seen.training, "training")]
        for number, word in behind:
            if number:
                text.append(f"  {number} {word}", style=_QUIET)
        return text

    def _model_text(self, seen: RunTotals) -> Text:
        model = seen.model
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


def goal(seen: RunTotals) -> int:
    """Return the number of labels that the run needs, as far as it is known."""
    records = seen.records - seen.set_aside
    return records if seen.budget is None else min(seen.budget, records)


def _to_go(seen: RunTotals) -> str:
    """Return the time left at the rate so far, in seconds of the run."""
    left, started = goal(seen) - seen.labels, seen.first_assignment
    if started is None or not seen.labels or left <= 0 or seen.finish_reason:
        return ""
    return f", {duration((seen.now - started) / seen.labels * left)} to go"


def _work(seen: RunTotals) -> Text:
    duplicates, evictions = seen.duplicates, seen.evictions
    text = Text(count(seen.assignments, "assignment"))
    text.append(f"  {count(duplicates, 'duplicate')}", style=_HELPED if duplicates else _QUIET)
    text.append(f"  {count(evictions, 'eviction')}", style=_ALARM if evictions else _QUIET)
    if seen.set_aside:
        text.append(f"  {count(seen.set_aside, 'record')} set aside", style=_ALARM)
    return text


def _cost(seen: RunTotals) -> Text:
    """Return the three kinds of cost that the paper distinguishes."""
    paid = seen.cost
    text = Text(money(sum(paid.values())), style="bold")
    kinds = {
        "waiting": paid["waiting"] + paid["training"],
        "records": paid["records"] + paid["partial"],
        "terminated": paid["terminated"],
    }
    if "machine" in paid:
        kinds["machines"] = paid["machine"]
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
