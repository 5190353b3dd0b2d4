"""Earnings of each worker by kind; they add up to the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate

from clamshell_tui.core.commands import PayKind
from clamshell_tui.formats import count, exact_money, money, unit, wage
from clamshell_tui.report.chart import linear
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, Rows, legend
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import (
    HtmlColumn,
    HtmlSection,
    Markup,
    element,
    figure,
    joined,
    paragraph,
    table,
)
from clamshell_tui.report.material import Material
from clamshell_tui.run.fairness import WorkerTime, worker_times

_DRAWN = 50
KINDS = {
    PayKind.RECORDS: LegendEntry("bar", "f-blue", "records"),
    PayKind.TERMINATED: LegendEntry("bar", "f-orange", "terminated work"),
    PayKind.PARTIAL: LegendEntry("bar", "f-purple", "work given back"),
    PayKind.WAITING: LegendEntry("bar", "h-green", "waiting"),
    PayKind.TRAINING: LegendEntry("bar", "h-grey", "training"),
}


def pay(material: Material) -> HtmlSection:
    """A bar and a line for each worker, and whether the books agree."""
    earned = earnings(material)
    times = worker_times(material.tables, material.end)
    currency = material.summary.currency
    sheet = _sheet(earned, times, currency)
    if not earned:
        return HtmlSection("pay", "Pay", paragraph("No worker earned anything."), (sheet,))
    people = [*earned]
    told = f"Earnings of each worker in {unit(currency)}, by kind."
    body = joined(
        _books(material, earned),
        figure(_draw(people[:_DRAWN], earned, currency), told, sheet),
        _table(earned, times, sheet, currency),
    )
    return HtmlSection("pay", "Pay", body, (sheet,))


def earnings(material: Material) -> dict[str, dict[PayKind, int]]:
    """Micro-dollars by worker and kind, summed from the ledger, in the order of coming."""
    found = {row.id: dict.fromkeys(KINDS, 0) for row in material.people}
    for entry in material.tables.ledger:
        if entry.kind == PayKind.MACHINE:
            continue
        found[entry.worker][PayKind(entry.kind)] += entry.micros
    return {worker: kinds for worker, kinds in found.items() if any(kinds.values())}


def _books(material: Material, earned: Mapping[str, Mapping[PayKind, int]]) -> Markup:
    """The ledger's rows against what the engine says when the journal is replayed."""
    entries = material.tables.ledger
    total = sum(row.micros for row in entries)
    by_kind: defaultdict[PayKind, int] = defaultdict(int)
    for kinds in earned.values():
        for kind, micros in kinds.items():
            by_kind[kind] += micros
    exact = partial(exact_money, currency=material.summary.currency)
    told = f"The ledger's {count(len(entries), 'entry', 'entries')} come to {exact(total)}"
    if machines := sum(row.micros for row in entries if row.kind == PayKind.MACHINE):
        told += f", {exact(machines)} of it for machines"
    if material.replica is None:
        return paragraph(f"{told}.")
    replayed = material.replica.snapshot_at(material.end).run.cost
    if all(by_kind[kind] == replayed[kind] for kind in KINDS):
        return paragraph(f"{told}; replaying the journal gives the same, kind by kind.")
    again = exact(sum(replayed.values()))
    return element("p", f"{told}, but replaying the journal gives {again}.", class_="alarm")


def _draw(
    people: Sequence[str], earned: Mapping[str, Mapping[PayKind, int]], currency: str
) -> Markup:
    drawing = Drawing("Pay of each worker by kind")
    kinds = [kind for kind in KINDS if any(earned[one][kind] for one in people)]
    top = legend(drawing, [KINDS[kind] for kind in kinds])
    most = max(sum(earned[one].values()) for one in people) / 1e6
    rows = Rows(drawing, top + 8, people, linear(0.0, most, 8))
    rows.axis(unit(currency))
    ends = [[0, *accumulate(earned[one][kind] for kind in kinds)] for one in people]
    for nth, kind in enumerate(kinds):
        bars = [(row, end[nth] / 1e6, end[nth + 1] / 1e6) for row, end in enumerate(ends)]
        rows.bars(KINDS[kind].class_, bars)
    return drawing.svg()


def _table(
    earned: Mapping[str, Mapping[PayKind, int]],
    times: Mapping[str, WorkerTime],
    sheet: CsvSheet,
    currency: str,
) -> Markup:
    names = [entry.words.capitalize() for entry in KINDS.values()]
    columns = [
        HtmlColumn("Worker", numeric=False),
        *[HtmlColumn(name) for name in [*names, "In all", "An hour"]],
    ]
    rows = [
        [one, *_amounts(kinds, currency), wage(times[one].wage, currency)]
        for one, kinds in earned.items()
    ]
    sums = {kind: sum(kinds[kind] for kinds in earned.values()) for kind in KINDS}
    told = (
        "Rounded down to tenths of a cent; the CSV has every digit. An hour is one of work, "
        "waiting and training."
    )
    return table(columns, rows, told, sheet=sheet, total=["In all", *_amounts(sums, currency), ""])


def _amounts(kinds: Mapping[PayKind, int], currency: str) -> list[str]:
    amounts = [*[kinds[kind] for kind in KINDS], sum(kinds.values())]
    return [money(each, currency) if each else "-" for each in amounts]


def _sheet(
    earned: Mapping[str, Mapping[PayKind, int]], times: Mapping[str, WorkerTime], currency: str
) -> CsvSheet:
    kinds_of_pay = [f"{kind}_micros" for kind in KINDS]
    whole = unit(currency)
    columns = ("worker", *kinds_of_pay, "micros", whole, f"{whole}_per_hour")
    rows: list[tuple[str | int | float | None, ...]] = []
    for worker, kinds in earned.items():
        micros = sum(kinds.values())
        hourly = times[worker].wage
        rows.append((worker, *[kinds[kind] for kind in KINDS], micros, micros / 1e6, hourly))
    return CsvSheet("pay_by_kind", columns, rows)
