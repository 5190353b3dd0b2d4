"""What the run came to, in a few figures."""

from collections.abc import Iterator

from clamshell_tui.formats import count, duration, money, percent, price
from clamshell_tui.report.summary import Summary
from clamshell_tui.report_page.markup import Markup, element, joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Column, Section, paragraph, table

_Row = tuple[str, str, str]


def summary(material: Material) -> Section:
    """Headlines, then a table of everything that has one number."""
    found = material.summary
    rows = [*_labels(found), *_batches(found), *_crowd(found), *_cost(found)]
    columns = [Column("", numeric=False), Column(""), Column("", numeric=False)]
    return Section(
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
    rate, alone = found.labels.per_minute, price(found.cost.per_label)
    figures = [
        (count(found.labels.delivered), "labels"),
        (percent(found.labels.accuracy), "of them right"),
        (percent(found.model.accuracy), "model accuracy"),
        (duration(found.seconds), "from the first task"),
        ("-" if rate is None else f"{rate:.1f}", "labels a minute"),
        (money(found.cost.total), f"in all, {alone} a label"),
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


def _cost(found: Summary) -> Iterator[_Row]:
    cost = found.cost
    yield "Cost", money(cost.total), f"{price(cost.per_label)} a label"
    before = "of it for time before the first task, which the paper spreads over runs"
    yield "", money(cost.recruitment), before


def _listed(parts: list[tuple[int, str]]) -> str:
    return ", ".join([f"{count(number)} {what}" for number, what in parts if number])
