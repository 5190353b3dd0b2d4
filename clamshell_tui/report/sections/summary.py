"""Summary figures of a run, its settings, and the operator's messages and actions."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from clamshell_tui.formats import count, duration, money, percent, price, unit, wage
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import (
    HtmlColumn,
    HtmlSection,
    Markup,
    element,
    facts,
    joined,
    paragraph,
    table,
)
from clamshell_tui.report.material import Material
from clamshell_tui.run.log import EventKind
from clamshell_tui.run.summary import Summary
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.rules import SCENARIO
from clamshell_tui.scenario.toml_text import to_toml

_Row = tuple[str, str, str]


def summary(material: Material) -> HtmlSection:
    """Headlines, then a table of everything that has one number."""
    found = material.summary
    rows = [*_labels(found), *_batches(found), *_crowd(found), *_cost(found), *_fairness(found)]
    columns = [HtmlColumn("", numeric=False), HtmlColumn(""), HtmlColumn("", numeric=False)]
    return HtmlSection(
        "summary",
        "Summary",
        joined(_how_it_ended(material), _headlines(found), table(columns, rows)),
    )


def _how_it_ended(material: Material) -> Markup:
    reason = material.meta.get("finish_reason")
    if reason is None:
        return paragraph("The run is not over, or it was cut short: this is what there is of it.")
    finished = float(material.meta["finished_at"])
    after = f" The first task was sent after {duration(material.start)} of recruitment."
    return paragraph(
        f"The run ended after {duration(finished)}: {reason}.",
        after if material.tables.assignments else "",
    )


def _headlines(found: Summary) -> Markup:
    rate, alone = found.labels.per_minute, price(found.cost.per_label, found.currency)
    figures = [
        (count(found.labels.delivered), "labels"),
        (percent(found.labels.accuracy), "of them right"),
        (percent(found.model.accuracy), "model accuracy"),
        (duration(found.seconds), "from the first task"),
        ("-" if rate is None else f"{rate:.1f}", "labels a minute"),
        (money(found.cost.total, found.currency), f"in all, {alone} a label"),
    ]
    tiles = [element("div", element("b", value), element("span", name)) for value, name in figures]
    return element("div", *tiles, class_="tiles")


def _labels(found: Summary) -> Iterator[_Row]:
    labels, model = found.labels, found.model
    chosen = f"{count(labels.active)} of actively chosen records" if labels.active else ""
    yield "Labels delivered", count(labels.delivered), chosen
    if labels.with_truth:
        of = f"of {count(labels.with_truth)} whose truth is known"
        yield "Labels right", count(labels.correct), of
    if labels.agreement_alpha is not None:
        yield "Agreement", f"{labels.agreement_alpha:.2f}", "Krippendorff's alpha, all answers"
    if model.accuracy is not None:
        how = "by cross-validation" if model.estimated else "on held-out records"
        of = f"{how}, from {count(model.labels_used, 'label')}"
        yield "Model accuracy", percent(model.accuracy), of
        if model.measured_on is not None and model.largest_class is not None:
            of = f"{percent(model.largest_class)} of them are of the largest class"
            yield "Measured on", count(model.measured_on, "record"), of
    if model.trained:
        yield "Models trained", count(model.trained), ""
    if labels.set_aside_tasks:
        yield "Tasks set aside", count(labels.set_aside_tasks), "too many workers failed on them"


def _batches(found: Summary) -> Iterator[_Row]:
    batches = found.batches
    yield "Batches finished", count(batches.count), ""
    if batches.mean is None:
        return
    p95 = f"mean; 95th percentile {duration(batches.p95)}"
    yield "Batch latency", duration(batches.mean), p95
    if batches.deviation is not None:
        yield "", duration(batches.deviation), "standard deviation"
    if batches.task_deviation is not None:
        within = "standard deviation of tasks within a batch, mean of batches"
        yield "", duration(batches.task_deviation), within
    if batches.decision_mean is not None:
        note = f"mean from a batch to the next; 95th percentile {duration(batches.decision_p95)}"
        yield "Decision latency", duration(batches.decision_mean), note
    if batches.mpl_start is not None and batches.mpl_end is not None:
        few = count(batches.mpl_batches, "batch", "batches")
        note = f"s per label; {batches.mpl_start:.2f} at first (mean of {few} at each end)"
        yield "Mean pool latency", f"{batches.mpl_end:.2f}", note


def _crowd(found: Summary) -> Iterator[_Row]:
    work, people = found.work, found.workers
    ends = _listed([(people.admitted, "admitted"), (people.failed, "unqualified")])
    more = _listed([(people.left, "left"), (len(people.evicted), "evicted")])
    yield "Workers", count(people.joined), "; ".join([each for each in (ends, more) if each])
    first = [(work.completed, "completed"), (work.terminated, "terminated")]
    lost = [
        (work.skipped, "skipped"),
        (work.abandoned - work.lost, "abandoned"),
        (work.lost, "lost with the connection"),
        (work.expired, "expired"),
        (work.preempted, "preempted"),
        (work.not_shown, "not shown by a terminal"),
    ]
    yield "Assignments", count(work.assignments), _listed([*first, *lost])
    yield "Duplicates", count(work.duplicates), "assignments to a task that was already in hand"
    if work.late_answers:
        yield "Late answers", count(work.late_answers), "kept, not counted"
    if found.checks is not None:
        checks, about = found.checks, "right among the work"
        yield "Checks", f"{count(checks.right)} of {count(checks.asked)}", about


def _cost(found: Summary) -> Iterator[_Row]:
    cost, currency = found.cost, found.currency
    yield "Cost", money(cost.total, currency), f"{price(cost.per_label, currency)} a label"
    before = "of it for time before the first task, which the paper spreads over runs"
    yield "", money(cost.recruitment, currency), before


def _fairness(found: Summary) -> Iterator[_Row]:
    fair = found.fairness
    if fair.wage_median is not None:
        wages = (fair.wage_lowest, fair.wage_highest, fair.wage_median)
        lowest, highest, median = [wage(each, found.currency) for each in wages]
        span = f"{lowest} to {highest}; waiting and training count"
        yield "Hourly wage, median", median, span
    if fair.terminated_share is not None:
        note = "of the time at work: on tasks that another worker's answer ended"
        yield "Work in vain", percent(fair.terminated_share), note
    if fair.waiting_share is not None:
        yield "Waiting", percent(fair.waiting_share), "of the workers' time"
    if fair.evicted_wrongly is not None:
        note = "of those evicted for speed: their true mean was within the threshold"
        yield "Evicted wrongly", count(fair.evicted_wrongly), note
    if fair.evicted_doubtful is not None:
        note = "wrong evictions to expect, by the probability at which each was made"
        yield "Evictions in doubt", f"{fair.evicted_doubtful:.1f}", note


def _listed(parts: list[tuple[int, str]]) -> str:
    return ", ".join([f"{count(number)} {what}" for number, what in parts if number])


_ELSEWHERE = frozenset(  # in the heading, or not of the run
    {"name", "description", "expect", "track"}
)
_LONGEST = 400  # characters of a value that are shown


def settings(material: Material) -> HtmlSection:
    """A list of each table of the scenario; what differs from the default stands out."""
    scenario = tomllib.loads(material.meta[SCENARIO])
    amounts = unit(material.summary.currency)
    usual = dict(_flat("", _defaults(scenario)))
    rows = [(key, value, usual.get(key) != value) for key, value in _flat("", scenario)]
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for key, value, changed in rows:
        table, _, name = key.rpartition(".")
        groups.setdefault(table or "run", []).append((name, value, changed))
    lists = [_group(name, found) for name, found in groups.items()]
    return HtmlSection(
        "settings",
        "Settings",
        joined(
            paragraph(
                f"Every setting that the run was made with; seconds, {amounts} and shares. ",
                "Those in ",
                element("strong", "bold"),
                " differ from the default.",
            ),
            element("div", *lists, class_="settings"),
        ),
        (CsvSheet("settings", ("key", "value", "changed"), rows),),
    )


def _group(name: str, rows: list[tuple[str, str, bool]]) -> Markup:
    pairs = [
        (key, element("strong", _clipped(value)) if changed else _clipped(value))
        for key, value, changed in rows
    ]
    return element("section", element("h3", name), facts(pairs))


def _clipped(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} ..."


def _defaults(scenario: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same data with nothing else set; what the data are is never a default."""
    alone = to_toml({"dataset": scenario["dataset"]})
    return tomllib.loads(as_toml(parse_scenario(alone, "the defaults")))


def _flat(prefix: str, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every value with its key, as ``table.key``, in the order of the file."""
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        elif prefix or key not in _ELSEWHERE:
            yield f"{prefix}{key}", _told(value)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "-"
    if isinstance(value, Mapping):
        return "; ".join([f"{key} {_told(each)}" for key, each in value.items()])
    return str(value) or "-"


class _Note(NamedTuple):
    at: float
    kind: str
    text: str


def notes(material: Material) -> HtmlSection:
    """Warnings and orders in the order of time."""
    warnings = [
        _Note(row.at, "warning", f"{row.code}: {row.message}") for row in material.tables.warnings
    ]
    orders = [
        _Note(line.at, "order", line.text)
        for line in ([] if material.replica is None else material.replica.history.log)
        if line.kind is EventKind.ORDER
    ]
    rows = sorted([*warnings, *orders], key=lambda note: note.at)
    sheet = CsvSheet("notes", _Note._fields, rows)
    if not rows:
        empty = paragraph("There were no warnings, and no operator did anything.")
        return HtmlSection("notes", "Warnings and orders", empty, (sheet,))
    columns = [HtmlColumn("At"), HtmlColumn("", numeric=False), HtmlColumn("What", numeric=False)]
    lines = [[duration(note.at), note.kind, note.text] for note in rows]
    told = "Warnings and operators' orders, in the order of time."
    body = joined(table(columns, lines, told, sheet=sheet))
    return HtmlSection("notes", "Warnings and orders", body, (sheet,))
