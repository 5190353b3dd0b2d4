"""How good each worker's answers were: on gold, against the consensus, against the truth."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from clamshell_tui.formats import count, percent
from clamshell_tui.report.chart import linear
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, Rows, legend
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import (
    HtmlColumn,
    HtmlSection,
    Markup,
    figure,
    joined,
    paragraph,
    table,
)
from clamshell_tui.report.material import Material
from clamshell_tui.run.tables import WorkerRow

_DRAWN = 50


class _Quality(NamedTuple):
    """So many right, of so many that could be judged, in four ways."""

    worker: str
    gold_right: int
    gold_asked: int
    agreed: int
    compared: int
    true: int
    known: int
    checks_right: int
    checks_asked: int


def workers(material: Material) -> HtmlSection:
    """A chart and a table of all workers with judged answers."""
    people = [one for one in _judged(material) if one.gold_asked or one.compared or one.known]
    columns = len(_Quality._fields) if material.tables.extras else -2  # no run had checks before
    rows = [one[:columns] for one in people]
    sheet = CsvSheet("accuracy", _Quality._fields[:columns], rows)
    if not people:
        empty = paragraph("No answer could be judged.")
        return HtmlSection("accuracy", "Agreement and accuracy", empty, (sheet,))
    alpha = material.summary.labels.agreement_alpha
    agree = "" if alpha is None else f" Krippendorff's alpha over all answers is {alpha:.2f}."
    told = (
        "Share of each worker's answers that were right on gold records (qualification and spot "
        "checks), that agreed with a consensus of several, and that were right where the truth is "
        f"known.{agree}"
    )
    body = joined(figure(_draw(people[:_DRAWN]), told, sheet), _table(people, sheet))
    return HtmlSection("accuracy", "Agreement and accuracy", body, (sheet,))


def _judged(material: Material) -> list[_Quality]:
    tables, known, true = material.tables, Counter[str](), Counter[str]()
    for answer in tables.answers:
        label = tables.labels.get(answer.record)
        if label is not None and label.truth is not None:
            worker = tables.assignments[answer.assignment].worker
            known[worker] += 1
            true[worker] += answer.label == label.truth
    found: list[_Quality] = []
    checks = tables.checks_by_worker()
    for row in material.people:
        gold, agreement = _checked(material, row)
        judged = true[row.id], known[row.id]
        found.append(_Quality(row.id, *gold, *agreement, *judged, *checks.get(row.id, (0, 0))))
    return found


def _checked(material: Material, row: WorkerRow) -> tuple[tuple[int, int], tuple[int, int]]:
    """Right and asked gold answers, agreeing and compared ones: of a replay, or of the training."""
    training = row.correct or 0, row.asked or 0
    one = material.replayed.get(row.id)
    if one is None:
        return training, (0, 0)
    gold = (one.gold_right, one.gold_asked) if one.gold_asked else training
    return gold, (one.agreed, one.compared)


_WAYS: tuple[tuple[LegendEntry, Callable[[_Quality], tuple[int, int]]], ...] = (
    (LegendEntry("square", "h-orange", "gold"), lambda one: (one.gold_right, one.gold_asked)),
    (LegendEntry("triangle", "h-purple", "agreement"), lambda one: (one.agreed, one.compared)),
    (LegendEntry("circle", "f-blue", "truth"), lambda one: (one.true, one.known)),
    (LegendEntry("diamond", "h-green", "checks"), lambda one: (one.checks_right, one.checks_asked)),
)

_SIZES = {"square": 4.6, "triangle": 3.4, "circle": 2.5, "diamond": 4.0}
"""So that one is seen in the other where they coincide."""


def _draw(people: Sequence[_Quality]) -> Markup:
    drawing = Drawing("Accuracy and agreement of each worker")
    used = [(entry, read) for entry, read in _WAYS if any(read(one)[1] for one in people)]
    top = legend(drawing, [entry for entry, _ in used])
    shares = [read(one)[0] / read(one)[1] for _, read in used for one in people if read(one)[1]]
    scale = linear(min(0.9, *shares), 1.0, 10)
    rows = Rows(drawing, top + 8, [one.worker for one in people], scale)
    rows.axis("share of answers")
    for entry, read in used:
        points = [
            (right / asked, nth) for nth, (right, asked) in enumerate(map(read, people)) if asked
        ]
        rows.marks(entry, points, _SIZES[entry.shape])
    return drawing.svg()


def _table(people: Sequence[_Quality], sheet: CsvSheet) -> Markup:
    columns = [HtmlColumn("Worker", numeric=False)]
    checks = ("Checks",) if any(one.checks_asked for one in people) else ()
    for name in ("Gold", "Agreement", "Truth", *checks):
        columns += [HtmlColumn(name), HtmlColumn("of")]
    rows = [_row(one)[: len(columns)] for one in people]
    return table(columns, rows, "The same as a table.", sheet=sheet)


def _row(one: _Quality) -> list[str]:
    cells = [one.worker]
    for _, read in _WAYS:
        right, asked = read(one)
        cells += [percent(right / asked), count(asked)] if asked else ["-", "-"]
    return cells
