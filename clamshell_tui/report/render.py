"""The summary of a run, and a comparison of two, for a person to read.

Everything is a rich renderable of plain :class:`Text` cells: data are never parsed as markup. The
words carry all of the meaning, so a pipe without colour reads as well as a terminal.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from clamshell_tui.formats import count, duration, money, percent, price, verdict, wage
from clamshell_tui.report.chart_terminal import sparkline
from clamshell_tui.report.compare import Comparison, Unit
from clamshell_tui.run.summary import EvictionSummary, Summary, WarningNote
from clamshell_tui.text import ELLIPSIS, show

EVICTIONS_SHOWN = 4
WARNINGS_SHOWN = 3
SPARK_CELLS = 34
BAR_CELLS = 24


_HEADING = "bold cyan"
_VALUE = "bold"
_QUIET = "dim"
_ALARM = "yellow"
_VERDICT = {True: "bold green", False: "bold yellow", None: ""}


class _Line(NamedTuple):
    """One line of a section: what it is about, its figure, and what else there is to say."""

    name: str
    figure: str
    note: str = ""
    style: str = ""


class _Incident(NamedTuple):
    """An event of a worker."""

    who: str
    at: str
    what: str
    style: str = ""


class _Glyphs:
    """Characters for this terminal: everything beyond ASCII goes through here."""

    def __init__(self, *, unicode: bool) -> None:
        self.unicode = unicode
        self.rule = "─" if unicode else "-"
        self.bar = "█" if unicode else "#"
        self.square = "²" if unicode else "^2"
        self.arrow = "→" if unicode else "->"
        self.dot = "·" if unicode else "-"

    def data(self, text: str, width: int | None = None) -> str:
        """Text that came from data, harmless and printable here; in ASCII, letters are escaped."""
        if self.unicode:
            return show(text, width)
        escaped = show(text).encode("ascii", "backslashreplace").decode()
        return show(escaped, width).replace(ELLIPSIS, "~")

    def spark(self, values: Sequence[float]) -> str:
        """Nothing for a single value: a bar alone says nothing."""
        return sparkline(values, SPARK_CELLS, unicode=self.unicode) if len(values) > 1 else ""


def render_summary(summary: Summary, *, unicode: bool = True) -> RenderableType:
    """About forty lines, readable from 80 columns; ``unicode`` False keeps to ASCII."""
    glyphs = _Glyphs(unicode=unicode)
    figures = {
        "Labels": _labels(summary, glyphs),
        "Batches": _batches(summary, glyphs),
        "Crowd": chain(_crowd(summary), _fairness(summary)),
        "Cost": _cost(summary, glyphs),
    }
    incidents = {
        "Evicted": list(_evictions(summary.workers.evicted, glyphs)),
        "Warnings": list(_warnings(summary.warnings, glyphs)),
    }
    return Group(
        _title(summary, glyphs),
        _headline(summary),
        *(_section(name, lines) for name, found in figures.items() if (lines := list(found))),
        *(_incidents(name, lines) for name, lines in incidents.items() if lines),
    )


def render_comparison(
    rows: Sequence[Comparison], a: str, b: str, *, unicode: bool = True
) -> RenderableType:
    """A table of both runs; ``a`` and ``b`` say in a word or two what each one was."""
    glyphs = _Glyphs(unicode=unicode)
    names = Table.grid(padding=(0, 2, 0, 0))
    names.add_row(Text("A", style=_HEADING), Text(glyphs.data(a), style=_VALUE))
    names.add_row(Text("B", style=_HEADING), Text(glyphs.data(b)))
    table = Table(box=None, padding=(0, 3, 0, 0), header_style=_HEADING, pad_edge=False)
    table.add_column("", min_width=23)
    table.add_column("A", justify="right", no_wrap=True, min_width=13)
    table.add_column("B", justify="right", no_wrap=True, min_width=13)
    table.add_column("A is", no_wrap=True)
    for row in rows:
        if row.a is not None or row.b is not None:
            table.add_row(
                Text(row.name),
                Text(_value(row.a, row.unit), style=_VALUE),
                Text(_value(row.b, row.unit)),
                Text(row.words, style=_VERDICT[row.better]),
            )
    return Group(
        Padding(names, (1, 1, 0, 1), expand=False), Padding(table, (1, 1, 0, 1), expand=False)
    )


def _value(value: float | None, unit: Unit) -> str:
    match unit:
        case "seconds":
            return duration(value)
        case "micros":
            return money(value)
        case "share":
            return percent(value)
        case "rate":
            return "-" if value is None else f"{value:.1f}"
        case "count":
            return "-" if value is None else count(value)


def _title(summary: Summary, glyphs: _Glyphs) -> RenderableType:
    meta = summary.meta
    name = glyphs.data(meta.get("scenario", "run"), 40)
    facts = [f"{key} {glyphs.data(meta[key], 24)}" for key in ("population", "seed") if key in meta]
    title = Text(" ").join(
        [Text(name, style="bold"), *(Text(f"{glyphs.dot} {fact}", style=_QUIET) for fact in facts)]
    )
    return Padding(Rule(title, align="left", characters=glyphs.rule, style=_QUIET), (1, 0, 0, 0))


def _headline(summary: Summary) -> RenderableType:
    """Four figures: what came, how fast, how good, for how much."""
    cells = [
        (count(summary.labels.delivered, "label"), _per_minute(summary)),
        (duration(summary.seconds), "from the first task"),
        (percent(summary.labels.accuracy), "of the labels right"),
        (
            money(summary.cost.total, summary.currency),
            f"{price(summary.cost.per_label, summary.currency)} a label",
        ),
    ]
    table = Table.grid(expand=True)
    for _ in cells:
        table.add_column(justify="center", ratio=1)
    table.add_row(*(Text(figure, style="bold green") for figure, _ in cells))
    table.add_row(*(Text(note, style=_QUIET) for _, note in cells))
    return Padding(table, (1, 1, 0, 1))


def _per_minute(summary: Summary) -> str:
    rate = summary.labels.per_minute
    return "" if rate is None else f"{rate:.1f} a minute"


def _section(name: str, lines: Sequence[_Line]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=8, no_wrap=True)
    table.add_column(width=15, no_wrap=True)
    table.add_column(justify="right", width=11, no_wrap=True)
    table.add_column(overflow="fold")
    for number, line in enumerate(lines):
        table.add_row(
            Text("" if number else name, style=_HEADING),
            Text(line.name),
            Text(line.figure, style=line.style or _VALUE),
            Text(line.note, style=line.style or _QUIET),
        )
    return Padding(table, (1, 1, 0, 1), expand=False)


def _incidents(name: str, lines: Sequence[_Incident]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=8, no_wrap=True)
    table.add_column(max_width=15, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for number, line in enumerate(lines):
        heading = Text("" if number else name, style=_HEADING)
        cells = [Text(line.who), Text(line.at, style=_QUIET), Text(line.what, style=line.style)]
        table.add_row(heading, *cells)
    return Padding(table, (1, 1, 0, 1), expand=False)


def _labels(summary: Summary, glyphs: _Glyphs) -> Iterator[_Line]:
    labels, model = summary.labels, summary.model
    known = f"of {count(labels.with_truth)} whose truth is known"
    yield _Line("right", count(labels.correct), known if labels.with_truth else "truth not known")
    if (machine := summary.machine) is not None and machine.labels:
        note = f"of the labels, {percent(machine.accuracy)} of them right"
        yield _Line("by machines", count(machine.labels), note)
    if labels.agreement_alpha is not None:
        yield _Line("agreement", f"{labels.agreement_alpha:.2f}", "Krippendorff's alpha")
    if model.accuracy is not None:
        how = "by cross-validation" if model.estimated else "on held-out records"
        yield _Line("model accuracy", percent(model.accuracy), f"{how}, {model.labels_used} labels")
        if model.measured_on is not None and model.largest_class is not None:
            note = f"{percent(model.largest_class)} are of the largest class"
            yield _Line("  measured on", count(model.measured_on), note)
        spark = glyphs.spark([accuracy for _, accuracy in model.curve])
        if spark:
            yield _Line("  at first", percent(model.curve[0][1]), spark)
    if labels.set_aside_tasks:
        tasks = count(labels.set_aside_tasks, "task")
        yield _Line("set aside", tasks, "too many workers failed", _ALARM)
    reason = summary.meta.get("finish_reason", "not yet, or it was cut short")
    yield _Line("ended", "", glyphs.data(reason, 76))


def _batches(summary: Summary, glyphs: _Glyphs) -> Iterator[_Line]:
    batches = summary.batches
    yield _Line("finished", count(batches.count), glyphs.spark(batches.latencies))
    if batches.mean is None:
        return
    yield _Line("latency", duration(batches.mean), f"mean; p95 {duration(batches.p95)}")
    if batches.deviation is not None and batches.variance is not None:
        note = f"std; variance {batches.variance:,.1f} s{glyphs.square}"
        yield _Line("spread", duration(batches.deviation), note)
    if batches.task_deviation is not None:
        yield _Line("", duration(batches.task_deviation), "std of tasks within a batch")
    if batches.mpl_start is not None and batches.mpl_end is not None:
        few = "batch" if batches.mpl_batches == 1 else f"{batches.mpl_batches} batches"
        yield _Line(
            "pool latency",
            f"{batches.mpl_start:.1f} {glyphs.arrow} {batches.mpl_end:.1f}",
            f"s per label, first and last {few}",
        )
    if batches.decision_mean is not None:
        note = f"mean to the next; p95 {duration(batches.decision_p95)}"
        yield _Line("decision", duration(batches.decision_mean), note)


def _crowd(summary: Summary) -> Iterator[_Line]:
    work, workers = summary.work, summary.workers
    ends = [(workers.failed, "unqualified"), (workers.turned_away, "not needed")]
    yield _Line("joined", count(workers.joined), _listed([*ends, (workers.left, "left")]))
    yield _Line(
        "assignments",
        count(work.assignments),
        _listed([(work.duplicates, "duplicates"), (work.terminated, "terminated")]),
    )
    lost = [
        (work.skipped, "skipped"),
        (work.abandoned - work.lost, "abandoned"),
        (work.lost, "lost with the connection"),
        (work.expired, "expired"),
        (work.preempted, "preempted"),
        (work.not_shown, "not shown by a terminal"),
    ]
    if any(number for number, _ in lost):
        yield _Line("  given back", count(sum(number for number, _ in lost)), _listed(lost))
    if work.late_answers:
        yield _Line("  late answers", count(work.late_answers), "kept, not counted")
    if summary.checks is not None:
        asked = f"right of {count(summary.checks.asked)} asked among the work"
        yield _Line("checks", percent(summary.checks.accuracy), asked)


def _listed(parts: Sequence[tuple[int, str]]) -> str:
    return ", ".join(f"{count(number)} {what}" for number, what in parts if number)


def _cost(summary: Summary, glyphs: _Glyphs) -> Iterator[_Line]:
    cost, currency = summary.cost, summary.currency
    kinds = {
        "records": cost.records,
        "terminated work": cost.terminated,
        "waiting": cost.waiting,
        "training": cost.training,
        "partial work": cost.partial,
        "machines": 0 if summary.machine is None else summary.machine.cost,
    }
    for name, micros in kinds.items():
        if micros:
            share = micros / cost.total
            bar = glyphs.bar * round(share * BAR_CELLS)
            yield _Line(name, money(micros, currency), f"{percent(share):>7}  {bar}")
    if cost.recruitment:
        paid = money(cost.recruitment, currency)
        yield _Line("  recruitment", paid, "of this, before the first task")
    if not cost.total:
        yield _Line("nothing", money(0, currency))


def _fairness(summary: Summary) -> Iterator[_Line]:
    """Section on what the run meant for its workers."""
    found = summary.fairness
    if found.wage_median is not None:
        wages = (found.wage_lowest, found.wage_highest, found.wage_median)
        lowest, highest, median = [wage(each, summary.currency) for each in wages]
        yield _Line("hourly wage", median, f"median; {lowest} to {highest} with waiting")
    if found.terminated_share is not None:
        note = f"{percent(found.waiting_share)} of all time was waiting"
        yield _Line("work in vain", percent(found.terminated_share), note)
    evicted = count(len(summary.workers.evicted), "eviction")
    if found.evicted_wrongly is not None:
        note = f"of {evicted}: quick enough in truth"
        yield _Line("evicted wrongly", count(found.evicted_wrongly), note)
    elif found.evicted_doubtful is not None:
        note = f"of {evicted}, by the evidence"
        yield _Line("evicted wrongly", f"{found.evicted_doubtful:.1f}", note)


def _evictions(evicted: Sequence[EvictionSummary], glyphs: _Glyphs) -> Iterator[_Incident]:
    for one in evicted[:EVICTIONS_SHOWN]:
        why = verdict(one.reason, one.estimate, one.threshold)
        yield _Incident(glyphs.data(one.worker, 15), duration(one.at), why)
    yield from _and_more(len(evicted) - EVICTIONS_SHOWN)


def _warnings(warnings: Sequence[WarningNote], glyphs: _Glyphs) -> Iterator[_Incident]:
    for one in warnings[:WARNINGS_SHOWN]:
        what = glyphs.data(one.message, 120)
        yield _Incident(glyphs.data(one.code, 15), duration(one.at), what, _ALARM)
    yield from _and_more(len(warnings) - WARNINGS_SHOWN)


def _and_more(number: int) -> Iterator[_Incident]:
    if number > 0:
        yield _Incident(f"and {number} more", "", "")
